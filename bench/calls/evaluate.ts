/**
 * Unary `Evaluate` of 10,000 users and 100 tokens, asked for by Zipf's law, with warm caches on MariaDB and Redis, and
 * everything that a server does in production. Beside it, in processes of their own: a bare grpc-js server that decodes the
 * same requests and answers as many bytes, and the product's door around a handler that does nothing. Each server has one
 * processor, the load (by frames that were built before) the other.
 *
 *     npm run build && npm run bench:evaluate
 *
 * `CALLS`, `ROUNDS`, `USERS`, `TOKENS`, `FLAGS` and `IN_FLIGHT` change its size; `ENGINES=sqlite` its store;
 * `PROFILE=folder` writes a processor profile of the product there.
 */
import { type EvaluateRequest, EvaluateResponse } from '../../test/gen/latchkey/v1/evaluation.js';
import { loadUnary } from '../load/grpc-load.js';
import { seeded } from '../load/zipf.js';
import { connect } from '../stand/latchkey-client.js';
import { start, TYPESCRIPT } from '../stand/processes.js';
import { Report } from '../stand/report.js';
import { sideBySide } from '../stand/rounds.js';
import {
  EVALUATE_PATH,
  encoded,
  evaluateRequest,
  type GrpcStand,
  reportSides,
  SETTINGS,
  side,
  withGrpcStand,
} from './grpc-stand.js';

const CALLS = Number(process.env.CALLS ?? 100_000);
const SAMPLE = 2_000;

/** The mean size of an answer, and a check that answers are what they should be. */
async function sizeOfAnswers({ latchkey, secrets }: GrpcStand): Promise<number> {
  const { client, call } = connect(latchkey.grpcAddress, secrets[0]!);
  const random = seeded(1);
  let [bytes, enabled] = [0, 0];
  for (let i = 0; i < SAMPLE; i++) {
    const request = evaluateRequest(Math.floor(random() * SETTINGS.users), i % SETTINGS.flags);
    const answer = await call<EvaluateRequest, EvaluateResponse>(client.evaluate, request);
    bytes += EvaluateResponse.encode(answer).finish().length;
    enabled += answer.enabled ? 1 : 0;
  }
  client.close();
  if (enabled < 0.6 * SAMPLE || enabled > 0.9 * SAMPLE) throw new Error(`${enabled} of ${SAMPLE} flags are on`);
  return Math.round(bytes / SAMPLE);
}

await withGrpcStand(async (stand) => {
  const { latchkey, place, tokens, secrets } = stand;
  const bytes = String(await sizeOfAnswers(stand));
  const bare = await start(0, [...TYPESCRIPT, 'bench/calls/bare-grpc-server.ts', 'evaluate', bytes], /^bare/);
  const empty = await start(0, [...TYPESCRIPT, 'bench/calls/empty-handler-server.ts', bytes, ...secrets], /^empty/);
  const report = new Report('evaluate', { ...SETTINGS, calls: CALLS, store: place.name, answerBytes: bytes });
  const requests = stand.requests((draw) => encoded(draw()));
  const load = (address: string) =>
    loadUnary({ address, path: EVALUATE_PATH, tokens, requests, inFlight: SETTINGS.inFlight, calls: CALLS });
  const sides = [
    side('latchkey', latchkey, load, stand.warm),
    side('bare grpc-js', bare, load),
    side('the door around nothing', empty, load),
  ];
  const measured = await sideBySide(sides, SETTINGS.rounds, 2);
  reportSides(report, measured, sides, 'call');
  const mark = { atLeast: 0.8 };
  const calling = measured.ratio('perSecond', 'latchkey', 'bare grpc-js');
  report.row({ what: 'latchkey : bare, calls', unit: '', values: calling, digits: 2, mark });
  const working = measured.ratio('serverUs', 'bare grpc-js', 'latchkey');
  report.row({ what: 'bare : latchkey, processor a call', unit: '', values: working, digits: 2, mark });
  const around = measured.ratio('serverUs', 'bare grpc-js', 'the door around nothing');
  report.row({ what: 'bare : the door around nothing, processor a call', unit: '', values: around, digits: 2 });
  report.end();
  await Promise.all([bare.stop(), empty.stop()]);
});
process.exit(0);
