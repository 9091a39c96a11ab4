import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { RunningServer } from '../../src/compose/server/start-server.js';
import { connectWire, type Events, grpcWire, type Version, type Wire } from '../flagd/wires.js';
import { busy, insist, until } from '../timing.js';
import { type CuttableProxy, startCuttableProxy } from './stands/cuttable-proxy.js';
import { describeOnMariadb } from './stands/engines.js';
import { type EventSourceStand, openEventSource } from './stands/event-source.js';
import { OPERATOR } from './stands/use-case-stand.js';

const TOKEN = 'the-admin-token-of-these-tests';
/** The promise is 250 ms; the rest is for a machine that runs other tests as well. */
const AT_ONCE_MS = 1_500;
/** What a store, its driver or the way to it would say of what is wrong. */
const OF_THE_STORE = /ECONN|ETIMEDOUT|EPIPE|mysql|maria|knex|sqlite|select |127\.0\.0\.1|\.[jt]s:\d/i;

const managers = [{ id: 'managers', conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } }];

/** What a door says of one flag. */
interface Told {
  readonly value?: unknown;
  readonly reason?: string | undefined;
  readonly stale?: boolean | undefined;
  /** As the protocol has it, where there is no answer. */
  readonly failure?: string;
}

interface OfrepJson {
  readonly key?: string;
  readonly errorCode?: string;
  readonly errorDetails?: string;
  readonly value?: unknown;
  readonly reason?: string;
  readonly metadata?: { readonly stale?: boolean };
}

interface FlagdJson extends OfrepJson {
  readonly flags?: Readonly<Record<string, { readonly reason: string }>>;
}

interface TheDoor {
  readonly name: string;
  /** How it says that the store is away and is needed, and that there is no such flag. */
  readonly away: string;
  readonly unknown: string;
  ask(userId: string, flagKey: string, token?: string): Promise<Told>;
  /** All flags; undefined where the protocol has no such call. */
  all?(userId: string): Promise<Told & { readonly reasons?: Readonly<Record<string, string | undefined>> }>;
}

