import type { Requirement, RuleRequirement } from '../requirements/requirement.js';
import { type Sentence, sentence } from '../sentences/part.js';
import { countInWords, missingInWords, nearestMissing } from '../sentences/requirement-words.js';
import type { Names } from '../sentences/speaking.js';

/** What is missing of a rule. */
export interface MissingLeaf {
  readonly ruleId: string;
  readonly leaf: Requirement;
  /** In words: `4 of 7 days since joining`. */
  readonly sentence: Sentence;
}

/**
 * What is missing of the rule that the user is nearest to, of those that are open to them: of all that still has to be met what is
 * furthest along. Undefined where a rule is met, or none can be.
 */
export function missingOf(rules: readonly RuleRequirement[], names: Names): MissingLeaf | undefined {
  const rule = nearestRule(rules);
  const leaf = rule && nearestMissing(rule.requirement);
  return leaf && { ruleId: rule.ruleId, leaf, sentence: missingSentence(leaf, names) };
}

/** One thing that is missing, in words. */
function missingSentence(leaf: Requirement, names: Names): Sentence {
  const counted = countInWords(leaf);
  return counted === undefined ? (missingInWords(leaf, names) ?? sentence([])) : sentence(counted);
}

/** The rule that is open to the user, and not met, of which most is met; of several, the one that time will have met first. */
export function nearestRule(rules: readonly RuleRequirement[]): RuleRequirement | undefined {
  if (rules.some(({ met }) => met)) return undefined;
  return nearest(
    rules.filter(({ revoked, rolloutExcluded }) => !revoked && !rolloutExcluded),
    ({ requirement }) => requirement,
  );
}

function nearest<T>(all: readonly T[], requirementOf: (one: T) => Requirement): T | undefined {
  let best: T | undefined;
  for (const one of all) {
    if (best === undefined) {
      best = one;
      continue;
    }
    const { progress, metAt = Infinity } = requirementOf(one);
    const { progress: most, metAt: soonest = Infinity } = requirementOf(best);
    if (progress > most || (progress === most && metAt < soonest)) best = one;
  }
  return best;
}
