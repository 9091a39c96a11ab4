/**
 * `EvaluateStream` against unary `Evaluate` on the same server, in requests a second: one stream that stays open, with one
 * request in each message, and with sixteen.
 *
 *     npm run build && npm run bench:stream
 *
 * `REQUESTS`, and what else `evaluate.ts` takes, changes its size; `STREAMS=8` spreads the messages over more streams.
 */
import { EvaluateStreamRequest, type EvaluateStreamResponse } from '../../test/gen/latchkey/v1/evaluate_stream.js';
import { loadStreams, loadUnary } from '../load/grpc-load.js';
import { connect } from '../stand/latchkey-client.js';
import { TOKEN } from '../stand/processes.js';
import { Report } from '../stand/report.js';
import { type Side, sideBySide } from '../stand/rounds.js';
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

const REQUESTS = Number(process.env.REQUESTS ?? 100_000);
const STREAMS = Number(process.env.STREAMS ?? 1);
const PER_MESSAGE = [1, 16];
const PATH = '/latchkey.v1.FeatureService/EvaluateStream';

/** Checks that a message of so many requests is answered by as many results. */
async function check({ latchkey }: GrpcStand, requests: number): Promise<void> {
  const { client, metadata } = connect(latchkey.grpcAddress, TOKEN);
  const stream = client.evaluateStream(metadata);
  stream.write({ id: 'one', requests: Array.from({ length: requests }, (_, n) => evaluateRequest(n, n)) });
  const answer = await new Promise<EvaluateStreamResponse>((resolve, reject) => {
    stream.once('data', resolve).once('error', reject);
  });
  stream.end();
  stream.resume();
  await new Promise((resolve) => stream.once('end', resolve));
  client.close();
  if (answer.results.length !== requests) throw new Error(`${requests} requests, ${answer.results.length} results`);
}

await withGrpcStand(async (stand) => {
  const { latchkey, place, tokens } = stand;
  for (const requests of PER_MESSAGE) await check(stand, requests);
  const report = new Report('stream', { ...SETTINGS, requests: REQUESTS, streams: STREAMS, store: place.name });
  const { inFlight } = SETTINGS;
  const alone = stand.requests((draw) => encoded(draw()));
  const load = { path: EVALUATE_PATH, tokens, requests: alone, inFlight, calls: REQUESTS };
  const unary = side('unary', latchkey, (address) => loadUnary({ address, ...load }), stand.warm);
  const streaming = (perMessage: number): Side => {
    const requests = stand.requests(
      (draw) =>
        EvaluateStreamRequest.encode({ id: 'message', requests: Array.from({ length: perMessage }, draw) }).finish(),
      8_192,
    );
    const asking = { path: PATH, tokens, requests, streams: STREAMS, inFlight: Math.ceil(inFlight / STREAMS) };
    // With more in a message there are fewer messages, but enough for a round to last.
    const messages = Math.ceil(REQUESTS / Math.min(perMessage, 4));
    const stream = (address: string) => loadStreams({ address, ...asking, messages });
    const asked = side(nameOf(perMessage), latchkey, stream, stand.warm);
    return {
      name: asked.name,
      run: async () => {
        const figures = await asked.run();
        const [perSecond, serverUs] = [figures.perSecond! * perMessage, figures.serverUs! / perMessage];
        return { ...figures, perSecond, serverUs };
      },
    };
  };
  const sides = [unary, ...PER_MESSAGE.map(streaming)];
  const measured = await sideBySide(sides, SETTINGS.rounds, 1);
  reportSides(report, measured, sides, 'request');
  for (const [perMessage, atLeast] of [[1, 2] as const, [16, 10] as const]) {
    const name = nameOf(perMessage);
    const values = measured.ratio('perSecond', name, 'unary');
    report.row({ what: `${name} : unary, requests`, unit: '', values, digits: 2, mark: { atLeast } });
  }
  report.end();
});
process.exit(0);

function nameOf(perMessage: number): string {
  return `stream, ${perMessage} a message`;
}
