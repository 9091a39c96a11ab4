import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { RunningServer } from '../../src/compose/server/start-server.js';
import type { Scope } from '../../src/store/token-store.js';
import { type RedisServer, startRedis } from '../servers/redis-server.js';
import { busy, pause, until } from '../timing.js';
import { describeOnEachEngine, describeOnMariadb, type Engine } from './stands/engines.js';
import { type EventSourceStand, openEventSource, type SourceOptions } from './stands/event-source.js';
import { atLeast, latching, OPERATOR } from './stands/use-case-stand.js';

const ENVIRONMENT = { ROLES: 'rest,worker', STREAM_HEARTBEAT_SECONDS: '1' };

interface Told {
  readonly audit: { readonly id: string; readonly action: string; readonly target: string; readonly sentence: string };
  readonly configuration: { readonly flag_keys?: readonly string[]; readonly segment_keys?: readonly string[] };
  readonly unlock: { readonly user_id: string; readonly flag_key: string; readonly left_out: number };
}

/** What a test does with servers, and the streams that it opens at one of them. */
function standOn(servers: () => { here: RunningServer; there: RunningServer }) {
  const open: EventSourceStand[] = [];
  let events = 0;
  const stand = {
    end: () => {
      for (const source of open.splice(0)) source.kill();
    },
    watch: async (options: SourceOptions = {}, server = servers().there) => {
      const token = options.token ?? server.adminSecret;
      const source = await openEventSource(server.httpAddress!, '/api/admin/stream', { ...options, token });
      open.push(source);
      if (source.status === 200) await until(() => source.frames.some(({ event }) => event === '') || source.ended);
      return source;
    },
    setFlag: (keyOrId: string, input: object, comment = '') =>
      servers().here.composed.services.flags.set(OPERATOR, {
        ...{ keyOrId, mustExist: false, input, expectedVersion: undefined, onRuleChange: 'KEEP', comment },
        ...{ access: [], removeAccess: [] },
      }),
    track: (userIds: readonly string[], action: string) => {
      const tracked = userIds.map((userId) => ({
        kind: 'event' as const,
        event: { id: `e${events++}`, source: 's', userId, action, occurredAt: undefined, value: 0, properties: {} },
      }));
      return servers().here.composed.services.events.track(OPERATOR, { events: tracked, wait: true });
    },
    token: (scopes: readonly Scope[], organizationId = '') =>
      servers().there.composed.services.tokens.create(OPERATOR, {
        ...{ name: 't', scopes, organizationId, expiresAt: undefined, comment: '' },
      }),
  };
  return stand;
}

const targets = (source: EventSourceStand, action = 'flag.create'): readonly string[] =>
  source
    .of('audit')
    .map(({ data }) => data as Told['audit'])
    .filter((entry) => entry.action === action)
    .map(({ target }) => target);
const changed = (source: EventSourceStand): readonly string[] =>
  source.of('configuration').flatMap(({ data }) => (data as Told['configuration']).flag_keys ?? []);
const unlocked = (source: EventSourceStand) => source.of('unlock').map(({ data }) => data as Told['unlock']);

