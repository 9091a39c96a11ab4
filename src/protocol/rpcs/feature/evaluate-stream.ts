import type { Call, Caller } from '../../../calls/caller.js';
import { EventLoopPauses } from '../../../calls/event-loop-pauses.js';
import type { EvaluateStreams } from '../../../services/evaluating/evaluate-streams.js';
import type { EvaluateInput } from '../../../services/evaluating/evaluation.js';
import type { Evaluated } from '../../../services/evaluating/target-views.js';
import type { EvaluateStreamRequest, EvaluateStreamResponse } from '../../gen/latchkey/v1/evaluate_stream.js';
import type { EvaluateRequest } from '../../gen/latchkey/v1/evaluation.js';
import { encodedDecisions } from '../../messages/encoded-decisions.js';
import { targetOf } from '../../messages/evaluation-context.js';
import { failureOf, isUnexpected } from '../../messages/failure.js';
import { inOnePiece, stringField } from '../../messages/pieces.js';
import { type BidiMethod, EncodedMessage } from '../method.js';
import { isFull } from './evaluate.js';

/** `EvaluateStream`: decisions for as long as the stream is open. */
export function evaluateStreamMethod(
  streams: Pick<EvaluateStreams, 'open'>,
): BidiMethod<Caller, EvaluateStreamRequest, EvaluateStreamResponse | EncodedMessage> {
  return {
    open(call, end) {
      const open = streams.open(call, end);
      return {
        // A message without requests counts as one, since it takes up room, too.
        weigh: ({ requests }) => Math.max(1, requests.length),
        answer({ id, requests }) {
          if (id.length > MAX_ID) {
            const message = `id has at most ${MAX_ID} characters, and this one has ${id.length}: it is not given back`;
            return { id: '', results: [], error: { code: INVALID_ARGUMENT, message } };
          }
          const refuse = (error: unknown): EvaluateStreamResponse => refusal(call, id, error);
          try {
            const decided = open.decide(requests.map(inputOf));
            if (!(decided instanceof Promise)) return encodeFew(id, decided);
            return decided.then((results) => encodeResults(call, id, results)).catch(refuse);
          } catch (error) {
            return refuse(error);
          }
        },
        close: () => open.close(),
      };
    },
  };
}

/** The longest id, which is kept in memory until its answer is read. */
const MAX_ID = 255;
/** `google.rpc.Code` */
const INVALID_ARGUMENT = 3;

function inputOf({ flagKey, context, consistencyToken, consistency }: EvaluateRequest): EvaluateInput {
  return { flagKey, ...targetOf(context), consistencyToken, full: isFull(consistency) };
}

// Field number * 8 + wire type 2, length-delimited.
const ID_TAG = 10;

/** What is wrong with a message, as its answer. Throws what is no failure of the message. */
function refusal(call: Call, id: string, error: unknown): EvaluateStreamResponse {
  if (isUnexpected(error)) throw error;
  const { code, details } = failureOf(error, call.requestId);
  return { id, results: [], error: { code, message: details } };
}

/** Encodes an answer that was decided at once. */
function encodeFew(id: string, results: readonly Evaluated[]): EncodedMessage {
  const pieces = [stringField(ID_TAG, id)];
  for (const evaluated of results) pieces.push(encodedDecisions.member(evaluated));
  return new EncodedMessage(inOnePiece(pieces));
}

/** Encodes an answer and lets other calls run in between. */
async function encodeResults(call: Call, id: string, results: readonly Evaluated[]): Promise<EncodedMessage> {
  const pauses = new EventLoopPauses(call);
  const pieces: Uint8Array[] = [stringField(ID_TAG, id)];
  let few: Uint8Array[] = [];
  for (const evaluated of results) {
    few.push(encodedDecisions.member(evaluated));
    if (!pauses.due()) continue;
    pieces.push(inOnePiece(few));
    few = [];
    await pauses.take();
  }
  pieces.push(inOnePiece(few));
  return new EncodedMessage(inOnePiece(pieces));
}
