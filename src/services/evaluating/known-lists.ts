/** What is asked for, and in which form it is told: one object for all calls that ask for the same. */
export interface KnownList {
  readonly keys: readonly string[];
  readonly form: object;
  /** About what the keys take in memory, for which whoever holds the list should account: others may have let go of it. */
  readonly bytes: number;
}

/** How many lists are known again: services ask for the same flags all the time. */
const MAX_LISTS = 16;

/** The lists of keys that were asked for lately. */
export class KnownLists {
  #lists: KnownList[] = [];

  /** The list of the same keys that was asked for before, or a new one. */
  of(keys: readonly string[], form: object): KnownList {
    const [first] = this.#lists;
    if (first !== undefined && isSame(first, keys, form)) return first;
    const list = this.#lists.find((known) => isSame(known, keys, form)) ?? { keys, form, bytes: bytesOf(keys) };
    this.#lists = [list, ...this.#lists.filter((other) => other !== list)].slice(0, MAX_LISTS);
    return list;
  }
}

function isSame({ keys: one, form }: KnownList, other: readonly string[], asked: object): boolean {
  if (form !== asked) return false;
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

/** What a place in a list takes in memory. */
const BYTES_PER_PLACE = 8;

function bytesOf(keys: readonly string[]): number {
  return keys.reduce((bytes, { length }) => bytes + BYTES_PER_PLACE + length, 0);
}
