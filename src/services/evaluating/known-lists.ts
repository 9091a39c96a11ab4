/** How many lists are known again: services ask for the same flags all the time. */
const MAX_LISTS = 16;

/** The lists of keys that were asked for lately: one object for all calls that ask for the same flags. */
export class KnownLists {
  #lists: (readonly string[])[] = [];

  /** The list of the same keys that was asked for before, or this one. */
  of(asked: readonly string[]): readonly string[] {
    const place = this.#lists.findIndex((list) => isSameList(list, asked));
    if (place === 0) return this.#lists[0]!;
    const list = place < 0 ? asked : this.#lists[place]!;
    this.#lists = [list, ...this.#lists.filter((other) => other !== list)].slice(0, MAX_LISTS);
    return list;
  }
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
