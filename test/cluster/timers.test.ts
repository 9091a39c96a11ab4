import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { DAY_MS, SECOND_MS } from '../../src/core/values/time/time.js';
import { rpcsOf } from '../../src/grpc/testing/door-stand.js';
import { AdminServiceClient, AdminServiceDefinition } from '../gen/latchkey/v1/admin_service.js';
import { FeatureServiceClient, FeatureServiceDefinition } from '../gen/latchkey/v1/feature_service.js';
import { Rule_Policy } from '../gen/latchkey/v1/flag.js';
import { Cause_Type } from '../gen/latchkey/v1/ledger.js';
import { startRedis } from '../servers/redis-server.js';
import { createDatabase, type TestDatabase } from '../servers/test-servers.js';
import { pause, until } from '../timing.js';
import { type LatchkeyProcess, migrateDatabase, startLatchkey } from './latchkey-process.js';

const USERS = Number(process.env.CLUSTER_TIMERS ?? 1_500);
const OUTAGE_USERS = USERS / 4;
const SENDERS = 12;
const TOKEN = 'the-admin-token-of-this-test';

type Rpcs = ReturnType<typeof rpcsOf<FeatureServiceDefinition>>;

interface Clients {
  readonly feature: Rpcs;
  readonly admin: ReturnType<typeof rpcsOf<AdminServiceDefinition>>;
  close(): void;
}

function clientsOf({ grpcAddress }: LatchkeyProcess, secret: string): Clients {
  const feature = new FeatureServiceClient(grpcAddress, credentials.createInsecure());
  const admin = new AdminServiceClient(grpcAddress, credentials.createInsecure());
  return {
    feature: rpcsOf(feature, FeatureServiceDefinition, secret),
    admin: rpcsOf(admin, AdminServiceDefinition, secret),
    close: () => {
      feature.close();
      admin.close();
    },
  };
}

const memberFor = (days: number) => [
  {
    policy: Rule_Policy.LATCHING,
    conditions: { all: [{ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: days }] },
  },
];

/** One rule that becomes due in this test, and one long after it. */
async function setFlags({ feature }: Clients): Promise<void> {
  await feature.setFlag({ flag: { key: 'day-1', rules: memberFor(1) } });
  await feature.setFlag({ flag: { key: 'day-8', rules: memberFor(8) } });
}

/** Says of a user when they joined, such that a day later is in so many milliseconds; gives that instant. */
async function joinDayAgo({ feature }: Clients, userId: string, dueInMs: number): Promise<number> {
  const dueAt = Date.now() + dueInMs;
  const { newlyUnlocked } = await feature.identify({ userId, joinedAt: new Date(dueAt - DAY_MS) });
  expect(newlyUnlocked).toEqual([]);
  return dueAt;
}

