import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readSnapshot } from '../../src/compose/server/snapshot-file.js';
import type { RunningServer } from '../../src/compose/server/start-server.js';
import type { AccessInput } from '../../src/services/access/access-rows.js';
import { busy, insist, pause, unmarked, until } from '../timing.js';
import { type CuttableProxy, startCuttableProxy } from './stands/cuttable-proxy.js';
import { describeOnMariadb } from './stands/engines.js';
import { OPERATOR } from './stands/use-case-stand.js';

const ADMIN_TOKEN = 'the-admin-token-of-these-tests';
/** The promise is 250 ms; the rest is for a machine that runs other tests as well. */
const AT_ONCE = 1_500;

const rules = [{ conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } }];
const event = { id: '1', source: '', userId: 'known', action: 'x', occurredAt: undefined, value: 0, properties: {} };

describeOnMariadb('while the store is away', (engine) => {
  let proxy: CuttableProxy;
  let server: RunningServer;
  let dataDir: string;

  const start = async (): Promise<RunningServer> => {
    const url = new URL(engine.databaseUrl());
    url.port = String(proxy.port);
    return engine.start({ DATABASE_URL: url.href, DATA_DIR: dataDir });
  };
  const setFlag = (keyOrId: string, input: object, access: readonly AccessInput[] = [], of = server) =>
    insist(() =>
      of.composed.services.flags.set(OPERATOR, {
        ...{ keyOrId, mustExist: false, input, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' },
        ...{ access, removeAccess: [] },
      }),
    );
  const ask = async (userId: string, flagKey: string, full = false, of = server) =>
    of.composed.services.evaluation.evaluate(OPERATOR, { userId, context: {}, flagKey, consistencyToken: '', full });
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    try {
      return await work();
    } finally {
      expect(performance.now() - started).toBeLessThan(busy(AT_ONCE));
    }
  };
  /** What holds from the first moment on, be it cut off or silent. */
  const holds = async (stranger: string): Promise<void> => {
    const { services } = server.composed;
    expect((await timed(() => ask('known', 'managers'))).decision).toMatchObject({ enabled: true, reason: 'RULE' });
    expect(await timed(() => ask(stranger, 'off'))).toMatchObject({ stale: true, decision: { reason: 'DISABLED' } });
    expect((await timed(() => ask(stranger, 'none'))).decision.reason).toBe('FLAG_NOT_FOUND');
    const everyone = await timed(() => ask(stranger, 'global'));
    expect(everyone).toMatchObject({ stale: true, decision: { enabled: true, reason: 'GLOBAL' } });
    for (const userId of [stranger, 'banned'])
      await expect(timed(() => ask(userId, 'global_but'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(timed(() => ask(stranger, 'managers'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(timed(() => ask('known', 'managers', true))).rejects.toThrow('the store');
    const missing = (userId: string) =>
      services.requirements.get(OPERATOR, { userId, flagKey: 'managers', consistencyToken: '', full: false });
    expect((await timed(() => missing('known'))).requirements).toMatchObject({ progress: 1, blockedBy: [] });
    await expect(timed(() => missing(stranger))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await timed(async () => services.authentication.machine(ADMIN_TOKEN))).toMatchObject({ kind: 'machine' });
    await expect(timed(async () => services.authentication.machine('made-up'))).rejects.toThrow('the store');
  };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'latchkey-away-'));
    const { port } = new URL(engine.databaseUrl());
    proxy = await startCuttableProxy(Number(port));
    server = await start();
    await setFlag('managers', { rules });
    await setFlag('off', { active: false });
    await setFlag('global', { isEnabledGlobally: true });
    await setFlag('global_yet', { isEnabledGlobally: true });
    await setFlag('global_but', { isEnabledGlobally: true }, [{ userId: 'banned', effect: 'DENY' }]);
    const { users, authentication } = server.composed.services;
    await insist(() => users.identify(OPERATOR, { userId: 'known', roles: ['manager'] }));
    expect((await insist(() => ask('known', 'managers'))).decision.enabled).toBe(true);
    await insist(async () => authentication.machine(ADMIN_TOKEN));
    await until(async () => (await readSnapshot(join(dataDir, 'snapshot.json')))?.configuration.flags.length === 5);
  });
  afterAll(async () => {
    await server.stop(500);
    await proxy.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('answers from what is held, marked stale once it is not known to be present, and refuses the rest at once', async () => {
    await proxy.cut();
    await holds('nobody');
    const track = server.composed.services.events.track(OPERATOR, { events: [{ kind: 'event', event }], wait: false });
    await expect(track).rejects.toThrow('the store');
    await until(async () => (await ask('known', 'managers')).stale);
    await holds('nobody');
  });

  it('starts cold from the snapshot on disk, which is for its owner only', async () => {
    const file = join(dataDir, 'snapshot.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const cold = await start();
    expect(await ask('unknown', 'off', false, cold)).toMatchObject({ stale: true, decision: { reason: 'DISABLED' } });
    const everyone = await ask('unknown', 'global', false, cold);
    expect(everyone).toMatchObject({ stale: true, decision: { enabled: true, reason: 'GLOBAL' } });
    for (const userId of ['unknown', 'banned'])
      await expect(ask(userId, 'global_but', false, cold)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(ask('known', 'managers', false, cold)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await cold.composed.services.authentication.machine(ADMIN_TOKEN)).toMatchObject({ kind: 'machine' });
    await expect((async () => cold.composed.services.authentication.machine('made-up'))()).rejects.toThrow('the store');
    await cold.stop(500);
  });

  it('decides no flag for everyone once it is told of a first row that it cannot load', async () => {
    const other = await engine.start({ ROLES: 'grpc' });
    expect((await ask('unknown', 'global_yet')).decision.reason).toBe('GLOBAL');
    await setFlag('global_yet', {}, [{ userId: 'late', effect: 'DENY' }], other);
    const refused = (userId: string, flagKey: string) =>
      ask(userId, flagKey).then(
        () => false,
        (error: { readonly code?: string }) => error.code === 'UNAVAILABLE',
      );
    await until(() => refused('late', 'global_yet'));
    // Which flag it is about is not known either.
    expect(await refused('unknown', 'global')).toBe(true);
    expect(await ask('unknown', 'off')).toMatchObject({ stale: true, decision: { reason: 'DISABLED' } });
    expect((await ask('late', 'global_yet', false, other)).decision.reason).toBe('DENIED');
    await other.stop(500);
  });

  it('recovers by itself, and again from a store that says nothing at all', async () => {
    await proxy.mend();
    await until(async () => (await ask('unknown', 'managers').catch(() => undefined))?.stale === false);
    await server.composed.services.events.track(OPERATOR, { events: [{ kind: 'event', event }], wait: true });
    const stored = await server.composed.store.states.users(['known']);
    expect(stored.get('known')?.actions.get('x')).toMatchObject({ count: 1 });

    expect((await ask('late', 'global_yet')).decision.reason).toBe('DENIED');

    proxy.freeze();
    await expect(ask('no one', 'global_yet')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await holds('no one');
    await pause(300);
    await holds('no one');
    await proxy.mend();
    await until(async () => (await ask('stranger', 'managers').catch(() => undefined))?.stale === false, 15_000);
  });

  it('does not start from a damaged snapshot, but waits for the store', async () => {
    await proxy.cut();
    const file = join(dataDir, 'snapshot.json');
    expect((await readSnapshot(file))?.tokens).toHaveLength(1);
    await writeFile(file, JSON.stringify({ format: 2, checksum: 'of something else', content: '{}' }));
    let started = false;
    const starting = start().then((fresh) => {
      started = true;
      return fresh;
    });
    await pause(800);
    expect(started).toBe(false);
    await proxy.mend();
    const fresh = await starting;
    // Its first look at the store may take longer than an answer waits for it, on a machine that has more to do.
    await until(async () => (await ask('known', 'managers', false, fresh).catch(() => undefined)) !== undefined);
    const answer = await unmarked(() => ask('known', 'managers', false, fresh));
    expect(answer).toMatchObject({ stale: false, decision: { enabled: true } });
    // What was damaged is written anew.
    await until(async () => (await readSnapshot(file)) !== undefined);
    await fresh.stop(500);
  });
});
