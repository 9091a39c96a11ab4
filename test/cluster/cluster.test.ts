import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { TrackRequest, type TrackResponse } from '../gen/latchkey/v1/event.js';
import { FeatureServiceClient } from '../gen/latchkey/v1/feature_service.js';
import { Rule_EarnedBy, Rule_OnReversal, Rule_Policy, SetFlagRequest } from '../gen/latchkey/v1/flag.js';
import { IdentifyRequest } from '../gen/latchkey/v1/user.js';
import { startRedis } from '../servers/redis-server.js';
import { createDatabase, type TestDatabase } from '../servers/test-servers.js';
import { busy } from '../timing.js';
import { type LatchkeyProcess, migrateDatabase, startLatchkey } from './latchkey-process.js';
import {
  DERIVED,
  expectedOf,
  isMember,
  makeEvents,
  organizationOf,
  reversalsOf,
  type SentEvent,
  type SentReversal,
  SOURCE,
  seeded,
  TEAM_THRESHOLDS,
  THRESHOLDS,
} from './workload.js';

const EVENTS = Number(process.env.CLUSTER_EVENTS ?? 20_000);
const USERS = 500;
const PER_CALL = 20;
const SENDERS = 4;
const SEED = 20_260_131;
const TOKEN = 'the-admin-token-of-this-test';
/** "A few seconds": the sweeper's two, a batch's length, and a machine that starts processes meanwhile. */
const LONGEST_WAIT_MS = busy(5_000);

let database: TestDatabase;
let redis: Awaited<ReturnType<typeof startRedis>>;
let sql: Connection;
let directory: string;
let servers: readonly LatchkeyProcess[] = [];
let workers: LatchkeyProcess[] = [];

const settings = (roles: string): Record<string, string> => ({
  DATABASE_URL: database.url,
  REDIS_URL: redis.url,
  DATA_DIR: directory,
  LATCHKEY_ADMIN_TOKEN: TOKEN,
  LOG_LEVEL: 'warn',
  ROLES: roles,
});

beforeAll(async () => {
  database = await createDatabase();
  redis = await startRedis();
  directory = mkdtempSync(join(tmpdir(), 'latchkey-cluster-'));
  sql = await createConnection({ uri: database.url });
  migrateDatabase(database.url);
  servers = await Promise.all([startLatchkey(settings('grpc,rest')), startLatchkey(settings('grpc,rest'))]);
  workers = await Promise.all([startLatchkey(settings('worker')), startLatchkey(settings('worker'))]);
}, 120_000);