describeOnEachEngine('the stream of the administration', (engine) => {
  /** Where is written, and where is watched: two servers wherever two can be. */
  let here: RunningServer;
  let there: RunningServer;
  const { watch, setFlag, track, token, end } = standOn(() => ({ here, there }));
  const sqlite = engine.name.startsWith('SQLite');

  beforeAll(async () => {
    there = await engine.start(ENVIRONMENT);
    here = sqlite ? there : await engine.start({ ROLES: 'worker' });
  });
  afterEach(end);

  it('tells of changes of the configuration, of the audit with a sentence, of unlocks, backfills and counters', async () => {
    const source = await watch();
    await setFlag('told', latching(atLeast(1, 'told')), 'why not');
    const { data } = await source.frame('audit');
    expect(data).toEqual({
      ...{ id: expect.stringMatching(/^\d+$/), at: expect.any(String), actor: 'token:tok_test', actor_name: '' },
      ...{ action: 'flag.create', target: 'told', sentence: 'token:tok_test created the flag "told"' },
    });
    await until(() => changed(source).includes('told'));
    await track(['ada'], 'told');
    expect((await source.frame('unlock')).data).toEqual({
      ...{ user_id: 'ada', flag_key: 'told', at: expect.any(String), left_out: 0 },
      cause: expect.objectContaining({ type: 'TYPE_EVENT', action: 'told', source: 's' }),
    });
    const backfills = () => source.of('backfill').map((frame) => (frame.data as { backfill: object }).backfill);
    await until(() => backfills().some((one) => 'finished_at' in one));
    expect(backfills().at(-1)).toMatchObject({ flag_key: 'told', state: 'BACKFILL_STATE_DONE' });
    const counters = (await source.frame('counters', 0, 15_000)).data as Record<string, unknown>;
    expect(counters).toMatchObject({ open_streams: expect.any(Number), inbox_lag: expect.stringMatching(/s$/) });
    await until(() => {
      const last = source.of('counters').at(-1)!.data as { unlocks_per_minute: number; open_streams: number };
      return last.unlocks_per_minute >= 1 && last.open_streams >= 1;
    }, 25_000);
  });

  it('names segments, actions and stages that changed', async () => {
    const source = await watch();
    const { segments, stages, actions } = here.composed.services;
    await segments.set(OPERATOR, {
      key: 'seg',
      input: { conditions: { all: [] } },
      expectedVersion: undefined,
      comment: '',
    } as never);
    await until(() =>
      source.of('configuration').some(({ data }) => (data as Told['configuration']).segment_keys?.includes('seg')),
    );
    await stages.set(OPERATOR, {
      stages: [{ name: 'one', selfSettable: false }],
      expectedVersion: undefined,
      comment: '',
    } as never);
    await until(() => source.of('configuration').some(({ data }) => (data as { stages?: boolean }).stages === true));
    await actions.declare(OPERATOR, [{ name: 'clicked', clientTrackable: true }] as never);
    await until(() =>
      source.of('configuration').some(({ data }) => (data as { actions?: string[] }).actions?.includes('clicked')),
    );
  });

  it('samples unlocks, and says how many were left out', async () => {
    await setFlag('many', latching(atLeast(1, 'many')));
    await until(() => there.composed.services.keeper.snapshot.flags.has('many'));
    const source = await watch();
    const users = Array.from({ length: 300 }, (_, i) => `many-${i}`);
    await track(users, 'many');
    const sum = () => unlocked(source).reduce((all, { left_out }) => all + 1 + left_out, 0);
    await until(() => sum() >= 300);
    await pause(1_500);
    expect(sum()).toBe(300);
    const bySecond = Map.groupBy(source.of('unlock'), ({ at }) => Math.floor(at / 1_000));
    expect(Math.max(...[...bySecond.values()].map(({ length }) => length))).toBeLessThanOrEqual(40);
    expect(unlocked(source).length).toBeLessThan(150);
  });

  it('goes on after an id with what is durable, each entry once, also at a server that has started since', async () => {
    const source = await watch();
    await setFlag('before', {});
    await until(() => targets(source).includes('before') && changed(source).includes('before'));
    const id = source.lastId();
    source.kill();
    for (const key of ['missed-1', 'missed-2']) await setFlag(key, {});
    const back = await watch({ lastEventId: id });
    await until(() => targets(back).length >= 2);
    expect(targets(back)).toEqual(['missed-1', 'missed-2']);
    expect(changed(back).toSorted()).toEqual(['missed-1', 'missed-2']);
    expect(back.of('reset')).toEqual([]);
    await setFlag('after', {});
    await until(() => targets(back).includes('after'));
    expect(targets(back)).toEqual(['missed-1', 'missed-2', 'after']);

    if (sqlite) await there.stop(1_000);
    const again = await engine.start(ENVIRONMENT);
    if (sqlite) {
      here = again;
      there = again;
    }
    const resumed = await watch({ lastEventId: id }, again);
    await until(() => targets(resumed).length >= 3);
    expect(targets(resumed)).toEqual(['missed-1', 'missed-2', 'after']);
    expect(changed(resumed).toSorted()).toEqual(['after', 'missed-1', 'missed-2']);
    expect(resumed.of('reset')).toEqual([]);
  });

  it('says reset where an id is of no use, and where more was missed than is told', async () => {
    const garbled = await watch({ lastEventId: 'a1.other.1.1.1.' });
    expect(garbled.of('reset')).toHaveLength(1);
    const source = await watch();
    const id = source.lastId();
    source.kill();
    await here.composed.store.transaction(async (tx) => {
      for (let i = 0; i < 520; i++) {
        await tx.audit.append({
          ...{ at: Date.now(), actor: 'system', actorOrganization: '', action: 'flag.set', target: `${i}` },
          ...{ before: null, after: null, requestId: '', comment: '', subjects: [] },
        });
      }
    });
    const back = await watch({ lastEventId: id });
    expect(back.of('reset')).toHaveLength(1);
    expect(back.of('audit')).toEqual([]);
  });

  it('serves eight readers at once, and reads the store for all of them together', async () => {
    const sources = await Promise.all(Array.from({ length: 8 }, () => watch()));
    await setFlag('for-eight', {});
    for (const source of sources)
      await until(() => targets(source).includes('for-eight') && changed(source).includes('for-eight'));
    for (const source of sources) expect(targets(source).filter((key) => key === 'for-eight')).toHaveLength(1);
    end();
    await until(() => there.composed.services.live.size === 0);
  });

  it('ends with its token, and keeps the others', async () => {
    const { secret, token: made } = await token(['manage']);
    const [source, other] = [await watch({ token: secret }), await watch()];
    await there.composed.services.tokens.revoke(OPERATOR, made.id);
    await until(() => source.ended);
    expect((source.frames.at(-1)!.data as { code: string }).code).toBe('UNAUTHENTICATED');
    expect(other.ended).toBe(false);
    expect((await watch({ token: secret })).status).toBe(401);
  });

  it('tells a token with `manage` nothing of tokens', async () => {
    const { secret } = await token(['manage']);
    const [source, whole] = [await watch({ token: secret }), await watch()];
    await token(['track']);
    await setFlag('for-manage', {});
    await until(() => targets(source).includes('for-manage') && targets(whole, 'token.create').length === 1);
    expect(targets(source, 'token.create')).toEqual([]);
  });

  it('sends heartbeats whose ids go on', async () => {
    const source = await watch();
    const beats = () => source.of('').length;
    const first = beats();
    await until(() => beats() > first);
    expect(source.of('').at(-1)!.id).toMatch(/^a1\./);
  });

  it('cuts a reader who does not keep up, and holds nothing back for them any more', async () => {
    const source = await watch();
    await until(() => there.composed.services.live.size === 1);
    source.pause();
    const { live, keeper } = there.composed.services;
    const segmentKeys = new Set(Array.from({ length: 3_000 }, (_, i) => `seg-${i}-${'x'.repeat(60)}`));
    let revision = 1_000_000;
    await until(() => {
      // Each swap tells of three thousand segments.
      const segments = new Map([...segmentKeys].map((key) => [key, { key, version: revision } as never]));
      live.configurationChanged({ ...keeper.snapshot, revision: revision++, segments });
      return live.size === 0;
    });
    source.resume();
    await until(() => source.ended);
    expect((source.frames.at(-1)!.data as { code: string }).code).toBe('LIMITED');
    expect(live.backlog).toBe(0);
    live.configurationChanged(keeper.snapshot);
  });
});

describeOnMariadb('the stream of the administration, while Redis is away,', (engine: Engine) => {
  let redis: RedisServer;
  let here: RunningServer;
  let there: RunningServer;
  const { watch, setFlag, track, end } = standOn(() => ({ here, there }));
  beforeAll(async () => {
    redis = await startRedis();
    there = await engine.start({ ...ENVIRONMENT, REDIS_URL: redis.url });
    here = await engine.start({ ROLES: 'worker', REDIS_URL: redis.url });
  });
  afterAll(() => redis.stop());
  afterEach(end);

  it('goes on', async () => {
    await setFlag('dark', latching(atLeast(1, 'dark')));
    const source = await watch();
    await redis.down();
    await setFlag('in-the-dark', {});
    expect(await until(() => changed(source).includes('in-the-dark'))).toBeLessThan(busy(6_000));
    await track(['ada'], 'dark');
    await until(
      () => unlocked(source).some(({ user_id }) => user_id === 'ada') && targets(source).includes('in-the-dark'),
    );
    expect(source.ended).toBe(false);
    await redis.restart();
    await setFlag('light', {});
    await until(() => changed(source).includes('light') && targets(source).includes('light'));
  });
});
