import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { withinOnePeriod } from '../../../test/timing.js';
import { authenticatorOf } from '../../identity/authenticator-of.js';
import { CallOverrides } from '../../identity/call-overrides.js';
import { TICKET_EPOCH_MS } from '../../services/streaming/answer-tickets.js';
import { type Answer, type Ask, askOf, personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

const PATH = '/ofrep/v1/evaluate/flags';

let stand: RestStand;
let token = '';

beforeAll(async () => {
  stand = await startRestStand({ corsOrigins: ['https://app.example'] });
  token = await stand.machine(['evaluate']);
  await stand.flag('global', { isEnabledGlobally: true });
  await stand.flag('theme', {
    ...{ type: 'JSON', offVariant: 'plain', isEnabledGlobally: true, clientVisible: false },
    variants: [
      { key: 'plain', value: { color: 'grey' } },
      { key: 'on', value: { color: 'blue', sizes: [1, 2.5] } },
    ],
  });
  await stand.flag('off', { active: false });
  await stand.flag('german', {
    rules: [
      { id: 'de', conditions: { all: [{ fact: 'attribute', path: '$.country', operator: 'equal', value: 'de' }] } },
    ],
  });
});
afterAll(() => stand.close());
// Between two epochs an answer's ETag changes.
beforeEach(() => withinOnePeriod(TICKET_EPOCH_MS, 5_000));

const post = (path: string, body: unknown, ask: Ask = {}): Promise<Answer> =>
  stand.ask(path, { method: 'POST', token, body, ...ask });
const one = (key: string, context: object = {}, ask: Ask = {}) => post(`${PATH}/${key}`, { context }, ask);
const all = (context: object = {}, ask: Ask = {}) => post(PATH, { context }, ask);
const keysOf = ({ json }: Answer) => (json as { flags: { key: string }[] }).flags.map(({ key }) => key);

describe('one flag', () => {
  it.each<[string, object, number, object]>([
    ['global', {}, 200, { reason: 'STATIC', variant: 'on', value: true, metadata: { flag_version: 1 } }],
    ['theme', { targetingKey: 'ada' }, 200, { variant: 'on', value: { color: 'blue', sizes: [1, 2.5] } }],
    ['german', { targetingKey: '', country: 'de' }, 200, { reason: 'TARGETING_MATCH', metadata: { rule_id: 'de' } }],
    ['german', { targetingKey: null }, 200, { reason: 'DEFAULT', variant: 'off', value: false }],
    ['none', {}, 404, { errorCode: 'FLAG_NOT_FOUND', errorDetails: 'no flag "none"' }],
    ['global', { targetingKey: 7 }, 400, { errorCode: 'INVALID_CONTEXT', errorDetails: expect.stringContaining('7') }],
    [
      'global',
      { joinedAt: 'soon' },
      400,
      { errorCode: 'INVALID_CONTEXT', errorDetails: expect.stringContaining('soon') },
    ],
  ])('%s, asked with %j, is answered with %i', async (key, context, status, expected) => {
    const answer = await one(key, context);
    expect(answer).toMatchObject({ status, json: { key, ...expected } });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each([{ joinedAt: '1989-12-31T00:00:00Z' }, { organizationId: ' acme' }, { anonymousId: ' a' }])(
    'is refused by the names that its context has: %j',
    async (context) => {
      const { status, text } = await one('german', { targetingKey: 'ada', ...context });
      expect([status, text]).toEqual([400, expect.stringContaining('INVALID_CONTEXT')]);
      expect(text).not.toMatch(/joined_at|organization_id|anonymous_id/);
    },
  );

  it('has no value where it is switched off: the default of the application stands', async () => {
    expect((await one('off')).json).toEqual({
      key: 'off',
      reason: 'DISABLED',
      variant: 'off',
      metadata: { flag_version: 1 },
    });
  });

  it.each<[string, Ask, number, object]>([
    ['no JSON', { raw: '{"context":' }, 400, { errorCode: 'PARSE_ERROR' }],
    ['another media type', { raw: 'x', headers: { 'content-type': 'text/plain' } }, 415, { errorCode: 'PARSE_ERROR' }],
    ['no object', { body: [1] }, 400, { errorCode: 'PARSE_ERROR' }],
    ['a context that is none', { body: { context: 'ada' } }, 400, { errorCode: 'INVALID_CONTEXT' }],
    [
      'more than is taken',
      { raw: JSON.stringify({ context: { a: 'x'.repeat(2 ** 22) } }) },
      413,
      { errorCode: 'GENERAL' },
    ],
    ['no token', { token: '', headers: { authorization: '' } }, 401, { errorCode: 'GENERAL' }],
    ['an unknown token', { token: 'nobodys' }, 401, { errorCode: 'GENERAL' }],
  ])('is refused in the form of the protocol: %s', async (_what, ask, status, expected) => {
    const answer = await stand.ask(`${PATH}/global`, { method: 'POST', token, body: {}, ...ask });
    expect(answer).toMatchObject({ status, json: { key: 'global', ...expected, errorDetails: expect.any(String) } });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it('is asked without a body, without a context, and with members and parameters that nobody knows', async () => {
    expect(await stand.ask(`${PATH}/global`, { method: 'POST', token })).toMatchObject({ status: 200 });
    expect(await post(`${PATH}/global`, { context: null })).toMatchObject({ status: 200 });
    expect(await post(`${PATH}/global/?flagConfigEtag=x&flagConfigLastModified=1&more=1`, { more: {} })).toMatchObject({
      status: 200,
    });
  });

  it('is asked in JSON where nothing is said of what is sent, and in nothing else', async () => {
    const german = new TextEncoder().encode('{"context": {"country": "de"}}');
    const url = `http://${stand.door.address}${PATH}/german`;
    const send = (type: Record<string, string>) =>
      fetch(url, { method: 'POST', body: german, headers: { authorization: `Bearer ${token}`, ...type } });
    expect(await (await send({})).json()).toMatchObject({ reason: 'TARGETING_MATCH', value: true });
    expect((await send({ 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('knows the caller by X-API-Key, too, and by Authorization where both are there', async () => {
    const key = (more: Record<string, string> = {}) =>
      stand.ask(`${PATH}/global`, { method: 'POST', body: {}, headers: { 'x-api-key': token, ...more } });
    expect(await key()).toMatchObject({ status: 200 });
    expect(await key({ authorization: 'Bearer nobodys' })).toMatchObject({ status: 401 });
    const tracks = await stand.machine(['track']);
    expect(await one('global', {}, { token: tracks })).toMatchObject({ status: 403, json: { key: 'global' } });
    expect((await key()).headers.get('vary')).toContain('X-API-Key');
  });

  it('is not for who may not name the user', async () => {
    const { services, operator } = stand.latchkey;
    await services.users.identify(operator, { userId: 'eve', organizationId: 'other' });
    const bound = await stand.machine(['evaluate'], 'acme');
    const refused = await one('global', { targetingKey: 'eve' }, { token: bound });
    expect(refused).toMatchObject({ status: 400, json: { key: 'global', errorCode: 'INVALID_CONTEXT' } });
  });

  it('is limited with Retry-After', async () => {
    await stand.withDoor({ requestsPerMinute: 1 }, async (_door, origin) => {
      const ask = () =>
        fetch(`${origin}${PATH}/global`, {
          ...{ method: 'POST', body: '{}' },
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        });
      expect((await ask()).status).toBe(200);
      const limited = await ask();
      expect(limited.status).toBe(429);
      expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await limited.json()).toMatchObject({ key: 'global', errorCode: 'GENERAL' });
    });
  });
});

describe('what is neither of the body nor of the context', () => {
  it.each<[string, string, Ask, number]>([
    ['a query that is none', `${PATH}?flagConfigEtag=a&flagConfigEtag=b`, {}, 400],
    ['overrides that are none', `${PATH}/global`, { headers: { 'latchkey-overrides': 'zzz' } }, 400],
    ['overrides by an unknown variant', `${PATH}/global`, { headers: { 'latchkey-overrides': 'global=zzz' } }, 400],
    ['another method', PATH, { method: 'GET' }, 405],
    ['a path that is not well-formed', `${PATH}/%zz`, {}, 400],
    ['a path that nothing has', `${PATH}/a/b`, {}, 404],
  ])('is told in the form of the protocol: %s', async (_what, path, ask, status) => {
    const { services, operator } = stand.latchkey;
    const input = {
      name: 't',
      scopes: ['evaluate', 'test'] as const,
      organizationId: '',
      expiresAt: undefined,
      comment: '',
    };
    const tests = (await services.tokens.create(operator, input)).secret;
    const authenticator = authenticatorOf({ services, jwt: undefined, overrides: new CallOverrides(true) });
    await stand.withDoor({ authenticator }, async (_door, origin) => {
      const body = ask.method === 'GET' ? {} : { body: {} };
      const answer = await askOf(origin, path, { method: 'POST', token: tests, ...body, ...ask });
      expect(answer).toMatchObject({ status, json: { errorCode: 'GENERAL', errorDetails: expect.any(String) } });
    });
  });
});

describe('all flags', () => {
  it('are all that are not archived for a machine, and those for screens for a person, whoever the context names', async () => {
    expect(keysOf(await all())).toEqual(['german', 'global', 'off', 'theme']);
    expect(keysOf(await all({}, { token: await personToken({ sub: 'ada' }) }))).toEqual(['german', 'global', 'off']);
    const asGrace = await personToken({ sub: 'grace' });
    const context = { targetingKey: 'ada', country: 'de', roles: ['admin'] };
    const { json } = await all(context, { token: asGrace });
    expect(json).toMatchObject({ flags: [{ key: 'german', reason: 'DEFAULT' }, {}, {}] });
  });

  it('come with an ETag by which they are not sent again, and which changes with any of them', async () => {
    const first = await all({ targetingKey: 'ada' });
    const etag = first.headers.get('etag')!;
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    const again = await all({ targetingKey: 'ada' }, { headers: { 'if-none-match': `"x", W/${etag}` } });
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    // Who holds nothing may say so.
    expect((await all({ targetingKey: 'ada' }, { headers: { 'if-none-match': '*' } })).status).toBe(200);
    const other = await all({ targetingKey: 'ada', country: 'de' }, { headers: { 'if-none-match': etag } });
    expect(other.status).toBe(200);
    expect(other.headers.get('etag')).not.toBe(etag);
  });

  it('are refused without a key, in the form of the protocol', async () => {
    const refused = await post(`${PATH}/`, { context: { roles: 7 } });
    expect([refused.status, refused.json]).toEqual([
      400,
      { errorCode: 'INVALID_CONTEXT', errorDetails: expect.stringContaining('roles is a list of texts') },
    ]);
  });

  it('are not offered a stream where its address would be too long', async () => {
    expect((await all()).json).toMatchObject({ eventStreams: [{ type: 'sse', inactivityDelaySec: 120 }] });
    expect((await all({ text: 'x'.repeat(10_000) })).json).not.toHaveProperty('eventStreams');
  });

  it('may be asked by pages of the origins that are allowed', async () => {
    const asked = await stand.ask(PATH, {
      method: 'OPTIONS',
      headers: {
        ...{ origin: 'https://app.example', 'access-control-request-method': 'POST' },
        'access-control-request-headers': 'authorization,content-type,if-none-match,x-api-key',
      },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(asked.headers.get('access-control-allow-headers')).toContain('if-none-match');
    const answered = await all({}, { headers: { origin: 'https://app.example' } });
    expect(answered.headers.get('access-control-expose-headers')).toMatch(/ETag.*Retry-After/);
  });
});
