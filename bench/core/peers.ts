/**
 * One flag of three conditions and a rollout of 50 % decided in process, by Latchkey's core and by other engines, with counting
 * on: 10 and 1,000 flags for the same 1,000 users, and 1,000 flags for 100,000 users in no order. What a decision takes of
 * processors, garbage collection included, and how much it allocates.
 *
 *     bench/peers/install && npm run bench:peers
 *
 * `ROUNDS`, `ROUND_MS` and `RANDOM_USERS` change its size; `ENGINE_NAMES=latchkey` leaves out the others.
 */
import { GCProfiler } from 'node:v8';
import { seeded } from '../load/zipf.js';
import { flagKey } from '../stand/many-flags.js';
import { Report } from '../stand/report.js';
import { type Figures, type Measured, roundsOr, sideBySide } from '../stand/rounds.js';
import {
  type Engine,
  type EngineUser,
  flagd,
  growthbook,
  latchkey,
  makeUsers,
  meetsConditions,
  unleash,
} from './engines.js';

const ROUND_MS = Number(process.env.ROUND_MS ?? 300);
const RANDOM_USERS = Number(process.env.RANDOM_USERS ?? 100_000);
const NAMES = process.env.ENGINE_NAMES?.split(',');
/** How many asks are drawn before; they are gone through again and again. */
const DRAWN = 1 << 20;
const PER_LOOK = 1 << 12;

/** What was decided last is kept, so that no decision can be left out. */
const kept: unknown[] = new Array<unknown>(1024);

interface Asks {
  readonly flags: readonly string[];
  readonly users: Int32Array;
}

function drawAsks(flags: number, users: number): Asks {
  const random = seeded(3);
  const keys = Array.from({ length: flags }, (_, n) => flagKey(n));
  return {
    flags: Array.from({ length: DRAWN }, () => keys[Math.floor(random() * flags)]!),
    users: Int32Array.from({ length: DRAWN }, () => Math.floor(random() * users)),
  };
}

/** Decides until the round is over, and tells what each decision took and allocated. */
function run(engine: Engine, { flags, users }: Asks): Figures {
  const profiler = new GCProfiler();
  profiler.start();
  const heapBefore = process.memoryUsage().heapUsed;
  const [startedAt, used] = [performance.now(), process.cpuUsage()];
  let decisions = 0;
  while (performance.now() - startedAt < ROUND_MS) {
    for (let i = 0; i < PER_LOOK; i++) {
      const at = (decisions + i) & (DRAWN - 1);
      kept[i & 1023] = engine.decide(flags[at]!, users[at]!);
    }
    decisions += PER_LOOK;
  }
  const { user, system } = process.cpuUsage(used);
  const grown = process.memoryUsage().heapUsed - heapBefore;
  const { statistics } = profiler.stop()!;
  const collected = statistics
    .map(({ beforeGC, afterGC }) => beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize)
    .reduce((sum, bytes) => sum + bytes, 0);
  return { ns: ((user + system) * 1000) / decisions, bytes: (grown + collected) / decisions };
}

/** All engines agree on who does not meet the conditions, and let half of the others in. */
function check(engine: Engine, users: readonly EngineUser[]): void {
  let [met, on] = [0, 0];
  for (const [n, user] of users.entries()) {
    const isOn = engine.isOn(engine.decide(flagKey(0), n));
    if (meetsConditions(user)) met++;
    else if (isOn) throw new Error(`${engine.name} lets in ${user.id}, who does not meet the conditions`);
    if (isOn) on++;
  }
  if (on < 0.4 * met || on > 0.6 * met) throw new Error(`${engine.name} lets in ${on} of ${met}`);
}

/** A decision is its caller's own, or cannot be changed by anybody. */
function checkSharing(engine: Engine): void {
  const [one, other] = [engine.decide(flagKey(0), 1), engine.decide(flagKey(0), 1)];
  if (typeof one === 'object' && one === other && !Object.isFrozen(one)) {
    throw new Error(`${engine.name} gives the same decision twice, and anybody may change it`);
  }
}

async function measure(flags: number, users: readonly EngineUser[], rounds: number): Promise<Measured> {
  const engines = [latchkey(flags, users), flagd(flags, users), await unleash(flags, users), growthbook(flags, users)];
  const asks = drawAsks(flags, users.length);
  const chosen = engines.filter(({ name }) => NAMES?.includes(name) ?? true);
  for (const engine of chosen) check(engine, users.slice(0, 1_000));
  checkSharing(engines[0]!);
  return sideBySide(
    chosen.map((engine) => ({ name: engine.name, run: () => run(engine, asks) })),
    rounds,
    2,
  );
}

const PEERS = ['flagd-core', 'unleash-client', 'GrowthBook'].filter((name) => NAMES?.includes(name) ?? true);
const ROUNDS = roundsOr(7);
const report = new Report('core-peers', { rounds: ROUNDS, roundMs: ROUND_MS, randomUsers: RANDOM_USERS });
for (const [flags, users] of [[10, 1_000] as const, [1_000, 1_000] as const, [1_000, RANDOM_USERS] as const]) {
  const where = `${flags} flags, ${users} users`;
  const measured = await measure(flags, makeUsers(users), ROUNDS);
  const hot = users === 1_000;
  for (const name of ['latchkey', ...PEERS]) {
    const bound = name === 'latchkey' && !hot ? { mark: { atMost: 1_200 } } : {};
    report.row({ what: `${name}, ${where}`, unit: 'ns', values: measured.of(name, 'ns'), ...bound });
    const least = name === 'latchkey' && hot ? { mark: { atMost: 160 } } : {};
    report.row({ what: `${name}, ${where}, allocated`, unit: 'B', values: measured.of(name, 'bytes'), ...least });
  }
  if (PEERS.length === 0) continue;
  const fastest = measured.of('latchkey', 'ns').map((ns, round) => {
    return Math.min(...PEERS.map((name) => measured.of(name, 'ns')[round]!)) / ns;
  });
  const mark = hot ? { mark: { atLeast: 4 } } : {};
  report.row({ what: `the fastest peer : latchkey, ${where}`, unit: '', values: fastest, digits: 1, ...mark });
}
report.end();
process.exit(0);
