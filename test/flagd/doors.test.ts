import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import type { FlagInput } from '../../src/core/flags/parse-flag.js';
import type { Scope } from '../../src/store/token-store.js';
import { type EmbeddedLatchkey, startEmbedded } from '../../src/testing/embedded-latchkey.js';
import { until } from '../timing.js';
import { connectWire, type Events, grpcWire, type Outcome, VERSIONS, type Version, type Wire } from './wires.js';

const JWT_SECRET = 'a shared secret of more than thirty-two bytes';

const REPORTS = {
  all: [{ fact: 'actionCount', params: { action: 'report_created' }, operator: 'greaterThanInclusive', value: 3 }],
};

function oneValue(type: FlagInput['type'], value: unknown, given: FlagInput = {}): FlagInput {
  const variants = [
    { key: 'on', value: value as never },
    { key: 'off', value: value as never },
  ];
  return { type, variants, offVariant: 'off', isEnabledGlobally: true, ...given };
}

const FLAGS: Readonly<Record<string, FlagInput>> = {
  standing: { isEnabledGlobally: true, tags: ['web'] },
  by_progress: { rules: [{ id: 'three_reports', conditions: REPORTS }] },
  switched_off: { active: false },
  switched_off_text: oneValue('STRING', 'x', { active: false }),
  switched_off_object: oneValue('JSON', { a: 1 }, { active: false }),
  text: oneValue('STRING', 'größer'),
  whole: oneValue('NUMBER', 42),
  largest: oneValue('NUMBER', Number.MAX_SAFE_INTEGER),
  beyond: oneValue('NUMBER', 1e21),
  half: oneValue('NUMBER', 0.5),
  object: oneValue('JSON', { color: 'blue', sizes: [1, null, { deep: true }] }),
  list: oneValue('JSON', [1, 2]),
  hidden: { isEnabledGlobally: true, clientVisible: false },
  of_admins: { rules: [{ id: 'admins', conditions: { all: [{ fact: 'role', operator: 'equal', value: 'admin' }] } }] },
};

let latchkey: EmbeddedLatchkey;
let client: Client;
const wires = new Map<string, Wire>();
const WIRES = ['gRPC', 'Connect with JSON', 'Connect with protobuf'] as const;
/** What a caller with a token of that scope sends. */
const bearer = async (scopes: readonly Scope[], organizationId = '') => {
  const input = { name: 'test', scopes, organizationId, expiresAt: undefined, comment: '' };
  return latchkey.services.tokens.create(latchkey.operator, input);
};
const authorized = (token: string) => ({ authorization: `Bearer ${token}` });
let evaluate: { authorization: string };
let ada: { authorization: string };

