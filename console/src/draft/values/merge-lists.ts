import { sameJson } from './json.js';

/** Whose version of something is taken. */
export type Side = 'theirs' | 'yours';

/** Something that both sides changed, each in its own way. */
export interface Conflict {
  /** Names it: `/name`, `/rules/RULE/rollout`, `/rules` for the order of the rules. The steps are escaped as in JSON pointers. */
  readonly place: string;
  /** What it was; undefined where it was not there. */
  readonly base: unknown;
  readonly theirs: unknown;
  readonly yours: unknown;
  /** Whose it is in the merged flag. */
  readonly side: Side;
}

/** What a merge is made with. */
export interface Merging {
  /** Whose to take where both changed it, by its place; yours where nothing is said. */
  readonly choices: ReadonlyMap<string, Side>;
  /** What was found. */
  readonly conflicts: Conflict[];
}

/** What a thing was, and what either side has made of it. */
export interface Three<T> {
  readonly base: T;
  readonly theirs: T;
  readonly yours: T;
}

/** Merges a value that is changed as a whole. `comparable` gives what to compare it by, and to show. */
export function mergeValue<T>(
  { base, theirs, yours }: Three<T>,
  place: string,
  { choices, conflicts }: Merging,
  comparable: (value: T) => unknown = (value) => value,
): T {
  const [was, they, you] = [comparable(base), comparable(theirs), comparable(yours)];
  if (sameJson(was, they) || sameJson(they, you)) return yours;
  if (sameJson(was, you)) return theirs;
  const side = choices.get(place) ?? 'yours';
  conflicts.push({ place, base: was, theirs: they, yours: you, side });
  return side === 'yours' ? yours : theirs;
}

/** How the members of a list are told apart and merged. */
export interface ListOf<T> {
  readonly keyOf: (item: T) => string;
  readonly place: (key: string) => string;
  readonly comparable: (item: T) => unknown;
  /** Merges a member that all three have. */
  readonly mergeItem: (item: Three<T>, place: string, merging: Merging) => T;
  /** The name of the order, where that means something and both may have changed it; undefined where it does not. */
  readonly order: string | undefined;
}

/** Merges a list of things with keys: what either side added is there, what either removed is not, the rest is merged one by one. */
export function mergeList<T>(lists: Three<readonly T[]>, of: ListOf<T>, merging: Merging): readonly T[] {
  const { base, theirs, yours } = lists;
  const [was, they, you] = [base, theirs, yours].map((list) => new Map(list.map((item) => [of.keyOf(item), item])));
  const merged = new Map<string, T>();
  for (const key of new Set([...you!.keys(), ...they!.keys(), ...was!.keys()])) {
    const item = mergeMember({ base: was!.get(key), theirs: they!.get(key), yours: you!.get(key) }, key, of, merging);
    if (item !== undefined) merged.set(key, item);
  }
  const keys = { base: [...was!.keys()], theirs: [...they!.keys()], yours: [...you!.keys()] };
  return mergeOrder(keys, merged, of.order, merging).map((key) => merged.get(key)!);
}

function mergeMember<T>(item: Three<T | undefined>, key: string, of: ListOf<T>, merging: Merging): T | undefined {
  const { base, theirs, yours } = item;
  const place = of.place(key);
  if (base !== undefined && theirs !== undefined && yours !== undefined) {
    return of.mergeItem({ base, theirs, yours }, place, merging);
  }
  return mergeValue(item, place, merging, (value) => (value === undefined ? undefined : of.comparable(value)));
}

/**
 * The order of what a merge has left: that of whoever changed it. What only the other side has stands behind what it stood behind
 * there, and last where it was last.
 */
function mergeOrder<T>(
  keys: Three<readonly string[]>,
  merged: ReadonlyMap<string, T>,
  place: string | undefined,
  merging: Merging,
): readonly string[] {
  const { base, theirs, yours } = keys;
  const theyMoved = !sameJson(among(base, theirs), among(theirs, base));
  const youMoved = !sameJson(among(base, yours), among(yours, base));
  const agree = sameJson(among(theirs, yours), among(yours, theirs));
  let side: Side = theyMoved && !youMoved ? 'theirs' : 'yours';
  if (theyMoved && youMoved && !agree && place !== undefined) {
    side = merging.choices.get(place) ?? 'yours';
    merging.conflicts.push({ place, ...keys, side });
  }
  const [first, second] = side === 'yours' ? [yours, theirs] : [theirs, yours];
  const order = first.filter((key) => merged.has(key));
  for (const [i, key] of second.entries()) {
    if (!merged.has(key) || order.includes(key)) continue;
    const before = second.slice(0, i).findLast((each) => order.includes(each));
    const isLast = !second.slice(i + 1).some((each) => order.includes(each));
    order.splice(isLast ? order.length : before === undefined ? 0 : order.indexOf(before) + 1, 0, key);
  }
  return order;
}

function among(keys: readonly string[], others: readonly string[]): readonly string[] {
  return keys.filter((key) => others.includes(key));
}
