/**
 * From an event that was acknowledged to the frame on its user's stream, through MariaDB and Redis: one server, one worker,
 * 5,000 open streams of as many users, 200 events a second, each of which unlocks a flag.
 *
 *     npm run build && npm run bench:push
 *
 * `STREAMS=1000` opens fewer; with `WAIT=1` an event is acknowledged once it is counted, so that only the push is measured.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrackRequest } from '../../test/gen/latchkey/v1/event.js';
import { Rule_Policy, SetFlagRequest } from '../../test/gen/latchkey/v1/flag.js';
import { createDatabase } from '../../test/servers/test-servers.js';
import { median } from '../stand/figures.js';
import { connect } from '../stand/latchkey-client.js';
import { start } from '../stand/processes.js';

const STREAMS = Number(process.env.STREAMS ?? 5_000);
const EVENTS = Math.min(4_000, STREAMS);
const PER_SECOND = 200;
const TOKEN = 'a-token-for-this-run-alone';

const database = await createDatabase();
const directory = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
const environment = {
  DATABASE_URL: database.url,
  REDIS_URL: process.env.TEST_REDIS_URL!,
  DATA_DIR: directory,
  LATCHKEY_ADMIN_TOKEN: TOKEN,
  GRPC_ADDR: '127.0.0.1:0',
  HTTP_ADDR: '127.0.0.1:0',
  OPS_ADDR: '127.0.0.1:0',
  LOG_LEVEL: 'warn',
};
await new Promise<void>((resolve, reject) => {
  start(0, ['node', 'dist/main.js', 'migrate'], /never/, environment).catch((error: Error) =>
    error.message.includes('ended with 0') ? resolve() : reject(error),
  );
});
const ready = /^latchkey ready/;
const server = await start(0, ['node', 'dist/main.js', 'serve'], ready, { ...environment, ROLES: 'grpc,rest' });
const worker = await start(1, ['node', 'dist/main.js', 'serve'], ready, { ...environment, ROLES: 'worker' });
const { client, call } = connect(/grpc=(\S+)/.exec(server.line)![1]!, TOKEN);
const [host, port] = /http=(\S+)/.exec(server.line)![1]!.split(':');

const conditions = {
  all: [{ fact: 'actionCount', params: { action: 'done' }, operator: 'greaterThanInclusive', value: 1 }],
};
await call(
  client.setFlag,
  SetFlagRequest.fromPartial({ flag: { key: 'done', rules: [{ policy: Rule_Policy.LATCHING, conditions }] } }),
);

const arrivedAt = new Map<string, number>();
let open = 0;
/** Resolves once the stream says that it is open. */
function watch(userId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asking = request({
      ...{ host, port, agent: false, path: `/api/stream?user_id=${userId}` },
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    asking.once('error', reject).end();
    asking.once('response', (response) => {
      response.setEncoding('utf8');
      response.once('data', () => {
        open++;
        resolve();
      });
      response.on('data', (chunk: string) => {
        if (chunk.includes('event: user')) arrivedAt.set(userId, performance.now());
      });
    });
  });
}

const openedAt = performance.now();
for (let from = 0; from < STREAMS; from += 100) {
  await Promise.all(Array.from({ length: 100 }, (_, i) => watch(`user-${from + i}`)));
}
console.log(`${open} streams opened in ${((performance.now() - openedAt) / 1000).toFixed(1)} s`);

const acknowledgedAt = new Map<string, number>();
const sentAt = new Map<string, number>();
const began = performance.now();
const calls: Promise<void>[] = [];
for (let i = 0; i < EVENTS; i++) {
  const userId = `user-${i}`;
  const wait = began + (i * 1000) / PER_SECOND - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  sentAt.set(userId, performance.now());
  const event = { id: `event-${i}`, source: 'bench', userId, action: 'done' };
  const one = call(client.track, TrackRequest.fromPartial({ events: [event], wait: process.env.WAIT === '1' }));
  calls.push(one.then(() => void acknowledgedAt.set(userId, performance.now())));
}
await Promise.all(calls);
const deadline = performance.now() + 10_000;
while (arrivedAt.size < EVENTS && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));

const since = (from: ReadonlyMap<string, number>) =>
  [...arrivedAt].map(([userId, at]) => at - from.get(userId)!).toSorted((a, b) => a - b);
const told = (name: string, taken: readonly number[]) => {
  const p99 = taken[Math.floor(taken.length * 0.99)]!;
  console.log(
    `${name}: median ${median(taken).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, last ${taken.at(-1)!.toFixed(1)} ms`,
  );
};
console.log(`${arrivedAt.size} of ${EVENTS} frames at ${PER_SECOND} events/s beside ${STREAMS} open streams`);
told('acknowledged → frame', since(acknowledgedAt));
told('sent → frame', since(sentAt));
client.close();
await Promise.all([server.stop(), worker.stop()]);
await database.drop();
rmSync(directory, { recursive: true, force: true });
process.exit(0);
