import type { TargetDecisions } from '../services/evaluating/decide-targets.js';
import type { Evaluator } from '../services/evaluating/evaluation.js';
import type { Tally } from '../services/evaluating/tallies.js';
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
  const countTallies = <T extends { readonly tallies: readonly Tally[] }>(answer: T): T => {
    for (const { reason, stale, decisions } of answer.tallies) metrics.decided(reason, stale, decisions);
    return answer;
  };
  const countTargets = (results: readonly TargetDecisions[]): readonly TargetDecisions[] => {
    for (const result of results) countTallies(result);
    return results;
  };
  return {
    evaluate(call, input) {
      const evaluated = inner.evaluate(call, input);
      return evaluated instanceof Promise ? evaluated.then(count) : count(evaluated);
    },
    batch(call, input, form) {
      const decided = inner.batch(call, input, form);
      return decided instanceof Promise ? decided.then(countTargets) : countTallies(decided);
    },
    evaluateEach(call, asks, consistency) {
      const evaluated = inner.evaluateEach(call, asks, consistency);
      return evaluated instanceof Promise ? evaluated.then(countAll) : countAll(evaluated);
    },
    list(call, target, form, consistency) {
      const answer = inner.list(call, target, form, consistency);
      return answer instanceof Promise ? answer.then(countTallies) : countTallies(answer);
    },
  };
}
