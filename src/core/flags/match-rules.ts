import type { Flag, RemovedRule, Rule } from './flag.js';
import { type RuleMeaning, ruleMeaning } from './same-meaning.js';

/** What a written rule is recognised by among the flag's rules. */
export interface MatchedInput extends RuleMeaning {
  /** The rule's id; '' where the write gives none. */
  readonly id: string;
  readonly name: string;
}

/** Which rule a written rule is: one that the flag has, one that it had (by its id only), or a new one. */
export type RuleMatch =
  | { readonly kind: 'named'; readonly rule: Rule }
  | { readonly kind: 'removed'; readonly rule: RemovedRule }
  | { readonly kind: 'found'; readonly rule: Rule }
  | { readonly kind: 'new' };

const NEW: RuleMatch = { kind: 'new' };

/**
 * Finds which rules of a flag the rules of a write are, so that a rule that is written again keeps its identity. A written
 * rule with an id is the rule of that id. Of the others, a rule is matched by its name, if that is not empty and only one
 * written rule and one of the flag's rules have it, and the same earn it; then by its meaning, with the first of the flag's rules that is not
 * matched yet. The rest are new. Gives a match for each written rule.
 *
 * Law: if a flag has the rules that a write gave it, the same write matches each of its rules with that one, with and
 * without ids.
 */
export function matchRules(
  written: readonly MatchedInput[],
  flag: Pick<Flag, 'rules' | 'removedRules'>,
): readonly RuleMatch[] {
  const matches = written.map(({ id }) => (id === '' ? undefined : matchById(id, flag)));
  const taken = new Set(matches.map((match) => (match?.kind === 'named' ? match.rule : undefined)));
  for (const finderOf of [byUniqueName, byMeaning]) {
    const rulesLeft = flag.rules.filter((rule) => !taken.has(rule));
    const inputsLeft = written.filter((_, i) => matches[i] === undefined);
    const find = finderOf(rulesLeft, inputsLeft);
    written.forEach((input, i) => {
      const rule = matches[i] === undefined ? find(input) : undefined;
      if (rule === undefined) return;
      taken.add(rule);
      matches[i] = { kind: 'found', rule };
    });
  }
  return matches.map((match) => match ?? NEW);
}

function matchById(id: string, { rules, removedRules }: Pick<Flag, 'rules' | 'removedRules'>): RuleMatch {
  const rule = rules.find((present) => present.id === id);
  if (rule !== undefined) return { kind: 'named', rule };
  const removed = removedRules?.find((past) => past.id === id);
  return removed === undefined ? NEW : { kind: 'removed', rule: removed };
}

/** Gives the rule that a written rule without an id is, or undefined. It gives no rule twice. */
type Finder = (input: MatchedInput) => Rule | undefined;

/** Finds rules by names that one of the rules and one of the inputs have. */
function byUniqueName(rules: readonly Rule[], inputs: readonly MatchedInput[]): Finder {
  const rulesNamed = Map.groupBy(rules, ({ name }) => name);
  const inputsNamed = Map.groupBy(inputs, ({ name }) => name);
  return ({ name, earnedBy }) => {
    const [rule, ...others] = rulesNamed.get(name) ?? [];
    if (name === '' || others.length > 0 || inputsNamed.get(name)?.length !== 1) return undefined;
    return rule?.earnedBy === earnedBy ? rule : undefined;
  };
}

/** Finds rules by their meaning, in order. */
function byMeaning(rules: readonly Rule[]): Finder {
  const rulesMeaning = Map.groupBy(rules, ruleMeaning);
  return (input) => rulesMeaning.get(ruleMeaning(input))?.shift();
}
