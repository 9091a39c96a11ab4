import type { Caller } from '../../../calls/caller.js';
import type { EvaluationService } from '../../../services/evaluating/evaluation.js';
import type { Evaluated } from '../../../services/evaluating/target-views.js';
import { Consistency, type EvaluateRequest } from '../../gen/latchkey/v1/evaluation.js';
import { encodedDecisions } from '../../messages/encoded-decisions.js';
import { overridesOf } from '../../messages/evaluation-context.js';
import { enumWord } from '../../messages/fields.js';
import { EncodedMessage, type UnaryMethod } from '../method.js';

/** `Evaluate`, the most frequent RPC: it answers without a promise where the service does. */
export function evaluateMethod(
  evaluation: Pick<EvaluationService, 'evaluate'>,
): UnaryMethod<Caller, EvaluateRequest, EncodedMessage> {
  return {
    handle({ flagKey, context, consistencyToken, consistency }, call) {
      const evaluated = evaluation.evaluate(call, {
        flagKey,
        userId: context === undefined ? '' : context.userId,
        context: overridesOf(context),
        consistencyToken,
        full: isFull(consistency),
      });
      return evaluated instanceof Promise ? evaluated.then(encode) : encode(evaluated);
    },
  };
}

function encode(evaluated: Evaluated): EncodedMessage {
  return new EncodedMessage(Buffer.from(encodedDecisions.message(evaluated)));
}

const CONSISTENCIES = ['CACHED', 'CACHED', 'FULL'] as const;

/** Whether the store is to be read. Throws INVALID for a number that is no consistency. */
export function isFull(consistency: Consistency): boolean {
  return (
    consistency !== Consistency.CONSISTENCY_UNSPECIFIED &&
    enumWord(CONSISTENCIES, consistency, '/consistency') === 'FULL'
  );
}
