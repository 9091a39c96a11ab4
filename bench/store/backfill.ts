/**
 * Backfills of 100,000 stored users with ten counters each, on MariaDB with Redis, a server and a worker, and on SQLite in
 * one process: users a second where 5 % unlock, and where all do, against the rate at which the same database gives the
 * same rows to plain SQL that does nothing with them; the worker's memory; and what a waited-for event takes at 20 a
 * second, with no backfill under way and beside one.
 *
 *     npm run build && npm run bench:backfill
 *
 * `USERS=1000000` stores more, `ROUNDS=1` goes round less often, `ENGINES=sqlite` leaves one out.
 */
import { readFileSync } from 'node:fs';
import { credentials, Metadata } from '@grpc/grpc-js';
import { AdminServiceClient } from '../../test/gen/latchkey/v1/admin_service.js';
import {
  type Backfill,
  WatchBackfillRequest,
  type WatchBackfillResponse,
} from '../../test/gen/latchkey/v1/backfill.js';
import { TrackRequest } from '../../test/gen/latchkey/v1/event.js';
import { Rule_Policy, SetFlagRequest, type SetFlagResponse } from '../../test/gen/latchkey/v1/flag.js';
import { median, quantile, told } from '../stand/figures.js';
import { connect } from '../stand/latchkey-client.js';
import { actionName, userName } from '../stand/many-users.js';
import { forEachPlace, type Place, plainReads, USERS } from '../stand/places.js';
import { start } from '../stand/processes.js';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const COUNTERS = 10;
const PER_PAGE = 500;
const EVENTS = 200;
const PER_SECOND = 20;
const TOKEN = 'a-token-for-this-run-alone';

/** 1…100, each as often as any other. */
const countOf = (user: number, action: number): number => ((user * 7 + action * 13) % 100) + 1;

async function measure(place: Place): Promise<void> {
  const serve = (cpu: number, ROLES: string) =>
    start(cpu, ['node', 'dist/main.js', 'serve'], /^latchkey ready/, {
      ...{ DATA_DIR: place.directory, LATCHKEY_ADMIN_TOKEN: TOKEN, LOG_LEVEL: 'warn', ROLES },
      ...{ GRPC_ADDR: '127.0.0.1:0', HTTP_ADDR: '127.0.0.1:0', OPS_ADDR: '127.0.0.1:0', ...place.environment },
    });
  const servers = place.shared ? [await serve(0, 'grpc'), await serve(1, 'worker')] : [await serve(0, 'grpc,worker')];
  const address = /grpc=(\S+)/.exec(servers[0]!.line)![1]!;
  const { client, call } = connect(address, TOKEN);
  const admin = new AdminServiceClient(address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${TOKEN}`);
  const worker = servers.at(-1)!;
  const memory = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${worker.process.pid}/status`, 'utf8'))![1]) / 1024;

  const ended = (id: string): Promise<Backfill> =>
    new Promise((resolve, reject) => {
      const stream = admin.watchBackfill(WatchBackfillRequest.fromPartial({ id }), metadata);
      let last: Backfill | undefined;
      stream.on('data', ({ backfill }: WatchBackfillResponse) => {
        last = backfill;
      });
      stream.on('error', reject);
      stream.on('end', () => resolve(last!));
    });
  let flags = 0;
  /** A new flag for those who did the action often enough; users a second from the first page to the last. */
  const backfill = async (least: number): Promise<Backfill & { readonly rate: number }> => {
    const condition = {
      ...{ fact: 'actionCount', params: { action: actionName(0) }, operator: 'greaterThanInclusive', value: least },
    };
    const rules = [{ policy: Rule_Policy.LATCHING, conditions: { all: [condition] } }];
    const request = SetFlagRequest.fromPartial({ flag: { key: `flag-${flags++}`, rules } });
    const { backfillId } = await call<SetFlagRequest, SetFlagResponse>(client.setFlag, request);
    const done = await ended(backfillId);
    if (done.done !== USERS) throw new Error(`${done.done} of ${USERS} users were looked at`);
    return { ...done, rate: done.done / ((done.finishedAt!.getTime() - done.startedAt!.getTime()) / 1000) };
  };

  await backfill(96);
  const warm = memory();
  let most = warm;
  const sampling = setInterval(() => {
    most = Math.max(most, memory());
  }, 20);
  for (const [name, least, rounds] of [
    ['5 % change', 96, ROUNDS],
    ['all change', 1, 1],
  ] as const) {
    const [ours, plain]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const { rate, unlocked } = await backfill(least);
      ours.push(rate);
      plain.push(await plainReads(place, 1, PER_PAGE));
      if (round === 0) console.log(`${place.name}, ${name}: ${unlocked} unlocks of ${USERS} users`);
    }
    const ratios = ours.map((rate, i) => rate / plain[i]!);
    console.log(`${place.name}, ${name}: ${told(ours)} users/s; plain SQL ${told(plain)}/s, ratio ${told(ratios, 2)}`);
  }
  clearInterval(sampling);
  console.log(`${place.name}, memory: ${warm.toFixed(0)} MiB warm, ${most.toFixed(0)} MiB at most thereafter`);

  let sent = 0;
  const events = async (): Promise<readonly number[]> => {
    const taken: number[] = [];
    const calls: Promise<void>[] = [];
    const began = performance.now();
    for (let i = 0; i < EVENTS; i++) {
      const wait = began + (i * 1000) / PER_SECOND - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const startedAt = performance.now();
      const event = { id: `event-${sent++}`, source: 'bench', userId: userName(i), action: actionName(1) };
      const request = TrackRequest.fromPartial({ events: [event], wait: true });
      calls.push(call(client.track, request).then(() => void taken.push(performance.now() - startedAt)));
    }
    await Promise.all(calls);
    return taken;
  };
  await events();
  const alone = await events();
  const over = new AbortController();
  const backfills = (async () => {
    while (!over.signal.aborted) await backfill(96);
  })();
  const beside = await events();
  over.abort();
  await backfills;
  const both = [alone, beside].map(
    (taken) => `median ${median(taken).toFixed(1)} ms, p99 ${quantile(taken, 0.99).toFixed(1)} ms`,
  );
  console.log(
    `${place.name}, an event with \`wait\` at ${PER_SECOND}/s: ${both[0]} alone, ${both[1]} beside backfills`,
  );
  client.close();
  admin.close();
  await Promise.all(servers.map((server) => server.stop()));
}

await forEachPlace({ counters: COUNTERS, countOf }, measure);
process.exit(0);
