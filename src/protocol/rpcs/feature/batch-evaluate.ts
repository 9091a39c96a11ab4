import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Call, Caller } from '../../../calls/caller.js';
import { EventLoopPauses } from '../../../calls/event-loop-pauses.js';
import type { TargetDecisions } from '../../../services/evaluating/decide-targets.js';
import type { EvaluationService } from '../../../services/evaluating/evaluation.js';
import type { BatchForm, ToldDecisions } from '../../../services/evaluating/flag-batches.js';
import type { ToldAnswer } from '../../../services/evaluating/listed-flags.js';
import { BatchEvaluateError, type BatchEvaluateRequest } from '../../gen/latchkey/v1/evaluation.js';
import { BatchRequests } from '../../messages/batch-request.js';
import { encodedDecisions } from '../../messages/encoded-decisions.js';
import { targetOf } from '../../messages/evaluation-context.js';
import { failureOf } from '../../messages/failure.js';
import { fieldHead, inOnePiece, NOTHING, stringField } from '../../messages/pieces.js';
import { EncodedMessage, type UnaryMethod } from '../method.js';
import { isFull } from './evaluate.js';

/** `BatchEvaluate`: up to 100,000 decisions. */
export function batchEvaluateMethod(
  evaluation: Pick<EvaluationService, 'batch'>,
): UnaryMethod<Caller, BatchEvaluateRequest, EncodedMessage> {
  const requests = new BatchRequests();
  return {
    decode: (bytes) => requests.decode(bytes),
    handle({ contexts, flagKeys, consistencyToken, consistency }, call) {
      const targets = contexts.map(targetOf);
      const full = isFull(consistency);
      const decided = evaluation.batch(call, { targets, flagKeys, consistencyToken, full }, ENCODED);
      return decided instanceof Promise
        ? decided.then((results) => encodeResults(call, results))
        : encodeOne(call, decided);
    },
  };
}

/** The decisions of a result, encoded. */
class EncodedBatch implements ToldAnswer {
  readonly encoded: Uint8Array;

  constructor(encoded: Uint8Array) {
    this.encoded = encoded;
  }

  get bytes(): number {
    return BYTES_AROUND + this.encoded.length;
  }
}

/** What holding bytes takes beside them. */
const BYTES_AROUND = 200;

/** Copied once more: short pieces share memory with others, which must not live as long as this. */
const ENCODED: BatchForm<EncodedBatch> = {
  tell: (decisions) =>
    new EncodedBatch(Uint8Array.from(inOnePiece(decisions.map((evaluated) => encodedDecisions.member(evaluated))))),
};

// Tags: field number * 8 + wire type 2, length-delimited.
const RESULTS_TAG = 10;
const USER_ID_TAG = 10;
const ERROR_TAG = 26;

/** Encodes the one result of a call that was decided at once. */
function encodeOne(call: Call, result: ToldDecisions<EncodedBatch>): EncodedMessage {
  const pieces: Uint8Array[] = [];
  addResult(pieces, call, { index: 0, result, members: result.told === undefined ? [] : [result.told.encoded] });
  return new EncodedMessage(inOnePiece(pieces));
}

interface ResultMembers {
  readonly index: number;
  readonly result: Pick<TargetDecisions, 'userId' | 'refusal'>;
  /** The result's decisions, encoded. */
  readonly members: readonly Uint8Array[];
}

/** Adds the pieces of a result, of which the first says how long the others are together. */
function addResult(pieces: Uint8Array[], call: Call, { index, result, members }: ResultMembers): void {
  const { userId, refusal } = result;
  const start = stringField(USER_ID_TAG, userId);
  const end = refusal === undefined ? NOTHING : encodedError(call, refusal, index);
  let length = start.length + end.length;
  for (const piece of members) length += piece.length;
  pieces.push(fieldHead(RESULTS_TAG, length), start);
  for (const piece of members) pieces.push(piece);
  pieces.push(end);
}

function encodedError(call: Call, refusal: Error, index: number): Uint8Array {
  const { code, details } = failureOf(refusal, call.requestId);
  const writer = new BinaryWriter();
  BatchEvaluateError.encode({ code, message: details, index }, writer.uint32(ERROR_TAG).fork()).join();
  return writer.finish();
}

/**
 * Encodes a BatchEvaluateResponse and lets other calls run in between: the generated encoder would hold them up for about a
 * tenth of a second.
 */
export async function encodeResults(call: Call, results: readonly TargetDecisions[]): Promise<EncodedMessage> {
  const pauses = new EventLoopPauses(call);
  const pieces: Uint8Array[] = [];
  for (const [index, result] of results.entries()) {
    const members: Uint8Array[] = [];
    let few: Uint8Array[] = [];
    for (const evaluated of result.decisions) {
      few.push(encodedDecisions.member(evaluated));
      if (!pauses.due()) continue;
      members.push(inOnePiece(few));
      few = [];
      await pauses.take();
    }
    members.push(inOnePiece(few));
    addResult(pieces, call, { index, result, members });
    if (pauses.due()) await pauses.take();
  }
  return new EncodedMessage(inOnePiece(pieces));
}
