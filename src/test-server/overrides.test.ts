import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { connectWire, grpcWire } from '../../test/flagd/wires.js';
import { EvaluateStreamRequest, type EvaluateStreamResponse } from '../../test/gen/latchkey/v1/evaluate_stream.js';
import {
  BatchEvaluateRequest,
  type BatchEvaluateResponse,
  EvaluateRequest,
  type EvaluateResponse,
  Reason,
} from '../../test/gen/latchkey/v1/evaluation.js';
import { FeatureServiceClient } from '../../test/gen/latchkey/v1/feature_service.js';
import { type Ask, askOf } from '../rest/testing/rest-stand.js';
import { startTestServer, type TestServer } from './start-test-server.js';

/** Each flag's variants, the off variant first, and the flags that it requires. */
const FLAGS: Readonly<Record<string, { readonly variants: readonly string[]; readonly requires: readonly string[] }>> =
  {
    on_for_all: { variants: ['off', 'on'], requires: [] },
    off_for_all: { variants: ['off', 'on'], requires: [] },
    switched_off: { variants: ['off', 'on'], requires: [] },
    theme: { variants: ['light', 'dark', 'sepia'], requires: [] },
    earned: { variants: ['off', 'on'], requires: [] },
    requires_on: { variants: ['off', 'on'], requires: ['on_for_all'] },
    requires_dark: { variants: ['off', 'on'], requires: ['theme'] },
    requires_that: { variants: ['off', 'on'], requires: ['requires_dark', 'off_for_all'] },
  };
const USERS = ['ada', 'grace', 'nobody'];

let server: TestServer;
let client: FeatureServiceClient;
beforeAll(async () => {
  const everybody = { is_enabled_globally: true };
  server = await startTestServer({
    flags: {
      on_for_all: true,
      off_for_all: false,
      switched_off: { active: false },
      theme: {
        ...{ ...everybody, type: 'STRING', off_variant: 'light' },
        variants: ['light', 'dark', 'sepia'].map((key) => ({ key, value: `value of ${key}` })),
        distribution: ['dark', 'sepia'].map((variant) => ({ variant, weight: 1 })),
      },
      earned: {
        rules: [
          {
            policy: 'LATCHING',
            conditions: {
              all: [{ fact: 'actionCount', params: { action: 'login' }, operator: 'greaterThanInclusive', value: 2 }],
            },
          },
        ],
      },
      requires_on: { ...everybody, prerequisites: [{ flag_key: 'on_for_all' }] },
      requires_dark: { ...everybody, prerequisites: [{ flag_key: 'theme', variant: 'dark' }] },
      requires_that: { ...everybody, prerequisites: [{ flag_key: 'requires_dark' }, { flag_key: 'off_for_all' }] },
      put_away: { archived: true },
    },
    users: { ada: { actions: { login: 3 } }, grace: { actions: { login: 1 } } },
  });
  client = new FeatureServiceClient(server.grpcAddress, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await server.close();
});

interface Listed {
  readonly key: string;
  readonly enabled: boolean;
  readonly variant: string;
  readonly reason: string;
}

const headersOf = (overrides: Readonly<Record<string, string>> | string): Ask['headers'] => {
  const text =
    typeof overrides === 'string'
      ? overrides
      : Object.entries(overrides)
          .map((pair) => pair.join('='))
          .join(', ');
  return text === '' ? {} : { 'latchkey-overrides': text };
};
const list = (userId: string, overrides: Readonly<Record<string, string>> | string = {}, token = server.token) =>
  askOf(server.url, `/api/feature-flags/?user_id=${userId}&all=true`, { token, headers: headersOf(overrides)! });
const flagsIn = ({ json }: Awaited<ReturnType<typeof list>>): readonly Listed[] =>
  (json as { readonly flags: readonly Listed[] }).flags;

/** Some flags, each with one of its variants. */
const someOverrides = fc
  .subarray(Object.keys(FLAGS), { minLength: 1 })
  .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, fc.constantFrom(...FLAGS[key]!.variants)]))));

