import { type ConditionTree, nodesOf } from '../conditions/condition-tree.js';
import { leafOf } from '../conditions/leaf.js';
import type { DraftRule } from './flag-content.js';

/** What is yet to be said before the server can say anything: of a condition its fact, or what that is compared with; the attribute that a rule is spread over. */
export type Missing = 'fact' | 'value' | 'attribute';

/** What a rule is spread over where that is an attribute, before its name. */
export const ATTRIBUTE = 'attribute:';

/** What is missing in conditions, as far as they are drawn: the server refuses them until it is said, so that nobody can lose anything by it. */
export function missingInConditions({ root }: ConditionTree): 'fact' | 'value' | undefined {
  const leaves = nodesOf(root).flatMap((node) => (node.kind === 'leaf' ? [leafOf(node)] : []));
  const noFact = leaves.some(
    ({ read, value }) => read.fact === '' || (value.kind === 'fact' && value.read.fact === ''),
  );
  if (noFact) return 'fact';
  return leaves.some(({ hasValue }) => !hasValue) ? 'value' : undefined;
}

/** What is missing in a rule. */
export function missingInRule({ conditions, bucket_by }: DraftRule): Missing | undefined {
  return missingInConditions(conditions) ?? (bucket_by === ATTRIBUTE ? 'attribute' : undefined);
}

/** Whether something is missing in a flag. */
export function isUnfinished({ rules }: { readonly rules: readonly DraftRule[] }): boolean {
  return rules.some((rule) => missingInRule(rule) !== undefined);
}