describe('timers on MariaDB and Redis', () => {
  let database: TestDatabase;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let sql: Connection;
  let directory: string;
  let server: LatchkeyProcess;
  let clients: Clients;
  let workers: LatchkeyProcess[] = [];

  const settings = (roles: string): Record<string, string> => ({
    ...{ DATABASE_URL: database.url, REDIS_URL: redis.url, DATA_DIR: directory, LATCHKEY_ADMIN_TOKEN: TOKEN },
    ...{ LOG_LEVEL: 'warn', ROLES: roles },
  });
  const startWorkers = async (): Promise<void> => {
    workers = await Promise.all([startLatchkey(settings('worker')), startLatchkey(settings('worker'))]);
  };

  beforeAll(async () => {
    database = await createDatabase();
    redis = await startRedis();
    directory = mkdtempSync(join(tmpdir(), 'latchkey-timers-'));
    sql = await createConnection({ uri: database.url });
    migrateDatabase(database.url);
    server = await startLatchkey(settings('grpc'));
    clients = clientsOf(server, TOKEN);
    await setFlags(clients);
    await startWorkers();
  }, 120_000);

  afterAll(async () => {
    clients.close();
    await Promise.all([server, ...workers].map((server) => server.end('SIGKILL')));
    await sql.end();
    await redis.stop();
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  /** Users who join one after the other, each due so long after that; by user, when. */
  async function joinAll(prefix: string, users: number, dueInMs: (n: number) => number) {
    const due = new Map<string, number>();
    let next = 0;
    const sender = async (): Promise<void> => {
      while (next < users) {
        const n = next++;
        const userId = `${prefix}-${n}`;
        due.set(userId, await joinDayAgo(clients, userId, dueInMs(n)));
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
    return due;
  }

  /** Every entry of these users' ledgers: twice recorded stands there twice. */
  async function ledger(prefix: string) {
    const [rows] = await sql.query<RowDataPacket[]>(
      `SELECT user_id, flag_key, kind, earned_at, recorded_at, cause FROM unlocks
       JOIN flags ON flags.id = unlocks.flag_id WHERE user_id LIKE ? ORDER BY recorded_at`,
      [`${prefix}-%`],
    );
    return rows.map((row) => ({
      told: `${row.user_id} ${row.kind} ${row.flag_key} ${row.earned_at} ${(JSON.parse(row.cause) as { type: string }).type}`,
      recordedAt: Number(row.recorded_at),
    }));
  }

  const earned = (due: ReadonlyMap<string, number>): ReadonlySet<string> =>
    new Set([...due].map(([userId, dueAt]) => `${userId} unlocked day-1 ${dueAt} time`));

  async function timersLeft() {
    const [rows] = await sql.query<RowDataPacket[]>(
      'SELECT user_id, due_at FROM timers WHERE due_at <= CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)',
    );
    return rows;
  }

  async function nextTimers(prefix: string): Promise<ReadonlyMap<string, number>> {
    const [rows] = await sql.query<RowDataPacket[]>('SELECT user_id, due_at FROM timers WHERE user_id LIKE ?', [
      `${prefix}-%`,
    ]);
    return new Map(rows.map((row) => [String(row.user_id), Number(row.due_at)]));
  }

  /** Exactly one unlock each, as of its instant; the next timer is set, and none is due. */
  async function expectFired(prefix: string, due: ReadonlyMap<string, number>) {
    await until(async () => (await ledger(prefix)).length >= due.size, 60 * SECOND_MS);
    const entries = await ledger(prefix);
    expect(entries).toHaveLength(due.size);
    expect(new Set(entries.map(({ told }) => told))).toEqual(earned(due));
    await until(async () => (await timersLeft()).length === 0, 10 * SECOND_MS);
    const next = new Map([...due].map(([userId, dueAt]) => [userId, dueAt + 7 * DAY_MS]));
    expect(await nextTimers(prefix)).toEqual(next);
    return entries;
  }

  it('fire once each, as of their instant, whichever worker is killed meanwhile', async () => {
    const kills: number[] = [];
    let stopped = false;
    const killing = (async () => {
      while (!stopped) {
        const victim = kills.length % workers.length;
        await workers[victim]!.end('SIGKILL');
        kills.push(Date.now());
        workers[victim] = await startLatchkey(settings('worker'));
        await pause(300);
      }
    })();
    const due = await joinAll('kill', USERS, (n) => 5_000 + (n % 8) * 1_000);
    const entries = await expectFired('kill', due).finally(() => {
      stopped = true;
    });
    await killing;
    // It has been a test only if a worker died between the first and the last unlock.
    const [first, last] = [entries[0]!.recordedAt, entries.at(-1)!.recordedAt];
    expect(kills.filter((at) => at > first && at < last)).not.toEqual([]);
    // What a killed worker had begun is done by the other, not twice: each user's revision was raised once by it.
    const [rows] = await sql.query<RowDataPacket[]>(
      "SELECT COUNT(*) AS n FROM users WHERE id LIKE 'kill-%' AND revision <> 2",
    );
    expect(Number(rows[0]!.n)).toBe(0);
  }, 360_000);

  it('fire late and as of their instant after a time without any worker', async () => {
    await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
    const due = await joinAll('outage', OUTAGE_USERS, (n) => 3_000 + (n % 4) * 500);
    const lastDue = Math.max(...due.values());
    await until(() => Date.now() > lastDue + 3 * SECOND_MS, 60 * SECOND_MS);
    expect(await ledger('outage')).toEqual([]);
    await startWorkers();
    const entries = await expectFired('outage', due);
    expect(entries[0]!.recordedAt).toBeGreaterThan(lastDue);
    const flips = await clients.feature.evaluate({ flagKey: 'day-1', context: { userId: 'outage-0' } });
    expect(flips.enabled).toBe(true);
  }, 240_000);
});

describe('a timer of an embedded process', () => {
  let directory: string;
  let running: LatchkeyProcess[] = [];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'latchkey-timer-'));
  });
  afterEach(async () => {
    await Promise.all(running.map((server) => server.end('SIGKILL')));
    running = [];
    rmSync(directory, { recursive: true, force: true });
  });

  async function start() {
    const settings = { DATABASE_URL: `sqlite:${join(directory, 'latchkey.db')}`, DATA_DIR: directory };
    const server = await startLatchkey(settings);
    running.push(server);
    const clients = clientsOf(server, readFileSync(join(directory, 'admin-token'), 'utf8').trim());
    return { server, clients };
  }

  it('that was killed before the instant, and started after it, fires once, as of the instant', async () => {
    const before = await start();
    await setFlags(before.clients);
    const dueAt = await joinDayAgo(before.clients, 'ada', 8_000);
    await before.server.end('SIGKILL');
    before.clients.close();
    expect(Date.now()).toBeLessThan(dueAt);
    await until(() => Date.now() > dueAt + SECOND_MS);

    const startedAt = Date.now();
    const { server, clients } = await start();
    const unlocks = async () => (await clients.admin.listUnlocks({ userId: 'ada' })).entries;
    await until(async () => (await unlocks()).length > 0);
    // Another round of timers, and nothing more comes of them.
    await pause(1_500);
    const entries = await unlocks();
    expect(entries).toMatchObject([
      { flagKey: 'day-1', earnedAt: new Date(dueAt), cause: { type: Cause_Type.TYPE_TIME } },
    ]);
    expect(entries[0]!.recordedAt!.getTime()).toBeGreaterThanOrEqual(startedAt);
    clients.close();
    expect(await server.end('SIGTERM')).toBe(0);
  }, 120_000);
});
