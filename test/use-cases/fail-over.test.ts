import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { migrate } from '../../src/compose/server/open-adapters.js';
import type { RunningServer } from '../../src/compose/server/start-server.js';
import { type MariadbServer, startMariadb } from '../servers/mariadb-server.js';
import { requireProgram } from '../servers/server-process.js';
import { insist, until } from '../timing.js';
import { type DatabaseProxy, startDatabaseProxy } from './stands/database-proxy.js';
import { describeOnMariadb } from './stands/engines.js';
import { OPERATOR } from './stands/use-case-stand.js';

const rules = [
  {
    policy: 'LATCHING',
    conditions: {
      all: [{ fact: 'actionCount', params: { action: 'x' }, operator: 'greaterThanInclusive', value: 1 }],
    },
  },
];

const event = (id: string, userId: string) => ({
  kind: 'event' as const,
  event: { id, source: '', userId, action: 'x', occurredAt: undefined, value: 0, properties: {} },
});

const track = (server: RunningServer, id: string, userId: string, wait = true) =>
  server.composed.services.events.track(OPERATOR, { events: [event(id, userId)], wait });

const readiness = async (server: RunningServer): Promise<string> => {
  const answer = await fetch(`http://${server.httpAddress}/readyz`);
  return ((await answer.json()) as { readonly status: string }).status;
};

const setUp = async (server: RunningServer): Promise<void> => {
  const { flags, users } = server.composed.services;
  await insist(() =>
    flags.set(OPERATOR, {
      ...{ keyOrId: 'once', mustExist: false, input: { rules }, expectedVersion: undefined, onRuleChange: 'KEEP' },
      ...{ comment: '', access: [], removeAccess: [] },
    } as const),
  );
  await insist(() => users.identify(OPERATOR, { userId: 'known' }));
  await insist(async () => evaluate(server, 'known'));
};

const evaluate = (server: RunningServer, userId: string) =>
  server.composed.services.evaluation.evaluate(OPERATOR, {
    ...{ userId, context: {}, flagKey: 'once', consistencyToken: '', full: false },
  });

const proxied = (url: string, { port }: DatabaseProxy): string => {
  const through = new URL(url);
  through.port = String(port);
  return through.href;
};

describeOnMariadb('a database that fails over', (engine) => {
  let old: MariadbServer;
  let next: MariadbServer;
  let proxy: DatabaseProxy;
  let server: RunningServer;

  beforeAll(async () => {
    [old, next] = await Promise.all([startMariadb(), startMariadb()]);
    await migrate({ kind: 'mysql', url: old.url, poolSize: 2 });
    proxy = await startDatabaseProxy(old.port);
    const DATABASE_URL = proxied(old.url, proxy);
    server = await engine.start({ DATABASE_URL, DATABASE_POOL: '4', ROLES: 'grpc,rest,worker' });
    await setUp(server);
  }, 120_000);
  afterAll(async () => {
    await server.stop(500);
    await proxy.close();
    await Promise.all([old.stop('SIGKILL'), next.stop('SIGKILL')]);
  });

  it('is not ready for writes while its writer is read-only, and is used again once connections lead elsewhere', async () => {
    await until(async () => (await readiness(server)) === 'ready');
    await Promise.all(Array.from({ length: 20 }, (_, i) => track(server, 'before', `u${i}`)));

    await onServer(old, 'SET GLOBAL read_only = 1');
    await expect(track(server, 'refused', 'u0')).rejects.toThrow('the store');
    await until(async () => (await readiness(server)) === 'degraded', 15_000);
    expect((await evaluate(server, 'known')).decision.reason).toBe('DEFAULT');

    await copyData(old, next);
    proxy.redirect(next.port);
    await until(async () => (await readiness(server)) === 'ready', 15_000);
    // Every connection of the pool is a new one.
    for (let round = 0; round < 3; round++)
      await Promise.all(Array.from({ length: 20 }, (_, i) => track(server, `after-${round}`, `u${i}`)));
    expect((await evaluate(server, 'u0')).decision).toMatchObject({ enabled: true });
    const [rows] = await onServer(next, "SELECT COUNT(*) AS n FROM latchkey.events WHERE event_id LIKE 'after-%'");
    expect(rows).toEqual([{ n: 60 }]);
    expect(await server.composed.store.events.deadLetterCount()).toBe(0);
  }, 60_000);
});

describeOnMariadb('a database that is not ready in its cluster', (engine) => {
  const refusals = [
    { errno: 1047, sqlState: '08S01', message: 'WSREP has not yet prepared node for application use' },
    { errno: 9001, sqlState: 'HY000', message: 'Max connect timeout reached while reaching hostgroup 0 after 10000ms' },
    { errno: 3032, sqlState: 'HY000', message: 'The server is currently in offline mode' },
    { errno: 1053, sqlState: '08S01', message: 'Server shutdown in progress' },
    { errno: 5999, sqlState: 'HY000', message: 'Something that nobody has heard of yet' },
  ];
  let proxy: DatabaseProxy;
  let server: RunningServer;

  beforeAll(async () => {
    proxy = await startDatabaseProxy(Number(new URL(engine.databaseUrl()).port));
    server = await engine.start({
      ...{ DATABASE_URL: proxied(engine.databaseUrl(), proxy), ROLES: 'grpc,rest,worker', DATABASE_POOL: '4' },
    });
    await setUp(server);
  });
  afterAll(async () => {
    await server.stop(500);
    await proxy.close();
  });

  for (const refusal of refusals) {
    it(`is away as long as it answers ${refusal.errno}: what is held is answered, and no event is put aside`, async () => {
      const { errno } = refusal;
      await until(async () => (await evaluate(server, 'known')).stale === false);
      const pending = Array.from({ length: 20 }, (_, i) => track(server, `${errno}`, `u${i}`, false));
      await Promise.all(pending);
      proxy.refuse(refusal);
      await expect(track(server, `${errno}`, 'late')).rejects.toThrow('the store');
      await until(async () => (await readiness(server)) === 'degraded', 15_000);
      expect((await evaluate(server, 'known')).decision.reason).toBe('DEFAULT');
      await expect(evaluate(server, `stranger-${errno}`)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      proxy.refuse(undefined);
      await until(async () => (await readiness(server)) === 'ready', 15_000);
      await track(server, `${errno}-again`, 'late');
      expect((await evaluate(server, 'late')).decision.enabled).toBe(true);
      await until(async () => (await evaluate(server, 'u19')).decision.enabled);
      expect(await server.composed.store.events.deadLetterCount()).toBe(0);
    }, 60_000);
  }
});

async function onServer({ adminUrl }: MariadbServer, statements: string) {
  const connection = await createConnection({ uri: adminUrl, multipleStatements: true });
  try {
    return await connection.query(statements);
  } finally {
    await connection.end();
  }
}

/** Copies the database, as replication would have done. */
async function copyData(from: MariadbServer, to: MariadbServer): Promise<void> {
  const { stdout } = await promisify(execFile)(
    requireProgram('mariadb-dump'),
    ['--no-defaults', '--host=127.0.0.1', `--port=${from.port}`, '--user=admin', '--password=admin', 'latchkey'],
    { maxBuffer: 256 * 1024 * 1024 },
  );
  await onServer(to, stdout.replace(/^\/\*M?!999999.*$/m, ''));
}
