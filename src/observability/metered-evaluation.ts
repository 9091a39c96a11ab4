import type { DecidedTarget } from '../services/evaluating/decide-target.js';
import type { TargetDecisions } from '../services/evaluating/decide-targets.js';
import type { Evaluator } from '../services/evaluating/evaluation.js';
import type { Tally } from '../services/evaluating/tallies.js';
import type { Evaluated } from '../services/evaluating/target-views.js';
import type { Metrics } from './metrics.js';

/** An evaluator whose decisions are counted. Of keys for which there was no flag it notes each time that they were asked for. */
export function meteredEvaluation(
  inner: Evaluator,
  metrics: Pick<Metrics, 'decided'>,
  unknown: { note(flagKey: string): void },
): Evaluator {
  const count = (evaluated: Evaluated): Evaluated => {
    const { reason, flagKey } = evaluated.decision;
    metrics.decided(reason, evaluated.stale);
    if (reason === 'FLAG_NOT_FOUND') unknown.note(flagKey);
    return evaluated;
  };
  const countAll = (evaluated: readonly Evaluated[]): readonly Evaluated[] => {
    for (const one of evaluated) count(one);
    return evaluated;
  };
  const countTallies = <T extends { readonly tallies: readonly Tally[] }>(answer: T): T => {
    for (const { reason, stale, decisions, unknownKeys } of answer.tallies) {
      metrics.decided(reason, stale, decisions);
      for (const key of unknownKeys ?? []) unknown.note(key);
    }
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
    decide(call, target, way) {
      const countEach = (decided: DecidedTarget): DecidedTarget => {
        countAll(decided.evaluated);
        return decided;
      };
      const decided = inner.decide(call, target, way);
      return decided instanceof Promise ? decided.then(countEach) : countEach(decided);
    },
  };
}
