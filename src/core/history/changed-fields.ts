import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../values/json.js';

/** What a change by itself sets, whatever it is about. */
const SET_BY_CHANGE: ReadonlySet<string> = new Set(['version', 'updatedAt', 'createdAt', 'removedRules', 'hasRows']);

/** The names of the members in which two objects differ, as words: `is enabled globally`, `rules`. */
export function changedFields(before: JsonValue, after: JsonValue): readonly string[] {
  const [one, other]: readonly JsonObject[] = [objectOf(before), objectOf(after)];
  const names = new Set([...Object.keys(other!), ...Object.keys(one!)]);
  return [...names]
    .filter((name) => !SET_BY_CHANGE.has(name) && !same(one![name], other![name]))
    .map((name) => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll('_', ' '));
}

function objectOf(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : {};
}

function same(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return one === undefined || other === undefined ? one === other : sameJson(one, other);
}
