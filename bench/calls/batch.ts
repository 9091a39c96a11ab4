/**
 * `BatchEvaluate` of 100 flags for one user, by the same load as `evaluate.ts` has, against a bare grpc-js server that decodes
 * the same requests and answers as many bytes.
 *
 *     npm run build && npm run bench:batch
 *
 * `CALLS`, and what else `evaluate.ts` takes, changes its size; `ASKED=20` names fewer flags in each call.
 */
import { BatchEvaluateRequest, BatchEvaluateResponse } from '../../test/gen/latchkey/v1/evaluation.js';
import { loadUnary } from '../load/grpc-load.js';
import { connect } from '../stand/latchkey-client.js';
import { flagKey } from '../stand/many-flags.js';
import { userName } from '../stand/many-users.js';
import { start, TYPESCRIPT } from '../stand/processes.js';
import { Report } from '../stand/report.js';
import { sideBySide } from '../stand/rounds.js';
import { type GrpcStand, reportSides, SETTINGS, side, withGrpcStand } from './grpc-stand.js';

const CALLS = Number(process.env.CALLS ?? 20_000);
const ASKED = Number(process.env.ASKED ?? 100);
const PATH = '/latchkey.v1.FeatureService/BatchEvaluate';
const SAMPLE = 100;
const flagKeys = Array.from({ length: ASKED }, (_, n) => flagKey(n % SETTINGS.flags));

const batchFor = (userId: string): BatchEvaluateRequest =>
  BatchEvaluateRequest.fromPartial({ contexts: [{ userId }], flagKeys });

/** The mean size of an answer, and a check that it has a decision of each flag. */
async function sizeOfAnswers({ latchkey, secrets }: GrpcStand): Promise<number> {
  const { client, call } = connect(latchkey.grpcAddress, secrets[0]!);
  let bytes = 0;
  for (let i = 0; i < SAMPLE; i++) {
    const request = batchFor(userName(Math.floor((i * SETTINGS.users) / SAMPLE)));
    const answer = await call<BatchEvaluateRequest, BatchEvaluateResponse>(client.batchEvaluate, request);
    const decided = answer.results[0]?.decisions.length;
    if (decided !== ASKED) throw new Error(`${decided} decisions about ${ASKED} flags`);
    bytes += BatchEvaluateResponse.encode(answer).finish().length;
  }
  client.close();
  return Math.round(bytes / SAMPLE);
}

await withGrpcStand(async (stand) => {
  const { latchkey, place, tokens } = stand;
  const bytes = String(await sizeOfAnswers(stand));
  const bare = await start(0, [...TYPESCRIPT, 'bench/calls/bare-grpc-server.ts', 'batchEvaluate', bytes], /^bare/);
  const report = new Report('batch', {
    ...SETTINGS,
    asked: ASKED,
    calls: CALLS,
    store: place.name,
    answerBytes: bytes,
  });
  const requests = stand.requests(
    (draw) => BatchEvaluateRequest.encode(batchFor(draw().context!.userId)).finish(),
    4_096,
  );
  const load = (address: string) =>
    loadUnary({ address, path: PATH, tokens, requests, inFlight: SETTINGS.inFlight, calls: CALLS });
  const sides = [side('latchkey', latchkey, load, stand.warm), side('bare grpc-js', bare, load)];
  const measured = await sideBySide(sides, SETTINGS.rounds, 2);
  reportSides(report, measured, sides, 'call');
  const decisions = measured.of('latchkey', 'perSecond').map((calls) => calls * ASKED);
  report.row({ what: 'latchkey', unit: 'decisions/s', values: decisions });
  const mark = { atLeast: 0.7 };
  const calling = measured.ratio('perSecond', 'latchkey', 'bare grpc-js');
  report.row({ what: 'latchkey : bare, calls', unit: '', values: calling, digits: 2, mark });
  const working = measured.ratio('serverUs', 'bare grpc-js', 'latchkey');
  report.row({ what: 'bare : latchkey, processor a call', unit: '', values: working, digits: 2, mark });
  report.end();
  await bare.stop();
});
process.exit(0);
