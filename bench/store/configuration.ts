/**
 * What a change of the configuration costs by how many flags there are: one `SetFlag` of a description, on SQLite and on
 * MariaDB with Redis; how long after its answer a second server answers with the changed flag; events from the inbox to the
 * ledger where 20 flags read them, beside 980 others and alone; and a thousand flags made one by one on SQLite.
 *
 *     npm run build && npm run bench:configuration
 *
 * `FLAGS=100,1000` has fewer, `CALLS=20` calls less often, `FLAGS=0`, `EVENTS=0` and `CREATED=0` leave these parts out,
 * `ENGINES=sqlite` leaves out MariaDB.
 */
import { join } from 'node:path';
import { type ServiceError, status } from '@grpc/grpc-js';
import { EvaluateRequest, type EvaluateResponse } from '../../test/gen/latchkey/v1/evaluation.js';
import { Rule_Policy, SetFlagRequest, type SetFlagResponse } from '../../test/gen/latchkey/v1/flag.js';
import { median, quantile } from '../stand/figures.js';
import { connect } from '../stand/latchkey-client.js';
import { countManyEvents } from '../stand/many-events.js';
import { EVENT_FLAGS, flagKey, loadManyFlags, ruleOf } from '../stand/many-flags.js';
import { actionName, loadManyUsers, userName } from '../stand/many-users.js';
import { ENGINES, type Place, withPlace } from '../stand/places.js';
import { serve, TOKEN } from '../stand/processes.js';

const FLAGS = (process.env.FLAGS ?? '100,1000,10000')
  .split(',')
  .map(Number)
  .filter((flags) => flags > 0);
const CALLS = Number(process.env.CALLS ?? 100);
const WARM_UP_CALLS = 10;
/** Where calls take long, fewer are made. */
const CALLS_LIMIT_MS = 30_000;
const EVENTS = Number(process.env.EVENTS ?? 25_000);
const EVENTS_BESIDE = 1_000;
const CREATED = Number(process.env.CREATED ?? 1_000);
const CREATED_PART = 100;

type Client = ReturnType<typeof connect>;

async function answers({ client, call }: Client): Promise<boolean> {
  try {
    await call(client.evaluate, EvaluateRequest.fromPartial({ flagKey: flagKey(0) }));
    return true;
  } catch (error) {
    if ((error as ServiceError).code === status.UNAVAILABLE) return false;
    throw error;
  }
}

/** Starts a server with files of its own, which only tells of errors: one that is busy, or stopped while it saves, warns. */
async function node({ directory, environment }: Place, cpu: number, roles: string) {
  const files = join(directory, `node-${cpu}`);
  const server = await serve(cpu, roles, { DATA_DIR: files, LOG_LEVEL: 'error', ...environment });
  const connected = connect(server.grpcAddress, TOKEN);
  // A server that does not know the token yet refuses where looking it up takes long: beside others, on a busy machine.
  while (!(await answers(connected))) await new Promise((resolve) => setTimeout(resolve, 100));
  const end = (): Promise<void> => {
    connected.client.close();
    return server.stop();
  };
  return { ...connected, processorMs: server.processorMs, end };
}

