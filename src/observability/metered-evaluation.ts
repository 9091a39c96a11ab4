import type { Evaluator, TargetDecisions } from '../services/evaluating/evaluation.js';
import type { ListAnswer } from '../services/evaluating/listed-flags.js';
import type { Evaluated } from '../services/evaluating/target-views.js';
import type { Metrics } from './metrics.js';

/** An evaluator whose decisions are counted. */
export function meteredEvaluation(inner: Evaluator, metrics: Pick<Metrics, 'decided'>): Evaluator {
  const count = (evaluated: Evaluated): Evaluated => {
    metrics.decided(evaluated.decision.reason, evaluated.stale);
    return evaluated;
  };
  const countAll = (evaluated: readonly Evaluated[]): readonly Evaluated[] => {
    for (const one of evaluated) count(one);
    return evaluated;
  };
  const countTargets = (results: readonly TargetDecisions[]): readonly TargetDecisions[] => {
    for (const { decisions } of results) countAll(decisions);
    return results;
  };
  const countListed = <T>(answer: ListAnswer<T>): ListAnswer<T> => {
    for (const { reason, stale, decisions } of answer.tallies) metrics.decided(reason, stale, decisions);
    return answer;
  };
  return {
    evaluate(call, input) {
      const evaluated = inner.evaluate(call, input);
      return evaluated instanceof Promise ? evaluated.then(count) : count(evaluated);
    },
    batch(call, input) {
      const results = inner.batch(call, input);
      return results instanceof Promise ? results.then(countTargets) : countTargets(results);
    },
    evaluateEach(call, asks, consistency) {
      const evaluated = inner.evaluateEach(call, asks, consistency);
      return evaluated instanceof Promise ? evaluated.then(countAll) : countAll(evaluated);
    },
    list(call, target, form, consistency) {
      const answer = inner.list(call, target, form, consistency);
      return answer instanceof Promise ? answer.then(countListed) : countListed(answer);
    },
  };
}
