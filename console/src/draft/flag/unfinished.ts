import { type ConditionTree, nodesOf } from '../conditions/condition-tree.js';
import { leafOf } from '../conditions/leaf.js';
import type { DraftRule } from './flag-content.js';

/** What is yet to be said before the server can say anything: the fact of a condition, or the attribute that a rule is spread over. */
export type Missing = 'fact' | 'attribute';

/** What a rule is spread over where that is an attribute, before its name. */
export const ATTRIBUTE = 'attribute:';

/** What is missing in conditions, as far as they are drawn. */
export function missingInConditions({ root }: ConditionTree): 'fact' | undefined {
  const unfinished = nodesOf(root).some((node) => {
    if (node.kind !== 'leaf') return false;
    const { read, value } = leafOf(node);
    return read.fact === '' || (value.kind === 'fact' && value.read.fact === '');
  });
  return unfinished ? 'fact' : undefined;
}

/** What is missing in a rule. */
export function missingInRule({ conditions, bucket_by }: DraftRule): Missing | undefined {
  return missingInConditions(conditions) ?? (bucket_by === ATTRIBUTE ? 'attribute' : undefined);
}

/** Whether something is missing in a flag. */
export function isUnfinished({ rules }: { readonly rules: readonly DraftRule[] }): boolean {
  return rules.some((rule) => missingInRule(rule) !== undefined);
}
