import { pointerStep } from '../values/fault.js';
import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../values/json.js';

/** One place in which two values differ. */
export interface Difference {
  /**
   * JSON pointer into the later value, or into the earlier one where the later has no such place. Items of a list that have an `id`, a
   * `key` or a `name` are held against those of the same name, wherever they stand.
   */
  readonly pointer: string;
  /** Absent where there was nothing. */
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

/** Where two values differ, in the order of the later one's members; nothing where they are the same. */
export function differences(before: JsonValue, after: JsonValue, pointer = ''): readonly Difference[] {
  if (sameJson(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) return ofLists(before, after, pointer);
  if (isJsonObject(before) && isJsonObject(after)) return ofObjects(before, after, pointer);
  return [{ pointer, before, after }];
}

function ofObjects(before: JsonObject, after: JsonObject, pointer: string): readonly Difference[] {
  const names = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...names].flatMap((name) => {
    const place = `${pointer}${pointerStep(name)}`;
    const [had, has] = [Object.hasOwn(before, name), Object.hasOwn(after, name)];
    if (!had) return [{ pointer: place, after: after[name]! }];
    return has ? differences(before[name]!, after[name]!, place) : [{ pointer: place, before: before[name]! }];
  });
}

function ofLists(before: readonly JsonValue[], after: readonly JsonValue[], pointer: string): readonly Difference[] {
  const names = namesIn(before, after);
  if (names !== undefined)
    return ofNamed({ items: before, names: names[0] }, { items: after, names: names[1] }, pointer);
  if (before.length !== after.length) return [{ pointer, before, after }];
  return after.flatMap((item, i) => differences(before[i]!, item, `${pointer}/${i}`));
}

interface NamedItems {
  readonly items: readonly JsonValue[];
  readonly names: readonly string[];
}

function ofNamed(before: NamedItems, after: NamedItems, pointer: string): readonly Difference[] {
  const found = after.items.flatMap((item, i): readonly Difference[] => {
    const at = before.names.indexOf(after.names[i]!);
    const place = `${pointer}/${i}`;
    return at < 0 ? [{ pointer: place, after: item }] : differences(before.items[at]!, item, place);
  });
  const gone = before.items.flatMap((item, i) =>
    after.names.includes(before.names[i]!) ? [] : [{ pointer: `${pointer}/${i}`, before: item }],
  );
  const kept = before.names.filter((name) => after.names.includes(name));
  const order = after.names.filter((name) => before.names.includes(name));
  const moved = kept.some((name, i) => name !== order[i]);
  return [...found, ...gone, ...(moved ? [{ pointer, before: before.names, after: after.names }] : [])];
}

const NAMING = ['id', 'key', 'name'] as const;

/** The names of two lists' items, where all of them are objects with names of their own by the same member. */
function namesIn(
  before: readonly JsonValue[],
  after: readonly JsonValue[],
): readonly [readonly string[], readonly string[]] | undefined {
  for (const member of NAMING) {
    const [one, other] = [namesOf(before, member), namesOf(after, member)];
    if (one !== undefined && other !== undefined) return [one, other];
  }
  return undefined;
}

function namesOf(items: readonly JsonValue[], member: string): readonly string[] | undefined {
  const names = items.map((item) => (isJsonObject(item) ? item[member] : undefined));
  const named = names.every((name) => typeof name === 'string' && name !== '') && new Set(names).size === names.length;
  return named ? (names as readonly string[]) : undefined;
}
