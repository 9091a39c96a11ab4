import { isDeeperThan } from './is-deeper-than.js';
import { isJsonObject, type JsonValue } from './json.js';

/** Below what any protocol and any database that carries a value allows. */
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
