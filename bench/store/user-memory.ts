/**
 * What the cache of users takes: bytes a user with ten counters, and with two windows of 30 days as well, as held and after a
 * decision about each; then a million users, and how long collections stop the process while one in a hundred is replaced.
 * The users are read from SQLite by the product's own store, so that they are made as they are in production.
 *
 *     npm run bench:user-memory
 *
 * `USERS=1000000` and `SOME=100000` are the sizes of the two parts, `CHURNS` how often one in a hundred is replaced.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { evaluate } from '../../src/core/deciding/evaluate.js';
import { compileSnapshot } from '../../src/core/snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../../src/core/snapshot/snapshot.js';
import { type CachedStates, cachedStates } from '../../src/store/cached/cached-states.js';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { mixedFlag } from '../stand/asked.js';
import { type Filling, fill } from '../stand/fill.js';
import { flagKey } from '../stand/many-flags.js';
import { actionName, userName } from '../stand/many-users.js';
import { type Place, withPlace } from '../stand/places.js';
import { Report } from '../stand/report.js';

const USERS = Number(process.env.USERS ?? 1_000_000);
const SOME = Number(process.env.SOME ?? 100_000);
const CHURNS = Number(process.env.CHURNS ?? 20);
const FLAGS = 100;
const PER_LOAD = 5_000;
const WINDOWS = { actions: 2, days: 30 };
const LONG_PAUSE_MS = 50;
const MIB = 2 ** 20;
/** 1.2 GB for a million users. */
const MIB_PER_MILLION = 1.2e9 / MIB;

const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error('run it by npm run bench:user-memory, which passes --expose-gc');

function heapUsed(): number {
  collect!();
  collect!();
  return process.memoryUsage().heapUsed;
}

interface Holding {
  readonly states: CachedStates;
  readonly snapshot: Snapshot;
}

/** Runs what is given with the product's cache over a store of these users. */
async function withUsers(filling: Filling, measure: (holding: Holding) => Promise<void>): Promise<void> {
  await withPlace('sqlite', fill(filling), async ({ environment }: Place) => {
    const store = await openSqliteStore({ path: environment.DATABASE_URL!.replace('sqlite:', '') });
    const snapshot = compileSnapshot(await store.configuration.load());
    const windowed = new Set(Array.from({ length: filling.windows?.actions ?? 0 }, (_, n) => actionName(n)));
    const states = cachedStates(store.states, {
      // Half of the bounds is what is always kept.
      ...{ maxUsers: 2 * filling.users + 2, maxBytes: 64 * 2 ** 30, youngMs: 3_600_000, answerWithinMs: 60_000 },
      windowedActions: () => windowed,
    });
    await measure({ states, snapshot });
    states.close();
    await store.close();
  });
}

async function load({ states }: Holding, from: number, to: number, fresh = false): Promise<void> {
  for (let first = from; first < to; first += PER_LOAD) {
    const ids = Array.from({ length: Math.min(PER_LOAD, to - first) }, (_, i) => userName(first + i));
    await states.users.load(ids, { fresh });
  }
}

function decideForEach({ states, snapshot }: Holding, users: number): void {
  const now = Date.now();
  for (let n = 0; n < users; n++) {
    const held = states.users.peek(userName(n));
    if (held === undefined) throw new Error(`${userName(n)} is not held`);
    evaluate(snapshot, flagKey(1 + 2 * (n % (FLAGS / 2))), held.state, undefined, undefined, now);
  }
}

const report = new Report('user-memory', { users: USERS, some: SOME, churns: CHURNS });

async function bytesOfUsers(what: string, windows: Filling['windows'], mark: number | undefined): Promise<void> {
  const filling = { users: SOME, flags: FLAGS, flag: mixedFlag, ...(windows === undefined ? {} : { windows }) };
  await withUsers(filling, async (holding) => {
    const before = heapUsed();
    await load(holding, 0, SOME);
    const held = (heapUsed() - before) / SOME;
    decideForEach(holding, SOME);
    const decided = (heapUsed() - before) / SOME;
    const marked = mark === undefined ? {} : { mark: { atMost: mark } };
    report.row({ what: `a user with ${what}, held`, unit: 'B', values: [held], ...marked });
    report.row({ what: `a user with ${what}, held and decided for`, unit: 'B', values: [decided], ...marked });
  });
}

/** Milliseconds of each collection while one in a hundred after the other is read again, put in the place of the former state, and decided for. */
async function churn(holding: Holding): Promise<readonly number[]> {
  const pauses: number[] = [];
  const note = (entries: readonly { readonly duration: number }[]): void => {
    for (const { duration } of entries) pauses.push(duration);
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const part = Math.ceil(USERS / 100);
  for (let n = 0; n < CHURNS; n++) {
    const from = (n * part) % USERS;
    await load(holding, from, Math.min(USERS, from + part), true);
    decideForEach(holding, part);
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  note(observer.takeRecords());
  observer.disconnect();
  return pauses;
}

await bytesOfUsers('ten counters', undefined, 700);
await bytesOfUsers('ten counters and two windows of 30 days', WINDOWS, undefined);
await withUsers({ users: USERS, flags: FLAGS, flag: mixedFlag }, async (holding) => {
  const before = heapUsed();
  await load(holding, 0, USERS);
  decideForEach(holding, USERS);
  const heap = (heapUsed() - before) / MIB;
  report.row({
    what: `${USERS} users, held and decided for`,
    unit: 'MiB',
    values: [heap],
    mark: { atMost: Math.round(MIB_PER_MILLION * (USERS / 1e6)) },
  });
  const pauses = await churn(holding);
  const long = pauses.filter((ms) => ms > LONG_PAUSE_MS).length;
  const longest = Math.max(0, ...pauses);
  report.row({
    what: `collections over ${LONG_PAUSE_MS} ms`,
    unit: `of ${pauses.length}`,
    values: [long],
    mark: { atMost: 0 },
  });
  report.row({ what: 'the longest collection', unit: 'ms', values: [longest], digits: 1 });
  const resident = process.memoryUsage().rss / MIB;
  report.row({ what: 'resident, the store and what the bench holds included', unit: 'MiB', values: [resident] });
});
report.end();
process.exit(0);
