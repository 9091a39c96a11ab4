import { isJsonObject, type JsonObject } from '../values/json.js';
import type { Rule } from './flag.js';

/** Members of a condition that do not change for whom it holds: its name, whether people see it, when it is tested. */
const LABELS: ReadonlySet<string> = new Set(['name', 'public', 'priority']);
const GROUPS: ReadonlySet<string> = new Set(['all', 'any', 'not']);

/** Whether two sets of conditions are equal, apart from labels and the order of members. */
export function sameMeaning(one: JsonObject, other: JsonObject): boolean {
  return one === other || meaningOf(one) === meaningOf(other);
}

/** What decides who earns a rule: not its name, its variants or its place. */
export type RuleMeaning = Pick<Rule, 'conditions' | 'policy' | 'earnedBy' | 'rolloutPer100k' | 'bucketBy'>;

/** A text that is the same for two rules if, and only if, their meaning is the same. */
export function ruleMeaning({ conditions, policy, earnedBy, rolloutPer100k, bucketBy }: RuleMeaning): string {
  return JSON.stringify([policy, earnedBy, rolloutPer100k, bucketBy, meaningOf(conditions)]);
}

interface Part {
  readonly value: unknown;
  /** Whether it is a condition, whose labels are left out, or a list of conditions. */
  readonly condition: boolean;
}

/** A text that is the same for two sets of conditions if, and only if, their meaning is the same. Takes JSON of any depth. */
function meaningOf(conditions: JsonObject): string {
  const text: string[] = [];
  const open: (Part | string)[] = [{ value: conditions, condition: true }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string') text.push(next);
    else if (Array.isArray(next.value)) openList(open, next.value, next.condition);
    else if (isJsonObject(next.value)) openObject(open, next.value, next.condition);
    else text.push(String(JSON.stringify(next.value)));
  }
  return text.join('');
}

/** Pushes the parts of a list, the last one first, since what is pushed last is taken next. */
function openList(open: (Part | string)[], list: readonly unknown[], condition: boolean): void {
  open.push(']');
  for (const value of list.toReversed()) open.push(',', { value, condition });
  open.push('[');
}

/** Pushes the members of an object, likewise, ordered by their names. */
function openObject(open: (Part | string)[], object: JsonObject, condition: boolean): void {
  const keys = Object.keys(object).filter((key) => !(condition && LABELS.has(key)));
  open.push('}');
  for (const key of keys.toSorted((a, b) => (a < b ? 1 : -1))) {
    open.push(',', { value: object[key], condition: condition && GROUPS.has(key) }, `${JSON.stringify(key)}:`);
  }
  open.push('{');
}
