import { type Fault, pointerStep } from './fault.js';
import { isSecret, REDACTED, withoutCredentials } from './secrets.js';

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
 * another, or a number as in {@link faultOfNumbers}. The pointer is relative to the value.
 */
export function faultOfJson(value: JsonValue): Fault | undefined {
  if (!isDeeperThan(value, MAX_DEPTH)) return faultOfNumbers(value);
  return { pointer: '', message: `is nested deeper than ${MAX_DEPTH}; flatten it` };
}

/**
 * The first number in JSON from outside that is not what its sender meant, or undefined: one that is read as infinite (`1e400`),
 * or a whole number that others are read as, too. The pointer is relative to the value. The nesting must be bounded.
 */
export function faultOfNumbers(value: JsonValue): Fault | undefined {
  if (typeof value === 'number') {
    const message = faultOfNumber(value);
    return message === undefined ? undefined : { pointer: '', message };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const fault = faultOfNumbers(member as JsonValue);
    if (fault !== undefined) return { ...fault, pointer: pointerStep(key) + fault.pointer };
  }
  return undefined;
}

/** From here on JSON writes numbers with an exponent. These are magnitudes, and no ids: those have 64 bits at most. */
const FIRST_MAGNITUDE = 1e21;

/**
 * What is wrong with a number from outside, or undefined. Whole numbers beyond ±(2⁵³ − 1) are rounded on their way here, so that
 * two ids can become one; those of 10²¹ and more are taken, unless a text spells them in digits, which the doors find out.
 */
function faultOfNumber(value: number): string | undefined {
  if (!Number.isFinite(value))
    return 'holds a number beyond what JSON can give back; make it smaller, or send it as text';
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= FIRST_MAGNITUDE) return undefined;
  return `holds the whole number ${value}, beyond ±${Number.MAX_SAFE_INTEGER}, where different numbers are read as one; send it as text`;
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

/**
 * A value as it may stand in a message: JSON, cut at 80 characters, so that nobody's input floods a log, without secret members and
 * without what looks like a credential.
 */
export function quote(value: unknown): string {
  // What is cut first might be half a credential, and no longer look like one.
  const text = withoutMisleading(withoutCredentials(shown(value)));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** JSON with such characters escaped that JSON leaves as they are and that terminals and pages obey: controls, and marks that turn text. */
export function withoutMisleading(json: string): string {
  return json.replace(MISLEADING, escaped);
}

/** A text that repeats what was sent, with the same characters escaped, and those that JSON would escape: no line of it is forged. */
export function onOneLine(text: string): string {
  return text.replace(BREAKING, escaped);
}

const BREAKING = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;
const MISLEADING = /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The value as JSON. A value that is nested too deep for `JSON.stringify` is named instead: a message must not fail for it. */
function shown(value: unknown): string {
  try {
    return (JSON.stringify(value, withoutSecret) as string | undefined) ?? String(value);
  } catch {
    return Array.isArray(value) ? 'a list too deep to show' : 'an object too deep to show';
  }
}

function withoutSecret(name: string, member: unknown): unknown {
  return isSecret(name) ? REDACTED : member;
}

const LONGEST_IN_BRIEF = 60;

/** A value of a condition as a message names it: texts as JSON, cut at 60 characters and without credentials, and lists and objects by their kind. */
export function inBrief(value: unknown): string {
  if (typeof value === 'string') {
    const text = withoutCredentials(value);
    const cut = withoutMisleading(JSON.stringify(text.slice(0, LONGEST_IN_BRIEF)));
    return text.length > LONGEST_IN_BRIEF ? `${cut}…` : cut;
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** The same value, of which nothing can be changed any more. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