afterAll(async () => {
  await Promise.all([...servers, ...workers].map((server) => server.end('SIGKILL')));
  await sql.end();
  await redis.stop();
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

describe('two servers and two workers on MariaDB and Redis', () => {
  it('count every event once, derived actions, organizations and what is taken back too, and unlock exactly what was earned, whatever is killed meanwhile', async () => {
    await declareActions();
    await setFlags();
    await identifyMembers();
    const random = seeded(SEED);
    const events = makeEvents(EVENTS, USERS, random);
    const reversals = reversalsOf(events, random);
    const all = [...events, ...reversals];
    const twice = all.filter(() => random() < 0.1);
    const sent = [...all, ...twice].map((event) => ({ event, at: random() })).sort((a, b) => a.at - b.at);
    const calls = chunk(
      sent.map(({ event }) => event),
      PER_CALL,
    );

    const disturbance = disturb();
    const watch = watchLanes();
    let done = 0;
    const flushAt = Math.floor(calls.length / 2);
    const sender = async (): Promise<void> => {
      for (let next = calls.pop(); next !== undefined; next = calls.pop()) {
        if (calls.length === flushAt) await redis.flush();
        await sendUntilTaken(next, done++);
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
    await until(async () => (await pending()) === 0, 60_000);
    const kills = await disturbance.stop();
    const longestMs = await watch.stop();

    const reversed = new Set(reversals.map(({ reverses }) => reverses.id));
    const expected = expectedOf(events.filter(({ id }) => !reversed.has(id)));
    expect(reversed.size).toBeGreaterThan(EVENTS / 40);
    expect(await storedTotals()).toEqual(expected.totals);
    expect(await storedUnlocks()).toEqual([...expected.unlocks].sort());
    expect(expected.unlocks.size).toBeGreaterThan(USERS / 2);
    expect(kills).toBeGreaterThanOrEqual(1);
    expect(longestMs).toBeLessThan(busy(LONGEST_WAIT_MS));
  }, 480_000);

  it('count what a foreign producer put onto the queue with nothing but BullMQ', async () => {
    execFileSync(process.execPath, ['examples/enqueue-events/enqueue-events.mjs', 'foreign-user'], {
      cwd: new URL('../../', import.meta.url),
      env: { PATH: process.env.PATH, REDIS_URL: redis.url },
      stdio: 'ignore',
    });
    const counted = async (): Promise<unknown> => {
      const [rows] = await sql.query<RowDataPacket[]>(
        "SELECT action, event_count FROM action_totals WHERE user_id = 'foreign-user' ORDER BY action",
      );
      return rows.map((row) => `${row.action} ${row.event_count}`);
    };
    await until(async () => ((await counted()) as string[]).length === 3, 15_000);
    expect(await counted()).toEqual(['report_exported 1', 'report_shared 1', 'report_viewed 2']);
  }, 60_000);

  it('drain on SIGTERM and exit with 0', async () => {
    const codes = await Promise.all([...servers, ...workers].map((server) => server.end('SIGTERM')));
    expect(codes).toEqual([0, 0, 0, 0]);
  }, 60_000);
});

async function declareActions(): Promise<void> {
  const property = (name: string, operator: string, value: unknown) => ({
    all: [{ fact: 'property', params: { name }, operator, value }],
  });
  const even = property('topic', 'in', [0, 2, 4, 6, 8, 10]);
  const actions = [
    { name: 'even_report', derivation: { from: [DERIVED.even_report], where: even } },
    ...(['topic', 'shared_topic'] as const).map((name) => ({
      ...{ name, derivation: { from: [DERIVED[name]], distinct: { name: 'topic' }, value: { constant: 1 } } },
    })),
  ];
  const response = await fetch(`http://${servers[0]!.httpAddress}/api/admin/actions`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ actions }),
  });
  expect([response.status, response.ok ? '' : await response.text()]).toEqual([200, '']);
}

async function setFlags(): Promise<void> {
  const count = ([action, least]: readonly [string, number]) => ({
    all: [{ fact: 'actionCount', params: { action }, operator: 'greaterThanInclusive', value: least }],
  });
  const unlocked = (flag: string) => ({ fact: 'unlocked', params: { flag }, operator: 'equal', value: true });
  const flags = {
    reporter: count(THRESHOLDS.reporter),
    sharer: count(THRESHOLDS.sharer),
    even: count(THRESHOLDS.even),
    versatile: count(THRESHOLDS.versatile),
    expert: { all: [unlocked('reporter'), unlocked('sharer')] },
  };
  const metadata = bearer();
  const client = new FeatureServiceClient(servers[0]!.grpcAddress, credentials.createInsecure());
  const teams = { team_sharer: count(TEAM_THRESHOLDS.team_sharer), team_topics: count(TEAM_THRESHOLDS.team_topics) };
  const rules = [
    ...Object.entries(flags).map(([key, conditions]) => ({ key, conditions, earnedBy: Rule_EarnedBy.USER })),
    ...Object.entries(teams).map(([key, conditions]) => ({ key, conditions, earnedBy: Rule_EarnedBy.ORGANIZATION })),
  ];
  const latching = { policy: Rule_Policy.LATCHING, onReversal: Rule_OnReversal.RELOCK };
  for (const { key, ...rule } of rules) {
    const request = SetFlagRequest.fromPartial({ flag: { key, rules: [{ ...rule, ...latching }] } });
    await new Promise<void>((resolve, reject) => {
      client.setFlag(request, metadata, (error) => (error ? reject(error) : resolve()));
    });
  }
  client.close();
}

async function identifyMembers(): Promise<void> {
  const client = new FeatureServiceClient(servers[0]!.grpcAddress, credentials.createInsecure());
  const members = Array.from({ length: USERS }, (_, n) => `user-${n}`).filter(isMember);
  const identify = (userId: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = IdentifyRequest.fromPartial({ userId, organizationId: organizationOf(userId) });
      client.identify(request, bearer(), (error) => (error ? reject(error) : resolve()));
    });
  for (const some of chunk(members, SENDERS)) await Promise.all(some.map(identify));
  client.close();
}

