import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '../../src/compose/server/open-adapters.js';
import { unknownUser } from '../../src/core/states/user-state.js';
import { openMysqlStore } from '../../src/store/mysql/mysql-store.js';
import type { SqlStore } from '../../src/store/sql/sql-store.js';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { BackfillState } from '../gen/latchkey/v1/backfill.js';
import { Rule_Policy } from '../gen/latchkey/v1/flag.js';
import { createDatabase, createRedisSpace } from '../servers/test-servers.js';
import { callServer } from './call-server.js';
import { type LatchkeyProcess, startLatchkey } from './latchkey-process.js';

const TOKEN = 'the-admin-token-of-this-test';
const ACTION = 'report_viewed';

interface Deployment {
  /** Enough for a worker to be killed before it has seen all. */
  readonly users: number;
  readonly settings: Readonly<Record<string, string>>;
  /** Roles of the process that answers, and of the one that works and is killed; the same one where there is but one. */
  readonly roles: { readonly server: string; readonly worker: string } | undefined;
  open(): Promise<SqlStore>;
  end(): Promise<void>;
}

describe.each([
  ['SQLite, one process', onSqlite],
  ['MariaDB and Redis, a server and a worker', onMariadb],
])('a backfill on %s', (_, deploy) => {
  let deployment: Deployment;
  let store: SqlStore;
  let servers: LatchkeyProcess[] = [];

  beforeAll(async () => {
    deployment = await deploy();
    store = await deployment.open();
    await fill(store, deployment.users);
  }, 120_000);

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    await store.close();
    await deployment.end();
  }, 60_000);

  const start = (roles: string): Promise<LatchkeyProcess> => startLatchkey({ ...deployment.settings, ROLES: roles });
  const call = <Answer>(rpc: string, request: object): Promise<Answer> =>
    callServer<Answer>(servers[0]!.grpcAddress, TOKEN, rpc, request);

  it('records each unlock once, although its worker is killed again and again and events come in', async () => {
    const { roles, users } = deployment;
    servers =
      roles === undefined ? [await start('grpc,rest,worker')] : [await start(roles.server), await start(roles.worker)];
    const worker = servers.length - 1;
    const rule = (least: number) => ({
      conditions: {
        all: [{ fact: 'actionCount', params: { action: ACTION }, operator: 'greaterThanInclusive', value: least }],
      },
      policy: Rule_Policy.LATCHING,
    });
    const set = await call<SetAnswer>('SetFlag', { flag: { key: 'reader', rules: [rule(3)] } });
    const id = set.backfillId;
    let kills = 0;
    let events = 0;
    for (let done = 0, ended = false; !ended; ) {
      const { backfill } = await call<{ backfill: BackfillAnswer }>('GetBackfill', { id });
      ended = backfill.finishedAt !== undefined;
      if (!ended && kills < 3 && backfill.done > done) {
        done = backfill.done;
        kills++;
        await servers[worker]!.end('SIGKILL');
        servers[worker] = await start(roles?.worker ?? 'grpc,rest,worker');
      }
      const userId = `user-${(events * 37) % users}`;
      await call('Track', { events: [{ id: `live-${events++}`, userId, action: ACTION }] });
    }
    expect(kills).toBeGreaterThanOrEqual(2);
    await until(async () => (await store.events.oldestPending()).length === 0);

    const flagId = set.flag.id;
    const earned: string[] = [];
    const unlocked: string[] = [];
    for (let from = 0; from < users; from += 500) {
      const ids = Array.from({ length: 500 }, (_, i) => `user-${from + i}`);
      for (const user of (await store.states.users(ids)).values()) {
        if ((user.actions.get(ACTION)?.count ?? 0) >= 3) earned.push(user.id);
      }
    }
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await store.history.flagLedger(flagId, { limit: 1_000, ...(after && { after }) }, 'oldest');
      unlocked.push(...page.items.map(({ userId }) => userId));
      after = page.next;
    }
    expect([...unlocked].sort()).toEqual([...earned].sort());
    const { backfill } = await call<{ backfill: BackfillAnswer }>('GetBackfill', { id });
    expect(backfill).toMatchObject({ state: BackfillState.BACKFILL_STATE_DONE, failed: 0, done: backfill.total });
    expect(backfill.unlocked).toBeLessThanOrEqual(unlocked.length);
    expect(backfill.unlocked).toBeGreaterThan(users / 4);
  }, 300_000);
});

interface SetAnswer {
  readonly flag: { readonly id: string };
  readonly backfillId: string;
}

interface BackfillAnswer {
  readonly state: number;
  readonly done: number;
  readonly total: number;
  readonly unlocked: number;
  readonly failed: number;
  readonly finishedAt?: Date;
}

/** Every other user has done enough, the others one less. */
async function fill(store: SqlStore, users: number): Promise<void> {
  const total = { sum: 0n, activeDays: 1, firstAt: 1_700_000_000_000, lastAt: 1_700_000_000_000, recentDays: 1n };
  for (let from = 0; from < users; from += 500) {
    const ids = Array.from({ length: 500 }, (_, i) => `user-${from + i}`);
    await store.transaction(async (tx) => {
      await tx.users.lock(ids);
      await tx.users.putProfiles(ids.map((userId) => ({ ...unknownUser(userId), userId })));
      const totals = ids.map((userId, i) => ({ userId, action: ACTION, count: 2 + (i % 2), ...total }));
      await tx.users.putTotals(totals);
      await tx.users.advance(ids);
    });
  }
}

async function onSqlite(): Promise<Deployment> {
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-backfill-'));
  const path = join(directory, 'latchkey.db');
  await migrate({ kind: 'sqlite', path });
  return {
    users: 20_000,
    settings: { ...COMMON, DATABASE_URL: `sqlite:${path}`, DATA_DIR: directory },
    roles: undefined,
    open: () => openSqliteStore({ path }),
    end: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function onMariadb(): Promise<Deployment> {
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-backfill-'));
  const [database, redis] = [await createDatabase(), await createRedisSpace()];
  await migrate({ kind: 'mysql', url: database.url, poolSize: 2 });
  return {
    users: 4_000,
    settings: { ...COMMON, DATABASE_URL: database.url, REDIS_URL: redis.url, DATA_DIR: directory },
    roles: { server: 'grpc,rest', worker: 'worker' },
    open: () => openMysqlStore({ url: database.url }),
    end: async () => {
      rmSync(directory, { recursive: true, force: true });
      await database.drop();
    },
  };
}

const COMMON = { LATCHKEY_ADMIN_TOKEN: TOKEN, LOG_LEVEL: 'warn' };

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error('this did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
