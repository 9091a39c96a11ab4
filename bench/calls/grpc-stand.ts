import { Consistency, EvaluateRequest } from '../../test/gen/latchkey/v1/evaluation.js';
import { type Loaded, loadUnary } from '../load/grpc-load.js';
import { seeded, zipf } from '../load/zipf.js';
import { loadAsked, makeTokens, mixedFlag } from '../stand/asked.js';
import { flagKey } from '../stand/many-flags.js';
import { userName } from '../stand/many-users.js';
import { ENGINES, type Place, withPlace } from '../stand/places.js';
import { pinThisProcess, type Started, serve } from '../stand/processes.js';
import type { Report } from '../stand/report.js';
import { type Measured, roundsOr, type Side } from '../stand/rounds.js';
import { loadFigures, warmUp } from './load-figures.js';

export const EVALUATE_PATH = '/latchkey.v1.FeatureService/Evaluate';

/** What a bench of gRPC calls has, each changed by the environment. */
export const SETTINGS = {
  users: Number(process.env.USERS ?? 10_000),
  tokens: Number(process.env.TOKENS ?? 100),
  flags: Number(process.env.FLAGS ?? 100),
  inFlight: Number(process.env.IN_FLIGHT ?? 64),
  rounds: roundsOr(7),
};

/** How many requests are built; more are the same ones again, with other tokens. */
const BUILT = 1 << 16;
/** How many tokens are drawn: a number that shares no factor with that of the requests, so that each goes with all. */
const TOKENS_DRAWN = 9_973;

export interface GrpcStand {
  readonly place: Place;
  readonly latchkey: Started & { readonly grpcAddress: string };
  /** The tokens' secrets. */
  readonly secrets: readonly string[];
  /** Asks for everybody once, so that no state is so old that it is read again while a round is measured. */
  warm(): Promise<void>;
  /** The tokens of calls, one after the other, by Zipf's law. */
  readonly tokens: readonly string[];
  /** So many requests, or fewer, of users who are drawn by Zipf's law. */
  requests(make: (draw: () => EvaluateRequest) => Uint8Array, most?: number): readonly Uint8Array[];
}

/** What is asked of one user about one flag. */
export const evaluateRequest = (user: number, flag: number): EvaluateRequest =>
  EvaluateRequest.fromPartial({ flagKey: flagKey(flag), context: { userId: userName(user) } });

export const encoded = (request: EvaluateRequest): Uint8Array => EvaluateRequest.encode(request).finish();

/** Runs a server on the first processor, with users and flags of whom every second depends on the user, all users cached. */
export async function withGrpcStand(measure: (stand: GrpcStand) => Promise<void>): Promise<void> {
  const load = (store: Parameters<typeof loadAsked>[0]) => loadAsked(store, { ...SETTINGS, flag: mixedFlag });
  await withPlace(ENGINES[0]!, load, async (place) => {
    // Where several processes may work on the store, workers run by themselves, and there is nothing for one to do here.
    const latchkey = await serve(0, place.shared ? 'grpc' : 'grpc,worker', {
      DATA_DIR: place.directory,
      ...place.environment,
    });
    const secrets = await makeTokens(latchkey.grpcAddress, SETTINGS.tokens);
    const random = seeded(2);
    const [user, token] = [zipf(SETTINGS.users, random), zipf(SETTINGS.tokens, random)];
    const draw = (): EvaluateRequest => evaluateRequest(user(), Math.floor(random() * SETTINGS.flags));
    const tokens = Array.from({ length: TOKENS_DRAWN }, () => secrets[token()]!);
    const everybody = {
      ...{ address: latchkey.grpcAddress, path: EVALUATE_PATH, tokens, inFlight: SETTINGS.inFlight },
      // From the store, whatever is held: a state that is young still may be 30 s old before the round has ended.
      requests: Array.from({ length: SETTINGS.users }, (_, n) =>
        encoded({ ...evaluateRequest(n, 1), consistency: Consistency.FULL }),
      ),
      calls: SETTINGS.users,
    };
    const warm = () => warmUp(() => loadUnary(everybody));
    await warm();
    pinThisProcess(1);
    await measure({
      ...{ place, latchkey, secrets, tokens, warm },
      requests: (make, most = BUILT) => Array.from({ length: most }, () => make(draw)),
    });
    await latchkey.stop();
  });
}

/** A load of a server, as one of those that are compared. `before` is not measured. */
export const side = (
  name: string,
  server: Started,
  load: (address: string) => Promise<Loaded>,
  before: () => Promise<void> = () => Promise.resolve(),
): Side => ({
  name,
  async run() {
    await before();
    return loadFigures(server, () => load(/grpc=(\S+)/.exec(server.line)![1]!));
  },
});

/** Reports what each side came to, `each` being what is counted. */
export function reportSides(report: Report, measured: Measured, sides: readonly Side[], each: string): void {
  for (const { name } of sides) {
    const row = (what: string, unit: string, figure: string, digits: number): void =>
      report.row({ what, unit, digits, values: measured.of(name, figure) });
    row(name, `${each}s/s`, 'perSecond', 0);
    row(`${name}: server's processor`, `µs a ${each}`, 'serverUs', 1);
    row(`${name}: server busy`, '%', 'serverBusy', 0);
    row(`${name}: load generator busy`, '%', 'loaderBusy', 0);
    row(`${name}: median`, 'ms', 'p50Ms', 1);
    row(`${name}: p99`, 'ms', 'p99Ms', 1);
  }
}