const set = (keyOrId: string, input: FlagInput, access: readonly object[] = []) =>
  latchkey.services.flags.set(latchkey.operator, {
    ...({ mustExist: false, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' } as const),
    ...{ keyOrId, input, access, removeAccess: [] },
  });

beforeAll(async () => {
  latchkey = await startEmbedded({
    FLAGD_ADDR: '127.0.0.1:0',
    JWT_SECRET,
    STREAM_HEARTBEAT_SECONDS: '1',
    MAX_STREAMS_PER_TOKEN: '2',
  });
  for (const [key, input] of Object.entries(FLAGS)) await set(key, input);
  await latchkey.services.users.identify(latchkey.operator, { userId: 'eve', organizationId: 'other' });
  client = new Client(latchkey.server.flagdAddress!, credentials.createInsecure());
  wires.set('gRPC', grpcWire(client));
  wires.set('Connect with JSON', connectWire(`http://${latchkey.httpAddress}`, 'json'));
  wires.set('Connect with protobuf', connectWire(`http://${latchkey.httpAddress}`, 'proto'));
  evaluate = authorized((await bearer(['evaluate'])).secret);
  const jwt = new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('5m');
  ada = authorized(await jwt.sign(Buffer.from(JWT_SECRET)));
});

afterAll(async () => {
  client.close();
  await latchkey.close();
});

/** The answer, or the failure. Where this machine is so busy that the server's answers are stale, it is asked again. */
async function fresh(ask: () => Promise<Outcome>): Promise<unknown> {
  for (;;) {
    const { answer, ...failure } = await ask();
    if (!JSON.stringify(answer ?? {}).includes('"stale":true')) return answer ?? failure;
  }
}

const doors = WIRES.flatMap((wire) => (Object.keys(VERSIONS) as Version[]).map((version) => [wire, version] as const));

describe.each(doors)('over %s, version %s', (wireName, version) => {
  const call = (rpc: string, request: object, headers: Readonly<Record<string, string>> = evaluate): Promise<Outcome> =>
    wires.get(wireName)!.call(version, rpc, request, headers);
  const answerOf = (rpc: string, request: object, headers?: Readonly<Record<string, string>>) =>
    fresh(() => call(rpc, request, headers));

  it.each<[string, string, object]>([
    ['ResolveBoolean', 'standing', { value: true, reason: 'STATIC', variant: 'on' }],
    ['ResolveString', 'text', { value: 'größer', reason: 'STATIC', variant: 'on' }],
    ['ResolveInt', 'whole', { value: '42' }],
    ['ResolveInt', 'largest', { value: String(Number.MAX_SAFE_INTEGER) }],
    ['ResolveFloat', 'whole', { value: 42 }],
    ['ResolveFloat', 'half', { value: 0.5 }],
    ['ResolveFloat', 'beyond', { value: 1e21 }],
    ['ResolveObject', 'object', { value: { color: 'blue', sizes: [1, null, { deep: true }] } }],
  ])('%s gives the value of %s', async (rpc, flagKey, expected) => {
    expect(await answerOf(rpc, { flagKey })).toMatchObject(expected);
  });

  it.each([
    ['ResolveString', 'standing', 'the flag "standing" has the boolean true, and a text is asked for'],
    ['ResolveBoolean', 'whole', 'and a boolean is asked for'],
    ['ResolveInt', 'half', 'the flag "half" has the number 0.5, and a whole number of 64 bits is asked for'],
    ['ResolveInt', 'beyond', 'a whole number of 64 bits'],
    ['ResolveObject', 'list', 'the flag "list" has a list'],
    ['ResolveObject', 'text', 'a JSON object is asked for'],
  ])('%s of %s is a mismatch of types', async (rpc, flagKey, words) => {
    expect(await call(rpc, { flagKey })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: expect.stringContaining(words),
    });
  });

  it('gives neither value nor variant of a flag that is switched off, but a zero where the version has no nothing', async () => {
    const off = { reason: 'DISABLED', metadata: { flag_version: 1 } };
    const zero = (value: unknown) => (version === 'v1' ? { value } : {});
    // Protobuf's JSON leaves out a zero that stands for nothing.
    expect(await answerOf('ResolveBoolean', { flagKey: 'switched_off' })).toEqual(off);
    expect(await answerOf('ResolveString', { flagKey: 'switched_off_text' })).toEqual(off);
    expect(await answerOf('ResolveObject', { flagKey: 'switched_off_object' })).toEqual({ ...off, ...zero({}) });
  });

  it('does not know a flag that there is not', async () => {
    expect(await call('ResolveBoolean', { flagKey: 'missing' })).toMatchObject({
      code: 'NOT_FOUND',
      details: 'no flag "missing"',
    });
    expect(await call('ResolveBoolean', {})).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('takes the context as it is meant', async () => {
    const of = (context: object) => answerOf('ResolveBoolean', { flagKey: 'of_admins', context });
    expect(await of({ targetingKey: 'ada', roles: ['admin'] })).toMatchObject({
      ...{ value: true, reason: 'TARGETING_MATCH', metadata: { rule_id: 'admins', flag_version: 1 } },
    });
    expect(await of({ targetingKey: null })).toMatchObject({ reason: 'DEFAULT', variant: 'off' });
    expect(await of({ joinedAt: 'soon' })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: expect.stringContaining('joinedAt "soon"'),
    });
  });

  it('tells what is missing, to people too', async () => {
    const request = { flagKey: 'by_progress', context: { targetingKey: 'ada' } };
    const missing = 'create 3 more reports';
    expect(await answerOf('ResolveBoolean', request)).toMatchObject({
      reason: 'DEFAULT',
      metadata: { missing, flag_version: 1 },
    });
    expect(await answerOf('ResolveBoolean', request, ada)).toMatchObject({ metadata: { missing } });
  });

  it('has nothing that clients keep for all of their users, where a person asks', async () => {
    const request = { flagKey: 'standing', context: {} };
    expect(await answerOf('ResolveBoolean', request, ada)).toMatchObject({ value: true, reason: 'DEFAULT' });
  });

  it('gives all flags that the caller may know of, or those with a tag', async () => {
    const all = async (headers: Readonly<Record<string, string>>) =>
      ((await answerOf('ResolveAll', { context: {} }, headers)) as { flags: Record<string, object> }).flags;
    const flags = await all(evaluate);
    expect(Object.keys(flags).toSorted()).toEqual(Object.keys(FLAGS).toSorted());
    expect(flags['standing']).toEqual({
      reason: 'STATIC',
      variant: 'on',
      boolValue: true,
      metadata: { flag_version: 1 },
    });
    expect(flags['object']).toMatchObject({ objectValue: { color: 'blue' } });
    expect(flags['half']).toMatchObject({ doubleValue: 0.5 });
    const zero = version === 'v1' ? { stringValue: '' } : {};
    expect(flags['switched_off_text']).toEqual({ reason: 'DISABLED', ...zero, metadata: { flag_version: 1 } });
    expect(Object.keys(await all(ada))).not.toContain('hidden');
    for (const selector of ['flagSetId=web', 'web', 'flagSetId=web , token=']) {
      expect(Object.keys(await all({ ...evaluate, 'flagd-selector': selector }))).toEqual(['standing']);
    }
    expect(Object.keys(await all({ ...evaluate, 'flagd-selector': 'flagSetId=' }))).toHaveLength(
      Object.keys(FLAGS).length,
    );
    const other = { ...evaluate, 'flagd-selector': 'flagSetId=none' };
    expect(await call('ResolveBoolean', { flagKey: 'standing' }, other)).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('knows callers by the first that there is of authorization and a token in the selector', async () => {
    const token = evaluate.authorization.slice('Bearer '.length);
    const ask = async (headers: Readonly<Record<string, string>>) =>
      (await call('ResolveBoolean', { flagKey: 'standing' }, headers)).code;
    expect(await ask({ 'flagd-selector': `token=${token}` })).toBe('OK');
    expect(await ask({ 'flagd-selector': `flagSetId=web,token=${token}` })).toBe('OK');
    expect(await ask({ authorization: `Basic ${btoa(`latchkey:${token}`)}` })).toBe('OK');
    expect(await ask(ada)).toBe('OK');
    expect(await ask({})).toBe('UNAUTHENTICATED');
    expect(await ask({ 'flagd-selector': 'web' })).toBe('UNAUTHENTICATED');
    expect(await ask({ authorization: 'Bearer latchkey_none', 'flagd-selector': `token=${token}` })).toBe(
      'UNAUTHENTICATED',
    );
    expect(await ask({ authorization: 'Basic ?' })).toBe('UNAUTHENTICATED');
    expect(await ask(authorized((await bearer(['track'])).secret))).toBe('PERMISSION_DENIED');
  });

  it('refuses a call that would decide flags by itself, where the deployment takes none', async () => {
    const headers = { ...evaluate, 'latchkey-overrides': 'standing=off' };
    expect(await call('ResolveBoolean', { flagKey: 'standing' }, headers)).toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('does not repeat what may be a secret', async () => {
    const { details, code } = await call('ResolveAll', {}, { ...evaluate, 'flagd-selector': 'tokn=latchkey_abc' });
    expect([code, details]).toEqual([
      'INVALID_ARGUMENT',
      'flagd-selector takes flagSetId=TAG, token=TOKEN and override.FLAG=VARIANT, and not "tokn"',
    ]);
  });

  it('keeps a bound token to its organization', async () => {
    const bound = authorized((await bearer(['evaluate'], 'acme')).secret);
    const request = { flagKey: 'standing', context: { targetingKey: 'eve' } };
    expect(await call('ResolveBoolean', request, bound)).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe.each(WIRES)('an event stream over %s', (wireName) => {
  const open = (headers: Readonly<Record<string, string>>): Events => wires.get(wireName)!.events('v2', headers);
  const next = async (events: Events) => {
    let event = await events.next();
    while (event?.['type'] === 'keep_alive') event = await events.next();
    return event;
  };
  /** The keys that a machine's stream begins with: it may have kept answers from before. This server has run for less than may matter. */
  const begun = async (events: Events) => {
    expect(await events.next()).toEqual({ type: 'provider_ready' });
    const { type, data } = (await events.next()) as { readonly type: string; readonly data: { flags: object } };
    expect(type).toBe('configuration_change');
    return data.flags;
  };

  it('is ready, tells each change as it is, and is kept alive', async () => {
    const key = `changing_${WIRES.indexOf(wireName)}`;
    const { secret } = await bearer(['evaluate']);
    const events = open(authorized(secret));
    expect(await begun(events)).toMatchObject({ standing: { type: 'update' } });
    const changed = (type: string) => ({ type: 'configuration_change', data: { flags: { [key]: { type } } } });
    await set(key, { isEnabledGlobally: true });
    expect(await next(events)).toEqual(changed('write'));
    // The first row of anybody: the flag's version stays, and its answer is no longer the same for all.
    const reason = () => fresh(() => wires.get(wireName)!.call('v2', 'ResolveBoolean', { flagKey: key }, evaluate));
    expect(await reason()).toMatchObject({ reason: 'STATIC' });
    await set(key, {}, [{ userId: 'ada', effect: 'DENY' }]);
    expect(await next(events)).toEqual(changed('update'));
    expect(await reason()).toMatchObject({ reason: 'DEFAULT' });
    await set(key, { archived: true });
    expect(await next(events)).toEqual(changed('delete'));
    await set(key, { archived: false });
    expect(await next(events)).toEqual(changed('write'));
    expect(await events.next()).toEqual({ type: 'keep_alive' });
    events.close();
  });

  it('tells of the selected flags alone', async () => {
    const key = `selected_${WIRES.indexOf(wireName)}`;
    const { secret } = await bearer(['evaluate']);
    const events = open({ ...authorized(secret), 'flagd-selector': `flagSetId=${key}` });
    expect(await begun(events)).toMatchObject({ standing: { type: 'delete' } });
    await set('standing', { description: `for ${key}` });
    await set(key, { tags: [key] });
    await set(key, { tags: [] });
    const changed = (type: string) => ({ type: 'configuration_change', data: { flags: { [key]: { type } } } });
    expect(await next(events)).toEqual(changed('write'));
    expect(await next(events)).toEqual(changed('delete'));
    events.close();
  });

  it('tells a person what comes on for them, and that what is stored of them was written', async () => {
    const userId = `tester-${WIRES.indexOf(wireName)}`;
    const jwt = new SignJWT({ sub: userId }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('5m');
    const events = open(authorized(await jwt.sign(Buffer.from(JWT_SECRET))));
    expect(await events.next()).toEqual({ type: 'provider_ready' });
    for (const id of ['1', '2', '3']) {
      const event = { id, source: 'test', userId, action: 'report_created' };
      const input = { occurredAt: undefined, value: undefined, properties: undefined, ...event };
      await latchkey.services.events.track(latchkey.operator, {
        events: [{ kind: 'event', event: input }],
        wait: true,
      });
    }
    const flags = async () => ((await next(events)) as { readonly data: { readonly flags: object } }).data.flags;
    // Whatever is written of them may change any answer of theirs. Then what has come on is told by itself.
    const told = await flags();
    expect(Object.keys(told)).toEqual(expect.arrayContaining(['by_progress', 'text']));
    expect(told).not.toHaveProperty('hidden');
    let alone: object = told;
    while (Object.keys(alone).length > 1) alone = await flags();
    expect(alone).toEqual({ by_progress: { type: 'update' } });
    events.close();
  });

  it('ends when its token is revoked', async () => {
    const { secret, token } = await bearer(['evaluate']);
    const events = open(authorized(secret));
    await begun(events);
    await latchkey.services.tokens.revoke(latchkey.operator, token.id);
    await expect(next(events)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('is refused where there are too many of one token, and whoever may not', async () => {
    const { secret } = await bearer(['evaluate']);
    const first = [open(authorized(secret)), open(authorized(secret))];
    for (const events of first) await events.next();
    await expect(open(authorized(secret)).next()).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    await expect(open({}).next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(open(authorized((await bearer(['track'])).secret)).next()).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    for (const events of first) events.close();
  });
});

it('nothing is left of streams whose readers went away', async () => {
  const inFlight = async (): Promise<readonly string[]> => {
    const metrics = await (await fetch(`http://${latchkey.server.opsAddress}/metrics`)).text();
    return metrics
      .split('\n')
      .filter((line) => /(?:requests_in_flight|door_streams).*(?:connect|flagd)"} [1-9]/.test(line));
  };
  await until(async () => (await inFlight()).length === 0);
  await until(async () => latchkey.services.readers.size === 0);
});

describe('a server that stops', () => {
  it('says so on each stream, and ends it so that clients come back', async () => {
    const stopping = await startEmbedded({ FLAGD_ADDR: '127.0.0.1:0' });
    const own = new Client(stopping.server.flagdAddress!, credentials.createInsecure());
    const headers = authorized(stopping.adminSecret);
    const streams = [grpcWire(own), connectWire(`http://${stopping.httpAddress}`, 'proto')].map((wire) =>
      wire.events('v1', headers),
    );
    for (const events of streams) expect(await events.next()).toEqual({ type: 'provider_ready' });
    const stopped = stopping.close();
    for (const events of streams) {
      expect(await events.next()).toEqual({ type: 'provider_shutdown' });
      await expect(events.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    }
    await stopped;
    own.close();
  });
});
