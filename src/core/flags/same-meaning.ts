import { isJsonObject, type JsonObject } from '../values/json.js';

/** What a condition is called, shows and is tried first by: none of it changes whom it holds for. */
const LABELS: ReadonlySet<string> = new Set(['name', 'public', 'priority']);
const GROUPS: ReadonlySet<string> = new Set(['all', 'any', 'not']);

interface Pair {
  readonly a: unknown;
  readonly b: unknown;
  /** They are conditions, whose labels are passed over, or lists of them. */
  readonly conditions: boolean;
}

/**
 * Whether two sets of conditions are the same but for labels and the order of an object's members. Takes any JSON, of
 * any depth.
 */
export function sameMeaning(one: JsonObject, other: JsonObject): boolean {
  const open: Pair[] = [{ a: one, b: other, conditions: true }];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const { a, b, conditions } = pair;
    if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length !== b.length) return false;
      for (const [i, member] of a.entries()) open.push({ a: member, b: b[i], conditions });
    } else if (isJsonObject(a) && isJsonObject(b)) {
      const keys = membersOf(a, conditions);
      if (keys.length !== membersOf(b, conditions).length) return false;
      for (const key of keys) {
        if (!Object.hasOwn(b, key)) return false;
        open.push({ a: a[key], b: b[key], conditions: conditions && GROUPS.has(key) });
      }
    } else if (a !== b) {
      return false;
    }
  }
  return true;
}

function membersOf(object: JsonObject, conditions: boolean): readonly string[] {
  const keys = Object.keys(object);
  return conditions ? keys.filter((key) => !LABELS.has(key)) : keys;
}