function bearer(): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${TOKEN}`);
  return metadata;
}

/** Sends a call by turns over gRPC and REST, to either server, again until it is taken: as a careful producer does. */
async function sendUntilTaken(events: readonly Sent[], turn: number): Promise<void> {
  const server = servers[turn % servers.length]!;
  const send = turn % 4 < 2 ? sendByGrpc : sendByRest;
  await until(async () => {
    try {
      const { accepted, duplicates } = await send(server, events);
      expect(accepted + duplicates).toBe(events.length);
      return true;
    } catch (error) {
      if (error instanceof TypeError || /UNAVAILABLE|503/.test(String(error))) return false;
      throw error;
    }
  }, 60_000);
}

type Sent = SentEvent | SentReversal;
type Outcome = Pick<TrackResponse, 'accepted' | 'duplicates'>;

const clients = new Map<string, FeatureServiceClient>();

function sendByGrpc({ grpcAddress }: LatchkeyProcess, events: readonly Sent[]): Promise<Outcome> {
  const client = clients.get(grpcAddress) ?? new FeatureServiceClient(grpcAddress, credentials.createInsecure());
  clients.set(grpcAddress, client);
  const request = TrackRequest.fromPartial({ events: events.map((event) => ({ ...event, source: SOURCE })) });
  return new Promise((resolve, reject) => {
    client.track(request, bearer(), (error, response) => (error ? reject(error) : resolve(response)));
  });
}

async function sendByRest({ httpAddress }: LatchkeyProcess, events: readonly Sent[]): Promise<Outcome> {
  const response = await fetch(`http://${httpAddress}/api/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(
      events.map(({ userId, ...event }) => {
        const { organizationId, ...said } = { organizationId: '', ...event };
        return { ...said, source: SOURCE, user_id: userId, organization_id: organizationId };
      }),
    ),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Outcome;
}

/** Kills a worker every second, by turns, and starts another in its place. */
function disturb(): { stop(): Promise<number> } {
  let stopped = false;
  let kills = 0;
  const loop = async (): Promise<void> => {
    while (!stopped) {
      await sleep(1_000);
      if (stopped) return;
      const victim = kills % workers.length;
      await workers[victim]!.end('SIGKILL');
      kills++;
      workers[victim] = await startLatchkey(settings('worker'));
    }
  };
  const done = loop();
  return {
    async stop() {
      stopped = true;
      await done;
      return kills;
    },
  };
}

/** The longest that any event has been seen pending. */
function watchLanes(): { stop(): Promise<number> } {
  let stopped = false;
  let longestMs = 0;
  const loop = async (): Promise<void> => {
    const own = await createConnection({ uri: database.url });
    while (!stopped) {
      const [rows] = await own.query<RowDataPacket[]>(
        'SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) - MIN(received_at) AS age FROM events WHERE state = 0',
      );
      longestMs = Math.max(longestMs, Number(rows[0]!.age ?? 0));
      await sleep(100);
    }
    await own.end();
  };
  const done = loop();
  return {
    async stop() {
      stopped = true;
      await done;
      return longestMs;
    },
  };
}

async function pending(): Promise<number> {
  const [rows] = await sql.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM events WHERE state NOT IN (1, 3)');
  return Number(rows[0]!.n);
}

async function storedTotals() {
  const [rows] = await sql.query<RowDataPacket[]>('SELECT user_id, action, event_count, value_sum FROM action_totals');
  return new Map(
    rows.map((row) => [
      `${row.user_id} ${row.action}`,
      { count: Number(row.event_count), sum: Number(row.value_sum) / 1e6 },
    ]),
  );
}

/** One word pair per unlock that stands: one that was recorded twice, and not taken in between, stands there twice. */
async function storedUnlocks(): Promise<readonly string[]> {
  const [rows] = await sql.query<RowDataPacket[]>(
    'SELECT user_id, flag_key, SUM(CASE kind WHEN ? THEN 1 ELSE -1 END) AS standing FROM unlocks ' +
      'JOIN flags ON flags.id = unlocks.flag_id WHERE kind IN (?, ?) GROUP BY user_id, flag_key',
    ['unlocked', 'unlocked', 'relocked'],
  );
  return rows
    .flatMap((row) => Array.from({ length: Number(row.standing) }, () => `${row.user_id} ${row.flag_key}`))
    .sort();
}

async function until(met: () => Promise<boolean>, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await met())) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms`);
    await sleep(50);
  }
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