describeOnMariadb('while the store is away, OpenFeature’s clients', (engine) => {
  let proxy: CuttableProxy;
  let server: RunningServer;
  let client: Client;
  let doors: readonly TheDoor[] = [];
  let told: EventSourceStand;
  const streams: Events[] = [];

  const origin = (): string => `http://${server.httpAddress}`;
  const bearer = (token = TOKEN) => ({ authorization: `Bearer ${token}` });

  async function ofrep(path: string, userId: string, token?: string, headers: Record<string, string> = {}) {
    const response = await fetch(`${origin()}/ofrep/v1/evaluate/flags${path}`, {
      method: 'POST',
      headers: { ...bearer(token), 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ context: { targetingKey: userId } }),
    });
    const text = await response.text();
    expect(text).not.toMatch(OF_THE_STORE);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const waits = response.headers.get('retry-after');
    if (response.status === 503) expect(Number(waits)).toBeGreaterThan(0);
    else expect(waits).toBeNull();
    return { status: response.status, headers: response.headers, json: JSON.parse(text) as never };
  }

  const ofrepDoor: TheDoor = {
    ...{ name: 'OFREP', away: '503 GENERAL', unknown: '404 FLAG_NOT_FOUND' },
    async ask(userId, flagKey, token) {
      const { status, json } = await ofrep(`/${flagKey}`, userId, token);
      const { key, errorCode, errorDetails, value, reason, metadata } = json as OfrepJson;
      expect(key).toBe(flagKey);
      if (status !== 200) expect(errorDetails).toEqual(expect.any(String));
      return status === 200 ? { value, reason, stale: metadata?.stale } : { failure: `${status} ${errorCode}` };
    },
    async all(userId) {
      const { status, json } = await ofrep('', userId);
      const { flags, errorCode } = json as { flags?: { key: string; reason: string }[]; errorCode?: string };
      if (status !== 200) return { failure: `${status} ${errorCode}` };
      return { reasons: Object.fromEntries(flags!.map(({ key, reason }) => [key, reason])) };
    },
  };

  function flagdDoor(name: string, wire: Wire, version: Version): TheDoor {
    const call = async (rpc: string, request: object, token?: string) => {
      const { answer, ...failed } = await wire.call(version, rpc, request, bearer(token));
      expect(JSON.stringify(failed)).not.toMatch(OF_THE_STORE);
      return { answer: answer as FlagdJson | undefined, code: failed.code };
    };
    return {
      ...{ name: `${name} ${version}`, away: 'UNAVAILABLE', unknown: 'NOT_FOUND' },
      async ask(userId, flagKey, token) {
        const { answer, code } = await call('ResolveBoolean', { flagKey, context: { targetingKey: userId } }, token);
        if (answer === undefined) return { failure: code };
        const { value, reason, metadata } = answer;
        return { value, reason, stale: metadata?.stale };
      },
      async all(userId) {
        const { answer, code } = await call('ResolveAll', { context: { targetingKey: userId } });
        if (answer === undefined) return { failure: code };
        return { reasons: Object.fromEntries(Object.entries(answer.flags!).map(([key, { reason }]) => [key, reason])) };
      },
    };
  }

  const setFlag = (keyOrId: string, input: object, access: readonly { userId: string; effect: 'DENY' }[] = []) =>
    insist(() =>
      server.composed.services.flags.set(OPERATOR, {
        ...{ keyOrId, mustExist: false, input, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' },
        ...{ access, removeAccess: [] },
      }),
    );

  async function timed<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await work();
    expect(performance.now() - startedAt).toBeLessThan(busy(AT_ONCE_MS));
    return result;
  }

  beforeAll(async () => {
    const url = new URL(engine.databaseUrl());
    proxy = await startCuttableProxy(Number(url.port));
    url.port = String(proxy.port);
    server = await engine.start({
      ...{ DATABASE_URL: url.href, ROLES: 'grpc,rest,worker', FLAGD_ADDR: '127.0.0.1:0' },
      STREAM_HEARTBEAT_SECONDS: '1',
    });
    await setFlag('managers', { rules: managers });
    await setFlag('off', { active: false });
    await setFlag('global', { isEnabledGlobally: true });
    await setFlag('global_but', { isEnabledGlobally: true }, [{ userId: 'banned', effect: 'DENY' }]);
    await insist(() => server.composed.services.users.identify(OPERATOR, { userId: 'known', roles: ['manager'] }));
    client = new Client(server.flagdAddress!, credentials.createInsecure());
    const wires = { 'flagd over gRPC': grpcWire(client), 'flagd over Connect': connectWire(origin(), 'json') };
    doors = [
      ofrepDoor,
      ...Object.entries(wires).flatMap(([name, wire]) =>
        (['v1', 'v2'] as const).map((version) => flagdDoor(name, wire, version)),
      ),
    ];
    for (const door of doors)
      await until(async () => (await door.ask('known', 'managers')).reason === 'TARGETING_MATCH');
    for (const wire of Object.values(wires)) {
      const events = wire.events('v2', bearer());
      expect(await events.next()).toEqual({ type: 'provider_ready' });
      streams.push(events);
    }
    let uri = '';
    await until(async () => {
      const { eventStreams } = (await ofrep('', 'known')).json as {
        eventStreams: [{ endpoint: { requestUri: string } }];
      };
      uri = eventStreams[0].endpoint.requestUri;
      return uri !== '';
    });
    told = await openEventSource(server.httpAddress!, uri);
    await until(() => told.frames.length > 1);
  });
  afterAll(async () => {
    for (const events of streams) events.close();
    told.kill();
    client.close();
    await server.stop(500);
    await proxy.close();
  });

  /** What holds at each door while the store is away, however it is. */
  async function holds(stranger: string): Promise<void> {
    for (const door of doors) {
      const said = (told: Told) => ({ door: door.name, ...told });
      const ask = async (...asked: Parameters<TheDoor['ask']>) => said(await timed(() => door.ask(...asked)));
      expect(await ask('known', 'managers')).toMatchObject({ value: true });
      expect(await ask(stranger, 'global')).toMatchObject({ value: true });
      expect(await ask(stranger, 'off')).toMatchObject({ reason: 'DISABLED' });
      expect(await ask(stranger, 'none')).toEqual(said({ failure: door.unknown }));
      // What only the state of somebody can decide, of whom nothing is held.
      for (const [userId, flagKey] of [
        [stranger, 'managers'],
        [stranger, 'global_but'],
        ['banned', 'global_but'],
      ] as const)
        expect(await ask(userId, flagKey)).toEqual(said({ failure: door.away }));
      expect(await timed(() => door.all!(stranger))).toEqual({ failure: door.away });
      // Whether there is such a token by now, nobody knows.
      expect(await ask('known', 'managers', 'latchkey_made-up')).toEqual(said({ failure: door.away }));
    }
  }

  it('are answered from what is held at every door, and told at once of the rest that it is away', async () => {
    await proxy.cut();
    await holds('nobody');
    // Once the flags are not known to be present either, all of it is STALE, but what is switched off.
    for (const door of doors) {
      await until(async () => (await door.ask('nobody', 'global')).reason === 'STALE', 15_000);
      for (const [userId, flagKey] of [
        ['known', 'managers'],
        ['nobody', 'global'],
      ] as const)
        expect(await door.ask(userId, flagKey)).toEqual({ value: true, reason: 'STALE', stale: true });
      expect((await door.all!('known')).reasons).toEqual({
        ...{ managers: 'STALE', global: 'STALE', global_but: 'STALE', off: 'DISABLED' },
      });
    }
    await holds('nobody else');
  });

  it('keep their streams, which tell of no change there was none of', async () => {
    const [frames, changes] = [told.frames.length, [] as string[]];
    await until(() => told.frames.length > frames + 1);
    expect(told.of('message')).toEqual([]);
    for (const events of streams) {
      let event = await events.next();
      // A machine's stream begins with what was changed lately.
      while (event?.type !== 'keep_alive') {
        changes.push(String(event?.type));
        event = await events.next();
      }
      expect(await events.next()).toEqual({ type: 'keep_alive' });
    }
    expect(changes).toEqual(['configuration_change', 'configuration_change']);
  });

  it('may say that they were told of another answer, and are given what is held', async () => {
    const path = `?flagConfigEtag=${encodeURIComponent('"of-another-answer"')}`;
    expect(await timed(() => ofrep(path, 'known'))).toMatchObject({ status: 200 });
  });

  it('are answered anew as soon as the store is back, and told of what is changed then', async () => {
    await proxy.mend();
    for (const door of doors) {
      await until(async () => (await door.ask('nobody', 'managers')).reason === 'DEFAULT');
      await until(async () => (await door.ask('nobody', 'global')).reason === 'STATIC');
      expect((await door.ask('banned', 'global_but')).value).not.toBe(true);
      await until(async () => (await door.ask('known', 'managers', 'latchkey_made-up')).failure !== door.away);
    }
    await setFlag('global', { description: 'changed', isEnabledGlobally: false });
    for (const events of streams) {
      let event = await events.next();
      while (event?.type === 'keep_alive') event = await events.next();
      expect(event).toMatchObject({ type: 'configuration_change', data: { flags: { global: { type: 'update' } } } });
    }
    expect((await told.frame('message')).data).toMatchObject({ type: 'refetchEvaluation' });
    for (const door of doors) await until(async () => (await door.ask('nobody', 'global')).reason === 'DEFAULT');
  });

  it('are told at once, too, of a store that says nothing at all', async () => {
    proxy.freeze();
    for (const door of doors) {
      expect(await timed(() => door.ask('no one', 'managers'))).toEqual({ failure: door.away });
      expect(await timed(() => door.ask('known', 'managers'))).toMatchObject({ value: true });
    }
    await proxy.mend();
    for (const door of doors)
      await until(async () => (await door.ask('no one', 'managers')).reason === 'DEFAULT', 15_000);
  });
});
