/**
 * Events from the inbox to the ledger, on MariaDB and Redis, for 50,000 users: one server, one worker. Two figures: the
 * rate at which a backlog-free stream of large `Track` calls is taken in and counted, against the rate at which the same
 * database takes plain upserts of the same counters in statements of 1,000 rows; and, at 200 events a second, how long a
 * single event takes from the call until it is counted and its unlocks are known (`wait`).
 *
 *     npm run build && npm run bench:events
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { TrackRequest } from '../test/gen/latchkey/v1/event.js';
import { Rule_Policy, SetFlagRequest } from '../test/gen/latchkey/v1/flag.js';
import { createDatabase } from '../test/servers/test-servers.js';
import { median } from './figures.js';
import { connect } from './latchkey-client.js';
import { start } from './processes.js';

const USERS = 50_000;
const EVENTS = 100_000;
const PER_CALL = 500;
const CALLS_AT_ONCE = 8;
const LATENCY_EVENTS = 2_000;
const LATENCY_PER_SECOND = 200;
const TOKEN = 'a-token-for-this-run-alone';

const database = await createDatabase();
const directory = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
const environment = {
  DATABASE_URL: database.url,
  REDIS_URL: process.env.TEST_REDIS_URL!,
  DATA_DIR: directory,
  LATCHKEY_ADMIN_TOKEN: TOKEN,
  GRPC_ADDR: '127.0.0.1:0',
  OPS_ADDR: '127.0.0.1:0',
  LOG_LEVEL: 'warn',
};
await new Promise<void>((resolve, reject) => {
  start(0, ['node', 'dist/main.js', 'migrate'], /never/, environment).catch((error: Error) =>
    error.message.includes('ended with 0') ? resolve() : reject(error),
  );
});
const server = await start(0, ['node', 'dist/main.js', 'serve'], /^latchkey ready/, { ...environment, ROLES: 'grpc' });
const worker = await start(1, ['node', 'dist/main.js', 'serve'], /^latchkey ready/, {
  ...environment,
  ROLES: 'worker',
});
const { client, call } = connect(/grpc=(\S+)/.exec(server.line)![1]!, TOKEN);
const sql = await mysql.createConnection({ uri: database.url });

await call(
  client.setFlag,
  SetFlagRequest.fromPartial({
    flag: {
      key: 'analytics',
      rules: [
        {
          policy: Rule_Policy.LATCHING,
          conditions: {
            all: [
              { fact: 'actionCount', params: { action: 'report_created' }, operator: 'greaterThanInclusive', value: 2 },
            ],
          },
        },
      ],
    },
  }),
);

const event = (n: number) => ({
  id: `event-${n}`,
  source: 'bench',
  userId: `user-${(n * 7919) % USERS}`,
  action: 'report_created',
});

async function pending(): Promise<number> {
  const [rows] = await sql.query('SELECT COUNT(*) AS n FROM events WHERE state = 0');
  return Number((rows as { n: number }[])[0]!.n);
}

/** Plain upserts of the same counters: what the database itself can take on one connection. */
async function plainUpserts(): Promise<number> {
  await sql.query('CREATE TABLE plain (part SMALLINT, user_id VARCHAR(191), n BIGINT, PRIMARY KEY (part, user_id))');
  const startedAt = performance.now();
  for (let from = 0; from < EVENTS; from += 1_000) {
    const rows = Array.from({ length: 1_000 }, (_, i) => [(from + i) % 4096, event(from + i).userId, 1]);
    await sql.query('INSERT INTO plain VALUES ? ON DUPLICATE KEY UPDATE n = n + VALUES(n)', [
      rows.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    ]);
  }
  return EVENTS / ((performance.now() - startedAt) / 1000);
}

async function throughput(): Promise<{ readonly takenIn: number; readonly counted: number }> {
  const startedAt = performance.now();
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < EVENTS) {
      const from = next;
      next += PER_CALL;
      const events = Array.from({ length: PER_CALL }, (_, i) => event(from + i));
      await call(client.track, TrackRequest.fromPartial({ events }));
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, sender));
  const takenIn = EVENTS / ((performance.now() - startedAt) / 1000);
  while ((await pending()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  return { takenIn, counted: EVENTS / ((performance.now() - startedAt) / 1000) };
}

async function latencies(): Promise<readonly number[]> {
  const taken: number[] = [];
  const calls: Promise<void>[] = [];
  for (let i = 0; i < LATENCY_EVENTS; i++) {
    const startedAt = performance.now();
    const one = call(client.track, TrackRequest.fromPartial({ events: [event(EVENTS + i)], wait: true }));
    calls.push(one.then(() => void taken.push(performance.now() - startedAt)));
    await new Promise((resolve) => setTimeout(resolve, 1000 / LATENCY_PER_SECOND));
  }
  await Promise.all(calls);
  return taken;
}

const plain = await plainUpserts();
const { takenIn, counted } = await throughput();
const [rows] = await sql.query("SELECT COUNT(*) AS n FROM unlocks WHERE kind = 'unlocked'");
const taken = await latencies();
const p99 = taken.toSorted((a, b) => a - b)[Math.floor(taken.length * 0.99)]!;
console.log(
  `${EVENTS} events of ${USERS} users: taken in at ${takenIn.toFixed(0)}/s, counted at ${counted.toFixed(0)}/s ` +
    `(${Number((rows as { n: number }[])[0]!.n)} unlocks); plain upserts ${plain.toFixed(0)}/s, ratio ${(counted / plain).toFixed(3)}`,
);
console.log(
  `one event with wait, ${LATENCY_PER_SECOND}/s: median ${median(taken).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
);
client.close();
await sql.end();
await Promise.all([server.stop(), worker.stop()]);
await database.drop();
rmSync(directory, { recursive: true, force: true });
