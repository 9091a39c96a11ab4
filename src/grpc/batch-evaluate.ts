import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Call, Machine } from '../services/caller.js';
import type { EvaluationService, TargetDecisions } from '../services/evaluation.js';
import { Slices } from '../services/slices.js';
import { decisionMessage } from './decision-message.js';
import { EncodedMessage } from './encoded-message.js';
import { isFull } from './evaluate.js';
import { targetOf } from './evaluation-context.js';
import { type BatchEvaluateRequest, EvaluateResponse } from './gen/latchkey/v1/evaluation.js';
import type { UnaryMethod } from './handler.js';

/** `BatchEvaluate`: up to 100,000 decisions. */
export function batchEvaluateMethod(
  evaluation: Pick<EvaluationService, 'batch'>,
): UnaryMethod<Machine, BatchEvaluateRequest, EncodedMessage> {
  return {
    async handle({ contexts, flagKeys, consistencyToken, consistency }, call) {
      const targets = contexts.map(targetOf);
      const full = isFull(consistency);
      return encodeResults(call, await evaluation.batch(call, { targets, flagKeys, consistencyToken, full }));
    },
  };
}

// Tags: field number * 8 + wire type 2, length-delimited.
const RESULTS_TAG = 10;
const USER_ID_TAG = 10;
const DECISIONS_TAG = 18;

/**
 * Encodes a BatchEvaluateResponse and gives way to other calls in between: the generated encoder would hold up all of them
 * for a tenth of a second.
 */
export async function encodeResults(call: Call, results: readonly TargetDecisions[]): Promise<EncodedMessage> {
  const slices = new Slices(call);
  const chunks: Uint8Array[] = [];
  for (const { userId, decisions } of results) {
    // The header says how long the result is, which is known when it is written.
    const header = chunks.push(NOTHING) - 1;
    let length = 0;
    let writer = new BinaryWriter();
    const flush = () => {
      const bytes = writer.finish();
      length += bytes.length;
      chunks.push(bytes);
    };
    if (userId !== '') writer.uint32(USER_ID_TAG).string(userId);
    for (const evaluated of decisions) {
      EvaluateResponse.encode(decisionMessage(evaluated), writer.uint32(DECISIONS_TAG).fork()).join();
      if (!slices.over()) continue;
      flush();
      writer = new BinaryWriter();
      await slices.giveWay();
    }
    flush();
    chunks[header] = new BinaryWriter().uint32(RESULTS_TAG).uint32(length).finish();
  }
  return new EncodedMessage(Buffer.concat(chunks));
}

const NOTHING = new Uint8Array();
