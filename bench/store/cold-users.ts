/**
 * `Evaluate` of users who are in no cache, 64 in flight, on MariaDB, against a process that reads the same rows by plain
 * prepared statements of fifty users each and makes nothing of them. Each has the first processor; MariaDB and the load share
 * what is left of both.
 *
 *     npm run build && npm run bench:cold-users
 *
 * `USERS` a round and `ROUNDS` change its size.
 */
import { createInterface } from 'node:readline';
import { BatchEvaluateRequest } from '../../test/gen/latchkey/v1/evaluation.js';
import { EVALUATE_PATH, encoded, evaluateRequest } from '../calls/grpc-stand.js';
import { loadFigures } from '../calls/load-figures.js';
import { loadUnary } from '../load/grpc-load.js';
import { mixedFlag } from '../stand/asked.js';
import { databasePid } from '../stand/database-process.js';
import { fill } from '../stand/fill.js';
import { flagKey } from '../stand/many-flags.js';
import { userName } from '../stand/many-users.js';
import { type Place, withPlace } from '../stand/places.js';
import { pinThisProcess, processorMsOf, serve, start, TOKEN, TYPESCRIPT } from '../stand/processes.js';
import { Report } from '../stand/report.js';
import { type Figures, roundsOr, sideBySide } from '../stand/rounds.js';

const USERS = Number(process.env.USERS ?? 20_000);
const ROUNDS = roundsOr(7);
const WARM_UPS = 1;
const IN_FLIGHT = 64;
const FLAGS = 100;
/** On a busy machine the store may be late, which refuses all that are in flight: it is told. */
const MAY_BE_REFUSED = Math.max(4 * IN_FLIGHT, USERS / 50);
/** Both ways to ask go through half of the users and through the other half, so that neither finds what the other has loaded. */
const ALL_USERS = 2 * USERS * (ROUNDS + WARM_UPS);
/** Beside calls of one user, calls of fifty, which cost little but their users. */
const TOGETHER = 'latchkey, 50 users a call';
const PER_CALL = 50;
const CALLS_AT_ONCE = 4;
const BATCH_PATH = '/latchkey.v1.FeatureService/BatchEvaluate';

async function measure(place: Place): Promise<void> {
  const bare = await start(0, [...TYPESCRIPT, 'bench/store/bare-user-loads.ts'], /ready/, place.environment);
  // Fewer than are asked for between two times that one user is: each ask finds nobody.
  const few = { CACHED_USERS: '1000' };
  const latchkey = await serve(0, 'grpc', { DATA_DIR: place.directory, ...few, ...place.environment });
  const report = new Report('cold-users', { usersPerRound: USERS, inFlight: IN_FLIGHT, rounds: ROUNDS });
  const database = await databasePid(place);
  pinThisProcess(1);

  const answers = createInterface({ input: bare.process.stdout! })[Symbol.asyncIterator]();
  const nextOf = { latchkey: 0, together: ALL_USERS / 2, bare: 0 };
  const users = (side: keyof typeof nextOf): readonly [number, number] => {
    const from = nextOf[side];
    nextOf[side] = (from + USERS) % ALL_USERS;
    return [from, from + USERS];
  };
  const withDatabase = async (run: () => Promise<Figures>): Promise<Figures> => {
    const usedMs = processorMsOf(database);
    const figures = await run();
    return { ...figures, databaseUs: ((processorMsOf(database) - usedMs) * 1000) / USERS };
  };
  const product = {
    name: 'latchkey',
    run: () =>
      withDatabase(() => {
        const [from, to] = users('latchkey');
        const requests = Array.from({ length: to - from }, (_, i) => encoded(evaluateRequest(from + i, 1)));
        const asked = { address: latchkey.grpcAddress, path: EVALUATE_PATH, tokens: [TOKEN], requests };
        return loadFigures(latchkey, () =>
          loadUnary({ ...asked, inFlight: IN_FLIGHT, calls: USERS, mayBeRefused: MAY_BE_REFUSED }),
        );
      }),
  };
  const together = {
    name: TOGETHER,
    run: () =>
      withDatabase(async () => {
        const [from, to] = users('together');
        const requests = Array.from({ length: Math.ceil((to - from) / PER_CALL) }, (_, i) =>
          BatchEvaluateRequest.encode(
            BatchEvaluateRequest.fromPartial({
              contexts: Array.from({ length: PER_CALL }, (_, n) => ({ userId: userName(from + i * PER_CALL + n) })),
              flagKeys: [flagKey(1)],
            }),
          ).finish(),
        );
        const asked = { address: latchkey.grpcAddress, path: BATCH_PATH, tokens: [TOKEN], requests };
        const figures = await loadFigures(latchkey, () =>
          loadUnary({
            ...asked,
            inFlight: CALLS_AT_ONCE,
            calls: requests.length,
            mayBeRefused: MAY_BE_REFUSED / PER_CALL,
          }),
        );
        const [perSecond, serverUs] = [figures.perSecond! * PER_CALL, figures.serverUs! / PER_CALL];
        return { ...figures, perSecond, serverUs };
      }),
  };
  const plain = {
    name: 'bare IN (50)',
    run: () =>
      withDatabase(async () => {
        const usedMs = bare.processorMs();
        bare.process.stdin!.write(`${users('bare').join(' ')}\n`);
        const [seconds, rows] = String((await answers.next()).value)
          .split(' ')
          .map(Number);
        if (rows! < USERS * 11) throw new Error(`${rows} rows of ${USERS} users`);
        return { perSecond: USERS / seconds!, serverUs: ((bare.processorMs() - usedMs) * 1000) / USERS };
      }),
  };
  const measured = await sideBySide([product, together, plain], ROUNDS, WARM_UPS);
  for (const { name } of [product, together, plain]) {
    report.row({ what: name, unit: 'users/s', values: measured.of(name, 'perSecond') });
    report.row({ what: `${name}: its processor`, unit: 'µs a user', values: measured.of(name, 'serverUs'), digits: 1 });
    report.row({ what: `${name}: MariaDB`, unit: 'µs a user', values: measured.of(name, 'databaseUs'), digits: 1 });
  }
  report.row({ what: 'latchkey: p99', unit: 'ms', values: measured.of('latchkey', 'p99Ms'), digits: 1 });
  report.row({ what: 'latchkey: refused, the store being late', unit: '', values: measured.of('latchkey', 'refused') });
  const values = measured.ratio('perSecond', 'latchkey', 'bare IN (50)');
  report.row({ what: 'latchkey : bare, users', unit: '', values, digits: 2, mark: { atLeast: 0.6 } });
  const calls = measured.ratio('perSecond', TOGETHER, 'bare IN (50)');
  report.row({ what: `${TOGETHER} : bare, users`, unit: '', values: calls, digits: 2 });
  report.end();
  await Promise.all([latchkey.stop(), bare.stop()]);
}

await withPlace('mariadb', fill({ users: ALL_USERS, flags: FLAGS, flag: mixedFlag }), measure);
process.exit(0);
