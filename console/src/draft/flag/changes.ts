import type { AccessRow } from '../../../../src/protocol/gen/admin-json.js';
import { sameJson } from '../values/json.js';
import {
  type DraftRule,
  type FlagContent,
  RULE_FIELDS,
  type RuleField,
  ruleValue,
  SIMPLE_FIELDS,
  type SimpleField,
} from './flag-content.js';

/** A row that is to be put, or dropped, with the draft. */
export interface PendingRow {
  readonly kind: 'put' | 'drop';
  readonly row: AccessRow;
  /** The row as it was stored when this was drafted; left out where there was none, or none was known. */
  readonly was?: AccessRow | undefined;
}

/** One unsaved change. */
export type Change =
  | { readonly kind: 'field'; readonly field: SimpleField; readonly before: unknown; readonly after: unknown }
  | { readonly kind: 'rule-added' | 'rule-removed'; readonly rule: DraftRule }
  | {
      readonly kind: 'rule-field';
      readonly rule: DraftRule;
      readonly field: RuleField;
      readonly before: unknown;
      readonly after: unknown;
    }
  /** The keys of the rules that are on both sides. */
  | { readonly kind: 'rule-order'; readonly before: readonly string[]; readonly after: readonly string[] }
  | { readonly kind: 'row'; readonly pending: PendingRow };

/** What differs between two contents of a flag, rules matched by their keys, and rows besides. */
export function changesOf(
  before: FlagContent,
  after: FlagContent,
  rows: readonly PendingRow[] = [],
): readonly Change[] {
  return [...fieldChanges(before, after), ...ruleChanges(before, after), ...rows.map(rowChange)];
}

/** What is only said of a flag and its rules. */
const SAID: ReadonlySet<string> = new Set(['name', 'description', 'owner', 'tags'] satisfies (
  | SimpleField
  | RuleField
)[]);

/** Whether a change may give a flag to anybody, or take it. */
export function mayMove(change: Change): boolean {
  return !((change.kind === 'field' || change.kind === 'rule-field') && SAID.has(change.field));
}

function rowChange(pending: PendingRow): Change {
  return { kind: 'row', pending };
}

function fieldChanges(before: FlagContent, after: FlagContent): readonly Change[] {
  return SIMPLE_FIELDS.filter((field) => !sameJson(before[field], after[field])).map((field) => ({
    kind: 'field',
    field,
    before: before[field],
    after: after[field],
  }));
}

function ruleChanges(before: FlagContent, after: FlagContent): readonly Change[] {
  if (before.rules === after.rules) return [];
  const [old, now] = [byKey(before.rules), byKey(after.rules)];
  const added = after.rules.filter(({ key }) => !old.has(key)).map((rule) => ({ kind: 'rule-added', rule }) as const);
  const removed = before.rules.filter(({ key }) => !now.has(key));
  const changed = after.rules.flatMap((rule) => changedFields(old.get(rule.key), rule));
  const order = [before.rules.filter(({ key }) => now.has(key)), after.rules.filter(({ key }) => old.has(key))];
  const [from, to] = order.map((rules) => rules.map(({ key }) => key));
  const moved: readonly Change[] = sameJson(from, to) ? [] : [{ kind: 'rule-order', before: from!, after: to! }];
  return [...added, ...removed.map((rule) => ({ kind: 'rule-removed', rule }) as const), ...changed, ...moved];
}

/** Whether two rules say the same, whatever they are called. */
export function sameRule(one: DraftRule, other: DraftRule): boolean {
  return changedFields(one, other).length === 0;
}

/** The rules of a flag by their keys. */
export function byKey(rules: readonly DraftRule[]): ReadonlyMap<string, DraftRule> {
  return new Map(rules.map((rule) => [rule.key, rule]));
}

function changedFields(before: DraftRule | undefined, rule: DraftRule): readonly Change[] {
  if (before === undefined || before === rule) return [];
  return RULE_FIELDS.flatMap((field) => {
    if (before[field] === rule[field]) return [];
    const [old, now] = [ruleValue(before, field), ruleValue(rule, field)];
    return sameJson(old, now) ? [] : [{ kind: 'rule-field', rule, field, before: old, after: now } as const];
  });
}
