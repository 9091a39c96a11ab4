import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Call, Caller } from '../../../calls/caller.js';
import { EventLoopPauses } from '../../../calls/event-loop-pauses.js';
import type { EvaluationService, TargetDecisions } from '../../../services/evaluating/evaluation.js';
import { BatchEvaluateError, type BatchEvaluateRequest } from '../../gen/latchkey/v1/evaluation.js';
import { encodedDecisions } from '../../messages/encoded-decisions.js';
import { targetOf } from '../../messages/evaluation-context.js';
import { failureOf } from '../../messages/failure.js';
import { EncodedMessage, type UnaryMethod } from '../method.js';
import { isFull } from './evaluate.js';

/** `BatchEvaluate`: up to 100,000 decisions. */
export function batchEvaluateMethod(
  evaluation: Pick<EvaluationService, 'batch'>,
): UnaryMethod<Caller, BatchEvaluateRequest, EncodedMessage> {
  return {
    handle({ contexts, flagKeys, consistencyToken, consistency }, call) {
      const targets = contexts.map(targetOf);
      const full = isFull(consistency);
      const results = evaluation.batch(call, { targets, flagKeys, consistencyToken, full });
      return results instanceof Promise
        ? results.then((decided) => encodeResults(call, decided))
        : encodeFew(call, results);
    },
  };
}

// Tags: field number * 8 + wire type 2, length-delimited.
const RESULTS_TAG = 10;
const USER_ID_TAG = 10;
const ERROR_TAG = 26;

/** Encodes results that were decided at once. */
function encodeFew(call: Call, results: readonly TargetDecisions[]): EncodedMessage {
  const writer = new BinaryWriter();
  for (const [index, result] of results.entries()) writeResult(writer, call, result, index);
  return new EncodedMessage(Buffer.from(writer.finish().buffer));
}

function writeResult(
  writer: BinaryWriter,
  call: Call,
  { userId, decisions, refusal }: TargetDecisions,
  index: number,
): void {
  writer.uint32(RESULTS_TAG).fork();
  if (userId !== '') writer.uint32(USER_ID_TAG).string(userId);
  writer.raw(encodedDecisions.members(decisions));
  if (refusal !== undefined) {
    const { code, details } = failureOf(refusal, call.requestId);
    BatchEvaluateError.encode({ code, message: details, index }, writer.uint32(ERROR_TAG).fork()).join();
  }
  writer.join();
}

/** How many decisions of a result are encoded at once; a result with more is encoded in pieces. */
const MAX_AT_ONCE = 128;

/**
 * Encodes a BatchEvaluateResponse and lets other calls run in between: the generated encoder would hold them up for about a
 * tenth of a second.
 */
export async function encodeResults(call: Call, results: readonly TargetDecisions[]): Promise<EncodedMessage> {
  const pauses = new EventLoopPauses(call);
  const chunks: Uint8Array[] = [];
  const writer = new BinaryWriter();
  for (const [index, result] of results.entries()) {
    const { decisions } = result;
    if (decisions.length <= MAX_AT_ONCE) {
      writeResult(writer, call, result, index);
      if (pauses.due(decisions.length + 1)) {
        chunks.push(writer.finish());
        await pauses.take();
      }
    } else {
      chunks.push(writer.finish());
      const pieces = await encodeInPieces(result, pauses);
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      chunks.push(writer.uint32(RESULTS_TAG).uint32(length).finish(), ...pieces);
    }
  }
  chunks.push(writer.finish());
  return new EncodedMessage(Buffer.concat(chunks));
}

/** Encodes the content of one result. */
async function encodeInPieces(
  { userId, decisions }: TargetDecisions,
  pauses: EventLoopPauses,
): Promise<readonly Uint8Array[]> {
  const writer = new BinaryWriter();
  const pieces: Uint8Array[] = [];
  if (userId !== '') writer.uint32(USER_ID_TAG).string(userId);
  for (const evaluated of decisions) {
    writer.raw(encodedDecisions.member(evaluated));
    if (pauses.due()) {
      pieces.push(writer.finish());
      await pauses.take();
    }
  }
  pieces.push(writer.finish());
  return pieces;
}
