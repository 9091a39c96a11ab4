import { isJsonObject, type JsonObject } from '../values/json.js';
import type { Rule } from './flag.js';

/** What a condition is called, shows and is tried first by: none of it changes whom it holds for. */
const LABELS: ReadonlySet<string> = new Set(['name', 'public', 'priority']);
const GROUPS: ReadonlySet<string> = new Set(['all', 'any', 'not']);

/** Whether two sets of conditions are the same but for labels and the order of an object's members. */
export function sameMeaning(one: JsonObject, other: JsonObject): boolean {
  return one === other || meaningOf(one) === meaningOf(other);
}

/** What decides who earns a rule. Its name, its variants and its place do not. */
export type RuleMeaning = Pick<Rule, 'conditions' | 'policy' | 'rolloutPer100k' | 'bucketBy'>;

/** The same text for two rules exactly when the same users earn them, in the same way. */
export function ruleMeaning({ conditions, policy, rolloutPer100k, bucketBy }: RuleMeaning): string {
  return JSON.stringify([policy, rolloutPer100k, bucketBy, meaningOf(conditions)]);
}

interface Part {
  readonly value: unknown;
  /** It is a condition, whose labels are passed over, or a list of them. */
  readonly condition: boolean;
}

/** The same text for two sets of conditions exactly when they mean the same. Takes any JSON, of any depth. */
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

/** What stands last is pushed first, since the last that is pushed is taken next. */
function openList(open: (Part | string)[], list: readonly unknown[], condition: boolean): void {
  open.push(']');
  for (const value of list.toReversed()) open.push(',', { value, condition });
  open.push('[');
}

/** As a list, by the names of its members. */
function openObject(open: (Part | string)[], object: JsonObject, condition: boolean): void {
  const keys = Object.keys(object).filter((key) => !(condition && LABELS.has(key)));
  open.push('}');
  for (const key of keys.toSorted((a, b) => (a < b ? 1 : -1))) {
    open.push(',', { value: object[key], condition: condition && GROUPS.has(key) }, `${JSON.stringify(key)}:`);
  }
  open.push('{');
}
