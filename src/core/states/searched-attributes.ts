import { foldedText } from '../values/folded-text.js';
import { isJsonObject, type JsonObject, type JsonValue, ownMember } from '../values/json.js';

/** How many attributes users can be found by, and how long the path to one is, in characters. */
const MAX_SEARCHED_ATTRIBUTES = 8;
const MAX_SEARCHED_PATH = 100;

/** How much of a value is kept for searches, in characters (code points). */
const SEARCHED_LENGTH = 100;

/** What is wrong with the paths of attributes that users are to be found by, or undefined. */
export function faultOfSearchedAttributes(paths: readonly string[]): string | undefined {
  if (paths.length > MAX_SEARCHED_ATTRIBUTES)
    return `users are found by at most ${MAX_SEARCHED_ATTRIBUTES} attributes, not ${paths.length}`;
  for (const [i, path] of paths.entries()) {
    const shown = JSON.stringify(path);
    if (path === '' || path.split('.').includes('')) return `${shown} is no attribute, nor a path like profile.email`;
    if (path.length > MAX_SEARCHED_PATH) return `${shown} is longer than ${MAX_SEARCHED_PATH} characters`;
    if (!/^[\x21-\x7e]+$/.test(path)) return `${shown} has spaces or other characters than ASCII’s`;
    if (paths.indexOf(path) !== i) return `${shown} stands twice; leave one out`;
  }
  return undefined;
}

/** The text or number at a path in a user's attributes, as text: the attribute of that very name, or else one within others. */
export function attributeAt(attributes: JsonObject, path: string): string | undefined {
  let value: JsonValue | undefined = ownMember(attributes, path);
  if (value === undefined) {
    value = attributes as JsonValue;
    for (const step of path.split('.')) value = isJsonObject(value) ? ownMember(value as JsonObject, step) : undefined;
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** What users are found by, by attribute: its value, folded, whole. Attributes without a text or a number are left out. */
export function searchedValues(attributes: JsonObject, paths: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const path of paths) {
    const value = foldedText(attributeAt(attributes, path) ?? '').trim();
    if (value !== '') values.set(path, value);
  }
  return values;
}

/** As much of a folded value as is kept. */
export function keptForSearch(folded: string): string {
  return folded.length <= SEARCHED_LENGTH ? folded : Array.from(folded).slice(0, SEARCHED_LENGTH).join('');
}
