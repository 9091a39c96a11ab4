import { type JsonValue, sameJson } from '../values/json.js';
import { type Sentence, say, sentence, type Words } from './part.js';

/** One thing that differs, in a sentence. Pointers of its parts are into what is there after the change, as the interfaces show it. */
export interface Difference extends Sentence {
  /** A JSON pointer to the field that differs: `/rules/0/rollout`; of what is gone, to the list that it stood in. */
  readonly pointer: string;
}

export function difference(pointer: string, words: Words): Difference {
  return { pointer, ...sentence(words) };
}

/** Two lists, before and after a change. */
export interface Lists<T> {
  readonly was: readonly T[];
  readonly is: readonly T[];
  readonly nameOf: (one: T) => string;
  readonly called: string;
}

/** What is new in a list, is gone from it, or has changed, by name; and whether what is left stands in another order. */
export function listDiffers<T>(
  pointer: string,
  { was, is, nameOf, called }: Lists<T>,
  words: (after: T | undefined, before: T | undefined, index: number) => Words,
): readonly Difference[] {
  const before = new Map(was.map((one) => [nameOf(one), one]));
  const after = new Set(is.map(nameOf));
  const changed = is.flatMap((one, i) => {
    const then = before.get(nameOf(one));
    return same(then, one) ? [] : [difference(`${pointer}/${i}`, words(one, then, i))];
  });
  const gone = was.filter((one) => !after.has(nameOf(one)));
  const order = isReordered(was.map(nameOf), is.map(nameOf));
  return [
    ...changed,
    ...gone.map((one) => difference(pointer, words(undefined, one, 0))),
    ...(order ? [difference(pointer, say`the ${called} are in another order`)] : []),
  ];
}

/** Whether what stands in both lists stands in another order. */
export function isReordered(was: readonly string[], is: readonly string[]): boolean {
  const [before, after] = [new Set(was), new Set(is)];
  const left = was.filter((name) => after.has(name));
  return is.filter((name) => before.has(name)).some((name, i) => name !== left[i]);
}

/** Whether two values are the same JSON, or both absent. */
export function same(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && sameJson(a as JsonValue, b as JsonValue));
}
