import { PER_100K, type Rule, type WeightedVariant } from '../flags/flag.js';
import { holdsForAll, whomWords } from './conditions-words.js';
import { listed, part, type Sentence, say, sentence, type Words } from './part.js';
import { BY_KEY, type Names, namePart } from './speaking.js';

/** What of a rule its sentence is made of. */
export type DescribedRule = Pick<
  Rule,
  'conditions' | 'policy' | 'onReversal' | 'earnedBy' | 'rolloutPer100k' | 'bucketBy' | 'distribution'
>;

/**
 * Who has a rule, and for how long, in words: `a random 5 % of everyone who has the role admin`; `everyone who created at least 10 reports,
 * for good`. The parts point into the rule as the interfaces show it: `/conditions/all/0/value`, `/rollout`.
 */
export function describeRule(rule: DescribedRule, names: Names = BY_KEY, pointerBase = ''): Sentence {
  return sentence(ruleWords(rule, names, pointerBase));
}

export function ruleWords(rule: DescribedRule, names: Names, pointerBase: string): Words {
  const of = rule.earnedBy === 'ORGANIZATION' ? 'organizations' : 'people';
  const whom = whomWords(rule.conditions, { names, of, pointerBase: `${pointerBase}/conditions` });
  const members =
    of === 'organizations' ? say`, ${part('field', 'for all of its members', `${pointerBase}/earned_by`)}` : [];
  return say`${rolledOut(whom, rule, pointerBase)}${members}${policyWords(rule, pointerBase)}${servedWords(rule, pointerBase)}`;
}

function rolledOut(whom: Words, { rolloutPer100k, bucketBy, earnedBy }: DescribedRule, base: string): Words {
  if (rolloutPer100k >= PER_100K) return whom;
  const share = part('value', percent(rolloutPer100k), `${base}/rollout`, rolloutPer100k);
  if (rolloutPer100k === 0) return say`nobody, since it is given to ${share} of ${whom}`;
  const random = say`a random ${share} of`;
  if (earnedBy === 'ORGANIZATION') return say`${whom}, within ${random} them`;
  if (bucketBy === 'user') return say`${random} ${whom}`;
  if (bucketBy === 'organization')
    return say`${whom}, in ${random} ${part('field', 'organizations', `${base}/bucket_by`)}`;
  const name = bucketBy.slice('attribute:'.length);
  const attribute = namePart('fact', name, `${base}/bucket_by`);
  return say`${whom}, for ${random} the values of the attribute ${attribute}`;
}

/** A share of 100,000ths: `12.5 %`. */
export function percent(per100k: number): string {
  return `${(per100k * 100) / PER_100K} %`;
}

function policyWords({ policy, onReversal, conditions }: DescribedRule, base: string): Words {
  const at = `${base}/policy`;
  if (policy === 'LIVE') return holdsForAll(conditions) ? [] : say`, ${part('field', 'while that is so', at)}`;
  const kept = say`, ${part('field', 'for good', at)}`;
  if (onReversal !== 'RELOCK') return kept;
  return say`${kept} ${part('field', 'unless what earned it is taken back', `${base}/on_reversal`)}`;
}

function servedWords({ distribution }: DescribedRule, base: string): Words {
  return distribution.length === 0 ? [] : say`, served ${distributionWords(distribution, `${base}/distribution`)}`;
}

/** `dark (75 %) or light (25 %)`. */
export function distributionWords(distribution: readonly WeightedVariant[], pointer: string): Words {
  const total = distribution.reduce((sum, { weight }) => sum + weight, 0);
  const shares = distribution.map(({ variant, weight }, i): Words => {
    const name = namePart('variant', variant, `${pointer}/${i}/variant`);
    if (distribution.length === 1) return [name];
    const share = total === 0 ? 0 : Math.round((weight / total) * PER_100K);
    return say`${name} (${part('value', percent(share), `${pointer}/${i}/weight`, weight)})`;
  });
  return listed(shares, 'or');
}
