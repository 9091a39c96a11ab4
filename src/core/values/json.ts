/** Any JSON value. Stored attributes, variant values and conditions are of this type. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object. Read its members with {@link ownMember}: keys come from outside and may be `__proto__`. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** The object's own member of that name, or undefined: `constructor` and `__proto__` find nothing inherited. */
export function ownMember(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Whether a value is a JSON object: neither null nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether two values are the same JSON; the order of an object's members does not matter. */
export function sameJson(a: JsonValue, b: JsonValue): boolean {
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]!));
  if (!isJsonObject(a)) return a === b;
  if (!isJsonObject(b)) return false;
  const [left, right]: readonly JsonObject[] = [a, b];
  const keys = Object.keys(left!);
  return (
    keys.length === Object.keys(right!).length &&
    keys.every((key) => Object.hasOwn(right!, key) && sameJson(left![key]!, right![key]!))
  );
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Less than every protocol and every database allows that stored JSON goes through. */
const MAX_DEPTH = 32;

/**
 * What is wrong with JSON from outside that is to be stored, or undefined: more than 32 objects and lists within one
 * another, or a number that is read as infinite (`1e400`), which would come back as null.
 */
export function faultOfJson(value: JsonValue): string | undefined {
  if (isDeeperThan(value, MAX_DEPTH)) return `is nested deeper than ${MAX_DEPTH}; flatten it`;
  return allFinite(value) ? undefined : 'holds a number beyond what JSON can give back; make it smaller';
}

function allFinite(value: JsonValue): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(allFinite);
  return !isJsonObject(value) || Object.values(value).every(allFinite);
}

/** Whether more than `limit` objects and lists stand within one another in a value; takes any depth. */
export function isDeeperThan(value: JsonValue, limit: number): boolean {
  let level = containersOf([value]);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === limit) return true;
    level = level.flatMap((container) => containersOf(Object.values(container)));
  }
  return false;
}

function containersOf(values: readonly JsonValue[]): readonly object[] {
  return values.filter((value) => typeof value === 'object' && value !== null);
}

/** A value as it may stand in a message: JSON, cut at 80 characters, so that nobody's input floods a log. */
export function quote(value: unknown): string {
  const text = shown(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** The value as JSON. A value that is nested too deep for `JSON.stringify` is named instead: a message must not fail for it. */
function shown(value: unknown): string {
  try {
    return (JSON.stringify(value) as string | undefined) ?? String(value);
  } catch {
    return Array.isArray(value) ? 'a list too deep to show' : 'an object too deep to show';
  }
}

const LONGEST_IN_BRIEF = 60;

/** A value of a condition as a message names it: texts as they are, cut at 60 characters, and lists and objects by their kind. */
export function inBrief(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > LONGEST_IN_BRIEF
      ? `${JSON.stringify(value.slice(0, LONGEST_IN_BRIEF))}…`
      : JSON.stringify(value);
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
