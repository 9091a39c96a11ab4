import type { Prerequisite, Variant } from '../../../../src/protocol/gen/admin-json.js';
import { pointerStep, sameJson } from '../values/json.js';
import {
  type Conflict,
  type ListOf,
  type Merging,
  mergeList,
  mergeValue,
  type Side,
  type Three,
} from '../values/merge-lists.js';
import { sameRule } from './changes.js';
import {
  type DraftRule,
  type FlagContent,
  isNewRule,
  RULE_FIELDS,
  type RuleField,
  ruleValue,
  SIMPLE_FIELDS,
} from './flag-content.js';

export type { Conflict, Side } from '../values/merge-lists.js';

/** What has come of two sides' changes of a flag. */
export interface MergedFlags {
  readonly content: FlagContent;
  /** What both changed. Nothing of either side is lost but what stands here, and `choices` or yours decides it. */
  readonly conflicts: readonly Conflict[];
}

/**
 * Merges what two sides have made of a flag, field by field, the rules matched by their keys, variants, prerequisites and tags by
 * what they name. What one side changed, and the other did not, is as that side has it. A new rule of the draft that theirs has
 * just so, with an id by now, is that one: a save whose answer was lost has put it there.
 */
export function mergeFlags(
  base: FlagContent,
  theirs: FlagContent,
  edited: FlagContent,
  choices: ReadonlyMap<string, Side>,
): MergedFlags {
  const yours = { ...edited, rules: withTheirKeys(base.rules, theirs.rules, edited.rules) };
  const merging: Merging = { choices, conflicts: [] };
  const fields = SIMPLE_FIELDS.map((field) => {
    const three = { base: base[field], theirs: theirs[field], yours: yours[field] };
    return [field, mergeField(field, three, merging)];
  });
  const rules = mergeRules({ base: base.rules, theirs: theirs.rules, yours: yours.rules }, merging);
  const content = { ...(Object.fromEntries(fields) as Omit<FlagContent, 'rules'>), rules };
  return { content, conflicts: merging.conflicts };
}

function mergeField(field: (typeof SIMPLE_FIELDS)[number], three: Three<unknown>, merging: Merging): unknown {
  const { base, theirs, yours } = three;
  const list = LISTS[field as keyof typeof LISTS] as ListOf<unknown> | undefined;
  // What one side left alone, or both made the same of, needs no merging; and a list may name a thing twice while it is edited.
  if (list === undefined || sameJson(base, theirs) || sameJson(base, yours) || sameJson(theirs, yours)) {
    return mergeValue(three, `/${field}`, merging);
  }
  const lists = three as Three<readonly unknown[]>;
  const unique = [lists.base, lists.theirs, lists.yours].every(
    (items) => new Set(items.map(list.keyOf)).size === items.length,
  );
  return unique ? mergeList(lists, list, merging) : mergeValue(three, `/${field}`, merging);
}

function listBy<T>(field: string, keyOf: (item: T) => string, order?: string): ListOf<T> {
  return {
    keyOf,
    place: (key) => `/${field}${pointerStep(key)}`,
    comparable: (item) => item,
    mergeItem: mergeValue,
    order,
  };
}

/** The lists of things that are found by a name. The order of none of them says anything. */
const LISTS = {
  tags: listBy<string>('tags', (tag) => tag),
  prerequisites: listBy<Prerequisite>('prerequisites', ({ flag_key }) => flag_key),
  variants: listBy<Variant>('variants', ({ key }) => key),
};

const RULES: ListOf<DraftRule> = {
  keyOf: ({ key }) => key,
  place: (key) => `/rules${pointerStep(key)}`,
  comparable: (rule) => Object.fromEntries(RULE_FIELDS.map((field) => [field, ruleValue(rule, field)])),
  mergeItem: mergeRule,
  order: '/rules',
};

function mergeRules(rules: Three<readonly DraftRule[]>, merging: Merging): readonly DraftRule[] {
  return mergeList(rules, RULES, merging);
}

/** Your rules, the new ones called as theirs that are the same and were not there before: each of theirs once. */
function withTheirKeys(
  base: readonly DraftRule[],
  theirs: readonly DraftRule[],
  yours: readonly DraftRule[],
): readonly DraftRule[] {
  const known = new Set([...base, ...yours].map(({ key }) => key));
  const left = theirs.filter(({ key }) => !known.has(key));
  return yours.map((rule) => {
    const at = isNewRule(rule) ? left.findIndex((each) => sameRule(each, rule)) : -1;
    if (at < 0) return rule;
    const [same] = left.splice(at, 1);
    return { ...rule, key: same!.key };
  });
}

function mergeRule({ base, theirs, yours }: Three<DraftRule>, place: string, merging: Merging): DraftRule {
  const fields = RULE_FIELDS.map((field) => {
    const three = { base: base[field], theirs: theirs[field], yours: yours[field] } as Three<DraftRule[RuleField]>;
    const comparable = field === 'conditions' ? conditionsOf : undefined;
    return [field, mergeValue(three, `${place}/${field}`, merging, comparable)];
  });
  return { ...(Object.fromEntries(fields) as Omit<DraftRule, 'key'>), key: yours.key };
}

function conditionsOf(conditions: DraftRule[RuleField]): unknown {
  return ruleValue({ conditions } as DraftRule, 'conditions');
}
