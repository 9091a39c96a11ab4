import type { Evaluator } from '../services/evaluating/evaluation.js';
import type { Evaluated } from '../services/evaluating/target-views.js';
import type { Metrics } from './metrics.js';

/** An evaluator whose decisions are counted. */
export function meteredEvaluation(inner: Evaluator, metrics: Pick<Metrics, 'decided'>): Evaluator {
  const count = (evaluated: Evaluated): Evaluated => {
    metrics.decided(evaluated.decision.reason, evaluated.stale);
    return evaluated;
  };
  return {
    evaluate(call, input) {
      const evaluated = inner.evaluate(call, input);
      return evaluated instanceof Promise ? evaluated.then(count) : count(evaluated);
    },
    async batch(call, input) {
      const results = await inner.batch(call, input);
      for (const { decisions } of results) for (const evaluated of decisions) count(evaluated);
      return results;
    },
    async evaluateEach(call, asks, consistency) {
      const results = await inner.evaluateEach(call, asks, consistency);
      for (const evaluated of results) count(evaluated);
      return results;
    },
    async list(call, target, choose, consistency) {
      const listed = await inner.list(call, target, choose, consistency);
      for (const evaluated of listed.evaluated) count(evaluated);
      return listed;
    },
  };
}