/** Whether a flag requires one of these, itself or by what it requires. */
const dependsOn = (key: string, others: ReadonlySet<string>): boolean =>
  FLAGS[key]!.requires.some((required) => others.has(required) || dependsOn(required, others));

describe('a call that overrides decisions', () => {
  it('is answered by them, and by what requires them, and all else is as without', async () => {
    const property = fc.asyncProperty(someOverrides, fc.constantFrom(...USERS), async (overrides, user) => {
      const [plain, overridden] = await Promise.all([list(user), list(user, overrides)]);
      const before = new Map(flagsIn(plain).map((flag) => [flag.key, flag]));
      const named = new Set(Object.keys(overrides));
      const isOn = (key: string): boolean => flagsIn(overridden).find((flag) => flag.key === key)!.enabled;
      expect(flagsIn(overridden).map(({ key }) => key)).toEqual([...before.keys()]);
      for (const flag of flagsIn(overridden)) {
        const { variants, requires } = FLAGS[flag.key]!;
        if (named.has(flag.key)) {
          const variant = overrides[flag.key]!;
          expect(flag).toMatchObject({ variant, enabled: variant !== variants[0], reason: 'OVERRIDDEN' });
        } else if (dependsOn(flag.key, named)) {
          const theme = flagsIn(overridden).find(({ key }) => key === 'theme')!.variant;
          expect(flag.enabled).toBe(requires.every((key) => isOn(key) && (key !== 'theme' || theme === 'dark')));
        } else {
          expect(flag).toEqual(before.get(flag.key));
        }
      }
      expect(overridden.headers.get('cache-control')).toBe('no-store');
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('changes nothing for any other call, nor anything that is stored', async () => {
    const stored = async () => {
      const users = await Promise.all(
        USERS.map((user) => askOf(server.url, `/api/admin/users/${user}`, { token: server.adminToken })),
      );
      return users.map(({ text }) => text);
    };
    const before = { stored: await stored(), lists: await Promise.all(USERS.map((user) => list(user))) };
    const property = fc.asyncProperty(
      fc.array(someOverrides, { minLength: 2, maxLength: 4 }),
      fc.constantFrom(0, 1, 2),
      async (several, who) => {
        const user = USERS[who]!;
        const answers = await Promise.all(several.flatMap((overrides) => [list(user, overrides), list(user)]));
        for (const [i, answer] of answers.entries()) {
          if (i % 2 === 1) {
            expect(answer.text).toBe(before.lists[who]!.text);
            expect(answer.headers.get('etag')).toBe(before.lists[who]!.headers.get('etag'));
            continue;
          }
          const named = Object.fromEntries(
            flagsIn(answer)
              .filter(({ reason }) => reason === 'OVERRIDDEN')
              .map(({ key, variant }) => [key, variant]),
          );
          expect(named).toEqual(several[i / 2]);
        }
      },
    );
    await fc.assert(property, { numRuns: 15 });
    await server.settled();
    expect(await stored()).toEqual(before.stored);
  });

  it('is answered so over OFREP, as what no client keeps, and without a stream that would tell of other decisions', async () => {
    const headers = headersOf('on_for_all=off,theme=sepia')!;
    const body = { context: { targetingKey: 'ada' } };
    const ask = (path: string, more: Ask = {}) =>
      askOf(server.url, `/ofrep/v1/evaluate/flags${path}`, { token: server.token, body, ...more });
    const one = await ask('/on_for_all', { headers });
    expect(one.json).toMatchObject({
      value: false,
      variant: 'off',
      reason: 'TARGETING_MATCH',
      metadata: { overridden: true },
    });
    expect((await ask('/on_for_all')).json).toMatchObject({ value: true, reason: 'STATIC' });
    const all = await ask('', { headers });
    expect(all.headers.get('cache-control')).toBe('no-store');
    expect(all.json).not.toHaveProperty('eventStreams');
    expect(all.json).toMatchObject({
      flags: expect.arrayContaining([
        expect.objectContaining({
          key: 'theme',
          value: 'value of sepia',
          metadata: expect.objectContaining({ overridden: true }),
        }),
        expect.objectContaining({ key: 'requires_on', value: false, reason: 'DEFAULT' }),
      ]),
    });
    expect((await ask('')).json).toHaveProperty('eventStreams');
    expect(await ask('', { headers: headersOf('no_such=on')! })).toMatchObject({ status: 400 });
    expect(await ask('', { headers, token: server.adminToken })).toMatchObject({ status: 403 });
  });

  it('is answered so by flagd’s services, whether its header carries them or its selector', async () => {
    const flagd = new Client(server.flagdAddress, credentials.createInsecure());
    try {
      const wires = [grpcWire(flagd), connectWire(server.url, 'json')];
      const authorization = `Bearer ${server.token}`;
      const overridden = { metadata: expect.objectContaining({ overridden: true }), reason: 'TARGETING_MATCH' };
      for (const wire of wires) {
        const ask = async (rpc: string, flagKey: string, headers: Readonly<Record<string, string>>) => {
          const { answer, ...failure } = await wire.call(
            'v2',
            rpc,
            { flagKey, context: { targetingKey: 'ada' } },
            headers,
          );
          return answer ?? failure;
        };
        const header = { authorization, 'latchkey-overrides': 'earned=off' };
        expect(await ask('ResolveBoolean', 'earned', header)).toMatchObject({ ...overridden, variant: 'off' });
        const selector = `token=${server.token},override.theme=sepia,override.requires_dark=on`;
        const selected = { 'flagd-selector': selector };
        expect(await ask('ResolveString', 'theme', selected)).toMatchObject({ ...overridden, value: 'value of sepia' });
        expect(await ask('ResolveBoolean', 'requires_dark', selected)).toMatchObject({ ...overridden, value: true });
        expect(await ask('ResolveBoolean', 'on_for_all', selected)).toMatchObject({ value: true, reason: 'STATIC' });
        const unknown = { authorization, 'flagd-selector': 'override.no_such=on' };
        expect(await ask('ResolveBoolean', 'earned', unknown)).toMatchObject({
          details: expect.stringContaining('"no_such"'),
        });
        const refused = { authorization: `Bearer ${server.adminToken}`, 'flagd-selector': 'override.earned=off' };
        expect(await ask('ResolveBoolean', 'earned', refused)).toMatchObject({ code: 'PERMISSION_DENIED' });
      }
      const tokenless = { 'flagd-selector': 'override.earned=off' };
      const asked = { flagKey: 'earned', context: { targetingKey: 'ada' } };
      expect(await wires[0]!.call('v2', 'ResolveBoolean', asked, tokenless)).toMatchObject({
        code: 'PERMISSION_DENIED',
      });
      expect(await wires[0]!.call('v2', 'ResolveBoolean', asked)).toMatchObject({ answer: { value: true } });
    } finally {
      flagd.close();
    }
  });

  it('is answered so over gRPC: one flag, many for many, and on a stream', async () => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${server.token}`);
    metadata.set('latchkey-overrides', 'theme=sepia,earned=off');
    const one = await new Promise<EvaluateResponse>((resolve, reject) => {
      const request = EvaluateRequest.fromPartial({ flagKey: 'theme', context: { userId: 'ada' } });
      client.evaluate(request, metadata, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
    expect(one).toMatchObject({
      enabled: true,
      variant: 'sepia',
      value: 'value of sepia',
      reason: Reason.REASON_OVERRIDDEN,
    });
    const contexts = USERS.map((userId) => ({ userId }));
    const many = await new Promise<BatchEvaluateResponse>((resolve, reject) => {
      const request = BatchEvaluateRequest.fromPartial({ contexts, flagKeys: ['earned', 'on_for_all'] });
      client.batchEvaluate(request, metadata, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
    for (const { decisions } of many.results) {
      expect(decisions.map(({ enabled, reason }) => [enabled, reason])).toEqual([
        [false, Reason.REASON_OVERRIDDEN],
        [true, Reason.REASON_GLOBAL],
      ]);
    }
    const stream: ClientDuplexStream<EvaluateStreamRequest, EvaluateStreamResponse> = client.evaluateStream(metadata);
    const answered = new Promise<EvaluateStreamResponse>((resolve, reject) =>
      stream.once('data', resolve).once('error', reject),
    );
    stream.write(EvaluateStreamRequest.fromPartial({ requests: [{ flagKey: 'earned', context: { userId: 'ada' } }] }));
    expect(await answered).toMatchObject({ results: [{ enabled: false, reason: Reason.REASON_OVERRIDDEN }] });
    stream.end();
  });

  it.each([
    ['no_such=on', '"no_such", and there is no such flag'],
    ['put_away=on', '"put_away", and there is no such flag'],
    ['theme=blue', '"theme" as "blue", which is none of its variants "light", "dark", "sepia"'],
    ['theme', 'has "theme", which is no FLAG=VARIANT'],
  ])('is INVALID where there is not what it names: %s', async (overrides, message) => {
    const answer = await list('ada', overrides);
    expect(answer).toMatchObject({ status: 400, json: { code: 'INVALID', detail: expect.stringContaining(message) } });
  });

  it('is FORBIDDEN to whom it is not for, and to anybody where the server takes none', async () => {
    const evaluating = await server.machineToken(['evaluate']);
    for (const token of [evaluating, server.adminToken, server.personToken('ada')]) {
      const headers = headersOf('on_for_all=off')!;
      const answer = await askOf(server.url, '/api/feature-flags/', { token, headers });
      expect(answer).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    }
    const testing = await server.machineToken(['test']);
    expect(await list('ada', 'on_for_all=off', testing)).toMatchObject({ status: 403 });
    const strict = await startTestServer({ flags: { on_for_all: true }, settings: { TEST_OVERRIDES: 'off' } });
    try {
      const ask = { token: strict.token, headers: headersOf('on_for_all=off')! };
      const answer = await askOf(strict.url, '/api/feature-flags/?user_id=ada', ask);
      expect(answer).toMatchObject({ status: 403, json: { detail: expect.stringContaining('TEST_OVERRIDES=on') } });
    } finally {
      await strict.close();
    }
  });

  it('reaches the users of its organization alone, where its token is bound to one', async () => {
    await server.setUser('of-acme', { organization_id: 'acme' });
    const bound = await server.machineToken(['evaluate', 'test'], 'acme');
    expect(await list('ada', 'theme=dark', bound)).toMatchObject({ status: 404 });
    expect(flagsIn(await list('of-acme', 'theme=dark', bound))).toContainEqual(
      expect.objectContaining({ key: 'theme', variant: 'dark' }),
    );
  });

  it('is refused where decisions are told as they are, and noted by nothing else', async () => {
    const headers = headersOf('earned=off')!;
    const asked = await askOf(server.url, '/api/feature-flags/earned/requirements?user_id=ada', {
      token: server.token,
      headers,
    });
    expect(asked).toMatchObject({ status: 400, json: { detail: expect.stringContaining('takes no overrides') } });
    const stream = await askOf(server.url, '/api/stream?user_id=ada', { token: server.token, headers });
    expect(stream).toMatchObject({ status: 400, json: { detail: expect.stringContaining('takes no overrides') } });
    const evaluates = await server.machineToken(['evaluate']);
    expect(await askOf(server.url, '/api/stream?user_id=ada', { token: evaluates, headers })).toMatchObject({
      status: 403,
    });
    const body = { id: 'x', user_id: 'lee', action: 'login' };
    expect(await askOf(server.url, '/api/events', { token: server.token, headers, body })).toMatchObject({
      status: 200,
    });
  });

  it('may be made where health says so', async () => {
    const { json } = await askOf(server.url, '/api/admin/health', { token: server.adminToken });
    expect(json).toMatchObject({ nodes: [{ test_overrides: true }] });
  });
});