const row = (...cells: readonly (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);
const figures = (taken: readonly number[]): string =>
  `median ${median(taken).toFixed(1)} ms, p99 ${quantile(taken, 0.99).toFixed(1)} ms, ${taken.length} calls`;

/** What each of so many calls after a warm-up gives. */
async function called(one: () => Promise<number>): Promise<readonly number[]> {
  for (let n = 0; n < WARM_UP_CALLS; n++) await one();
  const given: number[] = [];
  const until = performance.now() + CALLS_LIMIT_MS;
  while (given.length < CALLS && performance.now() < until) given.push(await one());
  return given;
}

let changes = 0;
/** Gives some flag a description that it did not have. */
function change({ client, call }: Client, flags: number): Promise<SetFlagResponse> {
  const key = flagKey((++changes * 7919) % flags);
  return call(client.setFlag, SetFlagRequest.fromPartial({ flag: { key, description: `change ${changes}` } }));
}

async function changeMs(writer: Client, flags: number): Promise<number> {
  const startedAt = performance.now();
  await change(writer, flags);
  return performance.now() - startedAt;
}

/** From a change's answer until the other server answers with it. */
async function seenAfterMs(writer: Client, { client, call }: Client, flags: number): Promise<number> {
  const { flag } = await change(writer, flags);
  const answeredAt = performance.now();
  const request = EvaluateRequest.fromPartial({ flagKey: flag!.key });
  for (;;) {
    const { flagVersion } = await call<EvaluateRequest, EvaluateResponse>(client.evaluate, request);
    if (flagVersion >= flag!.version) return performance.now() - answeredAt;
  }
}

async function measureChanges(place: Place, flags: number): Promise<void> {
  const first = await node(place, 0, place.shared ? 'grpc' : 'grpc,worker');
  const [hadMs, before] = [first.processorMs(), changes];
  const taken = await called(() => changeMs(first, flags));
  const eachMs = (first.processorMs() - hadMs) / (changes - before);
  row(`SetFlag, ${place.name}`, flags, `${figures(taken)}, ${eachMs.toFixed(1)} ms of the server's processor each`);
  if (place.shared) {
    const second = await node(place, 1, 'grpc');
    const seen = await called(() => seenAfterMs(first, second, flags));
    row('answered → seen on a second server', flags, figures(seen));
    await second.end();
  }
  await first.end();
}

async function measureEvents(place: Place, flags: number): Promise<void> {
  const server = await node(place, 0, 'grpc');
  const worker = await serve(1, 'worker', { DATA_DIR: join(place.directory, 'worker'), ...place.environment });
  const hadMs = worker.processorMs();
  const { takenIn, counted, unlocks } = await countManyEvents(place, server, {
    events: EVENTS,
    // Each of another user, so that how far counting lags behind does not decide how many users are looked at.
    event: (n) => ({ id: `event-${n}`, source: 'bench', userId: userName(n), action: actionName(n % EVENT_FLAGS) }),
  });
  const eachMs = (worker.processorMs() - hadMs) / EVENTS;
  if (unlocks !== Math.ceil(EVENTS / 2))
    throw new Error(`${unlocks} unlocks by ${EVENTS} events, of which half bring one`);
  row(
    `events, ${EVENT_FLAGS} flags read them`,
    flags,
    `${counted.toFixed(0)}/s counted (taken in at ${takenIn.toFixed(0)}/s), ${eachMs.toFixed(2)} ms of the worker's processor each`,
  );
  await Promise.all([server.end(), worker.stop()]);
}

async function measureCreation(place: Place): Promise<void> {
  const { client, call, end } = await node(place, 0, 'grpc,worker');
  const taken: number[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < CREATED; n++) {
    const { policy, conditions } = ruleOf(n);
    const flag = { key: flagKey(n), rules: [{ policy: Rule_Policy[policy], conditions }], tags: ['bench'] };
    const sentAt = performance.now();
    await call(client.setFlag, SetFlagRequest.fromPartial({ flag }));
    taken.push(performance.now() - sentAt);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const [early, late] = [taken.slice(0, CREATED_PART), taken.slice(-CREATED_PART)].map((some) => median(some));
  row(
    `flags made one by one, ${place.name}`,
    CREATED,
    `${seconds.toFixed(1)} s; the first ${CREATED_PART} ${early!.toFixed(1)} ms each, the last ${late!.toFixed(1)} ms`,
  );
  await end();
}

row('what', 'flags', 'figures');
row('---', '---', '---');
for (const engine of ENGINES.toReversed()) {
  for (const flags of FLAGS) {
    await withPlace(
      engine,
      (store) => loadManyFlags(store, flags),
      (place) => measureChanges(place, flags),
    );
  }
}
if (EVENTS > 0 && ENGINES.includes('mariadb')) {
  for (const flags of [EVENT_FLAGS, EVENTS_BESIDE]) {
    await withPlace(
      'mariadb',
      async (store) => {
        await loadManyFlags(store, flags);
        await loadManyUsers(store, { users: EVENTS, counters: 0, countOf: () => 0 });
      },
      (place) => measureEvents(place, flags),
    );
  }
}
if (CREATED > 0 && ENGINES.includes('sqlite')) {
  await withPlace('sqlite', () => Promise.resolve(), measureCreation);
}
process.exit(0);
