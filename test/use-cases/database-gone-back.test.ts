import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { encodeToken } from '../../src/calls/consistency/consistency-token.js';
import type { Composed } from '../../src/compose/server/services.js';
import type { RunningServer } from '../../src/compose/server/start-server.js';
import { EpochWatch } from '../../src/compose/watches/epoch-watch.js';
import { type Older, RollbackWatch } from '../../src/compose/watches/rollback-watch.js';
import type { SqlStore } from '../../src/store/sql/sql-store.js';
import { REDIS_VARIABLE } from '../servers/test-servers.js';
import { busy, pause, unmarked, until } from '../timing.js';
import { takeBackup } from './stands/backup.js';
import { describeOnEachEngine, describeOnMariadb } from './stands/engines.js';
import { latching, OPERATOR, verified } from './stands/use-case-stand.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'latchkey-gone-back-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const setFlag = ({ services }: Composed, key: string, input: object) =>
  services.flags.set(OPERATOR, {
    ...{ keyOrId: key, mustExist: false, input, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' },
    ...{ access: [], removeAccess: [] },
  });

/** The decision, and how long it took. */
async function ask({ services }: Composed, flagKey: string, userId: string, consistencyToken = '') {
  const started = performance.now();
  const input = { userId, context: {}, flagKey, consistencyToken, full: false };
  const { decision, stale } = await services.evaluation.evaluate(OPERATOR, input);
  return { enabled: decision.enabled, reason: decision.reason, stale, tookMs: performance.now() - started };
}

describeOnEachEngine('a database that goes back', (engine) => {
  const environment = { ROLES: 'rest' };
  const alone = engine.name.startsWith('SQLite');

  it('is noticed by every server that runs: what was lost is dropped, and tokens of it are answered from the store', async () => {
    const servers: RunningServer[] = [await engine.start(environment)];
    if (!alone) servers.push(await engine.start(environment));
    const [{ composed: one }] = servers as [RunningServer];
    await setFlag(one, 'kept', latching(verified));
    const before = await one.services.users.identify(OPERATOR, { userId: 'u', emailVerified: false });
    const backup = await takeBackup(engine.databaseUrl());
    const { revision } = one.services.keeper.snapshot;
    const epoch = await one.epoch.current();

    const flag = await setFlag(one, 'lost', { isEnabledGlobally: true });
    const { consistencyToken } = await one.services.users.identify(OPERATOR, { userId: 'u', emailVerified: true });
    for (const { composed } of servers) {
      expect((await ask(composed, 'lost', 'u', flag.consistencyToken)).enabled).toBe(true);
      expect((await ask(composed, 'kept', 'u', consistencyToken)).enabled).toBe(true);
    }
    // Each has raised its pulse since the backup.
    await pause(2_500);
    await backup.restore();

    for (const { composed } of servers) {
      await until(async () => (await composed.epoch.current()) !== epoch);
      await until(() => composed.services.keeper.snapshot.revision === revision);
      const answer = (flagKey: string) => unmarked(() => ask(composed, flagKey, 'u'));
      expect(await answer('lost')).toMatchObject({ reason: 'FLAG_NOT_FOUND', stale: false });
      expect(await answer('kept')).toMatchObject({ enabled: false, stale: false });
      for (const token of [flag.consistencyToken, consistencyToken, before.consistencyToken]) {
        expect(await ask(composed, 'kept', 'u', token)).toMatchObject({ enabled: false });
      }
    }
    // One epoch for all, and what is written in it counts as ever.
    const epochs = await Promise.all(servers.map(({ composed }) => composed.epoch.refresh()));
    expect(new Set(epochs).size).toBe(1);
    await pause(2_500);
    expect(await one.epoch.refresh()).toBe(epochs[0]);
    const again = await one.services.users.identify(OPERATOR, { userId: 'u', emailVerified: true });
    for (const { composed } of servers) {
      expect((await ask(composed, 'kept', 'u', again.consistencyToken)).enabled).toBe(true);
    }
    for (const server of servers) await server.stop(1_000);
  });

  it('while no server ran is noticed at the next start', async () => {
    const ours = { ...environment, DATA_DIR: join(directory, alone ? 'sqlite' : 'mariadb') };
    const first = await engine.start(ours);
    await setFlag(first.composed, 'after', latching(verified));
    await first.composed.services.users.identify(OPERATOR, { userId: 'w', emailVerified: false });
    const epoch = await first.composed.epoch.current();
    const backup = await takeBackup(engine.databaseUrl());
    const lost = await first.composed.services.users.identify(OPERATOR, { userId: 'w', emailVerified: true });
    const beats = async () =>
      (JSON.parse(await readFile(join(ours.DATA_DIR, 'pulse.json'), 'utf8')) as { beats: number }).beats;
    const then = await beats();
    await until(async () => (await beats()) > then);
    await first.stop(1_000);
    await backup.restore();

    const second = await engine.start(ours);
    expect(await second.composed.epoch.current()).not.toBe(epoch);
    expect(await ask(second.composed, 'after', 'w', lost.consistencyToken)).toMatchObject({ enabled: false });
    await second.stop(1_000);
    // A start that finds everything as it was changes nothing; nor does one on another database.
    const present = await second.composed.epoch.current();
    const third = await engine.start(ours);
    expect(await third.composed.epoch.current()).toBe(present);
    await third.stop(1_000);
  });

  it('is noticed by what comes back older than it was, where writes are taken', async () => {
    const stand = await engine.compose();
    await stand.setFlag('older');
    await stand.identify('known');
    const { revision } = (await stand.store.states.users(['known'])).get('known')!;
    const logged: unknown[] = [];
    const watchOf = (store: SqlStore) => {
      const epoch = new EpochWatch(store, () => undefined);
      const logger = { error: (what: unknown) => logged.push(what), warn: () => undefined } as never;
      const path = join(directory, `${engine.name.length}`, 'pulse.json');
      return {
        epoch,
        watch: new RollbackWatch({ store, epoch, path, logger, failed: (_, error) => logged.push(error) }),
      };
    };
    const [one, two] = [watchOf(stand.sqlStore), watchOf(await engine.openStore())];
    const former = await one.epoch.current();
    await two.epoch.current();
    const unfounded: Older[] = [
      { kind: 'users', id: 'known', revision },
      { kind: 'configuration', id: '', revision: stand.services.keeper.snapshot.revision },
    ];
    for (const older of unfounded) {
      one.watch.suspect(older);
      await pause(1_400);
    }
    expect([await one.epoch.refresh(), logged]).toEqual([former, []]);

    one.watch.suspect({ kind: 'users', id: 'known', revision: revision + 1 });
    two.watch.suspect({ kind: 'configuration', id: '', revision: 1_000_000 });
    await until(() => logged.length === 2);
    expect(logged).toEqual([
      expect.objectContaining({ expected: expect.any(Number), found: expect.any(Number) }),
      expect.objectContaining({ expected: expect.any(Number), found: expect.any(Number) }),
    ]);
    const present = await one.epoch.refresh();
    expect(present).not.toBe(former);
    expect(await two.epoch.refresh()).toBe(present);
    one.watch.stop();
    two.watch.stop();
  });

  it('makes a token of what is lost an error that says so, long before anything times out', async () => {
    const stand = await engine.compose();
    await stand.setFlag('told');
    const { consistencyToken } = await stand.identify('held', { organizationId: 'acme' });
    await stand.services.organizations.set(OPERATOR, { id: 'acme', comment: '' });
    const epoch = await stand.store.epoch();
    for (const promise of [
      { configuration: 1_000_000 },
      { users: [['held', 1_000]] as const },
      { organizations: [['acme', 1_000]] as const },
      { users: [['never-seen', 1]] as const },
    ]) {
      const userId = 'users' in promise ? promise.users[0][0] : 'held';
      const started = performance.now();
      await expect(ask(stand, 'told', userId, encodeToken({ epoch, ...promise }))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('a write that the database does not hold'),
      });
      expect(performance.now() - started).toBeLessThan(busy(900));
    }
    expect((await ask(stand, 'told', 'held', consistencyToken)).reason).toBe('DEFAULT');
  });

  it('or a notice of what is not there, keeps nobody from being answered', async () => {
    const stand = await engine.compose();
    await stand.setFlag('noticed', latching(verified));
    await stand.identify('victim', { emailVerified: true, organizationId: 'acme' });
    await ask(stand, 'noticed', 'victim');
    for (let i = 0; i < 3; i++) {
      stand.states.users.raise('victim', 1e15 + i);
      stand.states.organizations.raise('acme', 1e15 + i);
      expect((await ask(stand, 'noticed', 'victim')).enabled).toBe(true);
    }
    await pause(300);
    const took: number[] = [];
    for (let i = 0; i < 6; i++) {
      const { enabled, tookMs } = await unmarked(() => ask(stand, 'noticed', 'victim'));
      expect(enabled).toBe(true);
      took.push(tookMs);
    }
    expect(Math.min(...took)).toBeLessThan(busy(60));
    const fresh = { userId: 'victim', context: {}, flagKey: 'noticed', consistencyToken: '', full: true };
    expect((await stand.services.evaluation.evaluate(OPERATOR, fresh)).decision.enabled).toBe(true);
    // Later writes are noticed as ever.
    const { consistencyToken } = await stand.identify('victim', {
      attributes: { replace: false, set: { a: 1 }, remove: [] },
    });
    expect((await ask(stand, 'noticed', 'victim', consistencyToken)).enabled).toBe(true);

    const { keeper } = stand.services;
    const { revision } = keeper.snapshot;
    await expect(keeper.noticed(1e15)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect([keeper.behind, keeper.snapshot.revision]).toEqual([false, revision]);
  });
});

describeOnMariadb('notices that somebody else puts into Redis', (engine) => {
  it('cost a read, and no answer', async () => {
    const server = await engine.start({ ROLES: 'rest' });
    const { composed } = server;
    await setFlag(composed, 'forged', latching(verified));
    await composed.services.users.identify(OPERATOR, { userId: 'forged-user', emailVerified: true });
    await ask(composed, 'forged', 'forged-user');
    const redis = new Redis(process.env[REDIS_VARIABLE]!);
    const users = [{ id: 'forged-user', revision: Number.MAX_SAFE_INTEGER }];
    await redis.publish('latchkey:notices', JSON.stringify({ kind: 'users', users }));
    await redis.publish('latchkey:notices', JSON.stringify({ kind: 'configuration', revision: 1e15 }));
    await redis.quit();
    await pause(600);
    for (let i = 0; i < 5; i++) {
      const answer = await unmarked(() => ask(composed, 'forged', 'forged-user'));
      expect(answer).toMatchObject({ enabled: true, stale: false });
    }
    expect(composed.services.keeper.behind).toBe(false);
    const { consistencyToken } = await composed.services.users.identify(OPERATOR, {
      ...{ userId: 'forged-user', emailVerified: false },
    });
    expect((await ask(composed, 'forged', 'forged-user', consistencyToken)).enabled).toBe(true);
    await server.stop(1_000);
  });
});
