/**
 * Whether the cost of an evaluation grows with what is stored: the same 10,000 users, all cached, asked about the same ten
 * flags by the same load, of a server on a small database and of one on a large one, in interleaved rounds. Then what costs more
 * the more there is, of the large one alone: users who are not cached, all flags of a user, a preview over everybody.
 *
 *     npm run build && npm run bench:scale
 *
 * `SMALL_USERS`, `USERS`, `SMALL_FLAGS`, `FLAGS`, `ROWS` (access rows), `ASKED`, `COLD`, `CALLS` and `ROUNDS` change its size.
 * Filling the large database takes some minutes; what it took is told, as is how long its server takes to start, and its memory.
 */
import { EVALUATE_PATH, encoded, evaluateRequest, reportSides } from '../calls/grpc-stand.js';
import { loadFigures, warmUp } from '../calls/load-figures.js';
import { loadUnary } from '../load/grpc-load.js';
import { seeded, zipf } from '../load/zipf.js';
import { mixedFlag } from '../stand/asked.js';
import { fill } from '../stand/fill.js';
import { type Place, withPlace } from '../stand/places.js';
import { pinThisProcess, residentMib, serve, TOKEN } from '../stand/processes.js';
import { Report } from '../stand/report.js';
import { roundsOr, type Side, sideBySide } from '../stand/rounds.js';
import { measureWhole } from './scale-whole.js';

/** Some rows, so that its flags have some as those of the large one do: what a user may be denied is looked up on both. */
const SMALL = {
  users: Number(process.env.SMALL_USERS ?? 10_000),
  flags: Number(process.env.SMALL_FLAGS ?? 10),
  rows: 10,
};
const LARGE = {
  users: Number(process.env.USERS ?? 1_000_000),
  flags: Number(process.env.FLAGS ?? 10_000),
  rows: Number(process.env.ROWS ?? 100_000),
};
const ASKED = Number(process.env.ASKED ?? 10_000);
const COLD = Number(process.env.COLD ?? 50_000);
const CALLS = Number(process.env.CALLS ?? 100_000);
const ROUNDS = roundsOr(9);
const IN_FLIGHT = 64;

const seconds = (sinceMs: number): number => (performance.now() - sinceMs) / 1000;

/** Starts a server; gives it with what its start took, and a way to ask for everybody once. */
async function startOn(place: Place, files: string) {
  const startedAt = performance.now();
  const server = await serve(0, 'grpc,rest', { DATA_DIR: `${place.directory}/${files}`, ...place.environment });
  const startSeconds = seconds(startedAt);
  const everybody = Array.from({ length: ASKED }, (_, n) => encoded(evaluateRequest(n, n % SMALL.flags)));
  const all = { address: server.grpcAddress, path: EVALUATE_PATH, tokens: [TOKEN], requests: everybody };
  const warm = () => warmUp(() => loadUnary({ ...all, inFlight: IN_FLIGHT, calls: ASKED }));
  return { ...server, startSeconds, warm };
}

async function compare(small: Place, large: Place, report: Report): Promise<void> {
  const servers = { small: await startOn(small, 'small'), large: await startOn(large, 'large') };
  pinThisProcess(1);
  const random = seeded(5);
  const user = zipf(ASKED, random);
  const drawn = Array.from({ length: 1 << 16 }, () =>
    encoded(evaluateRequest(user(), Math.floor(random() * SMALL.flags))),
  );
  const asked = { path: EVALUATE_PATH, tokens: [TOKEN], requests: drawn, inFlight: IN_FLIGHT, calls: CALLS };
  const side = (name: 'small' | 'large'): Side => ({
    name,
    async run() {
      // So that no state is so old that it is read again while a round is measured.
      await servers[name].warm();
      return loadFigures(servers[name], () => loadUnary({ address: servers[name].grpcAddress, ...asked }));
    },
  });
  const sides = [side('small'), side('large')];
  const measured = await sideBySide(sides, ROUNDS, 2);
  reportSides(report, measured, sides, 'call');
  for (const name of ['small', 'large'] as const) {
    report.row({ what: `${name}: start`, unit: 's', values: [servers[name].startSeconds], digits: 2 });
    report.row({ what: `${name}: resident`, unit: 'MiB', values: [residentMib(servers[name].process.pid!)] });
  }
  const cost = measured.ratio('serverUs', 'large', 'small');
  report.row({ what: 'large : small, processor a call', unit: '', values: cost, digits: 2, mark: { atMost: 1.25 } });
  const p99 = measured.ratio('p99Ms', 'large', 'small');
  report.row({ what: 'large : small, p99', unit: '', values: p99, digits: 2, mark: { atMost: 1.5 } });
  await servers.small.stop();
  await measureWhole(servers.large, large, report, { ...LARGE, firstCold: ASKED, cold: COLD });
  await servers.large.stop();
}

const startedAt = performance.now();
await withPlace('mariadb', fill({ ...LARGE, flag: mixedFlag }), async (large) => {
  const filled = seconds(startedAt);
  const settings = {
    smallUsers: SMALL.users,
    smallFlags: SMALL.flags,
    ...LARGE,
    asked: ASKED,
    cold: COLD,
    calls: CALLS,
    rounds: ROUNDS,
  };
  const report = new Report('scale', settings);
  report.row({ what: `filling with ${LARGE.users} users`, unit: 's', values: [filled] });
  await withPlace('mariadb', fill({ ...SMALL, flag: mixedFlag }), (small) => compare(small, large, report));
  report.end();
});
process.exit(0);
