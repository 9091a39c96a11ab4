import type { Flag, RemovedRule, Rule } from './flag.js';
import { type RuleMeaning, ruleMeaning } from './same-meaning.js';

/** What of a written rule says which one of the flag's it is. */
export interface MatchedInput extends RuleMeaning {
  /** '' where the write names none. */
  readonly id: string;
  readonly name: string;
}

/** Which one it is: by its id one that the flag has, or had; without an id one that it has; or a new one. */
export type RuleMatch =
  | { readonly kind: 'named'; readonly rule: Rule }
  | { readonly kind: 'removed'; readonly rule: RemovedRule }
  | { readonly kind: 'found'; readonly rule: Rule }
  | { readonly kind: 'new' };

const NEW: RuleMatch = { kind: 'new' };

/**
 * Finds which rules of a flag the rules of a write are, so that what says the same again keeps its identity. One with an id is
 * the rule of that id. Of what is left on both sides, rules are matched by their name where it is not empty and stands once
 * on each; then by their meaning, each with the first in order that nobody has taken; the rest are new. Gives one match for
 * each written rule.
 *
 * Law: a flag's rules, as a write left them, are matched with those of the same write one by one, with and without ids.
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

/** Gives the rule that an input without an id is, or undefined; asked once for each, it gives no rule twice. */
type Finder = (input: MatchedInput) => Rule | undefined;

/** By name, where one of the rules and one of the inputs has it. */
function byUniqueName(rules: readonly Rule[], inputs: readonly MatchedInput[]): Finder {
  const rulesNamed = Map.groupBy(rules, ({ name }) => name);
  const inputsNamed = Map.groupBy(inputs, ({ name }) => name);
  return ({ name }) => {
    const [rule, ...others] = rulesNamed.get(name) ?? [];
    return name === '' || others.length > 0 || inputsNamed.get(name)?.length !== 1 ? undefined : rule;
  };
}

/** By meaning, in order. */
function byMeaning(rules: readonly Rule[]): Finder {
  const rulesMeaning = Map.groupBy(rules, ruleMeaning);
  return (input) => rulesMeaning.get(ruleMeaning(input))?.shift();
}
