/** A name that stood under some keys and stands under others now. */
export interface Move<Key> {
  readonly name: string;
  readonly from: ReadonlySet<Key>;
  readonly to: ReadonlySet<Key>;
}

const NOBODY: ReadonlySet<string> = new Set<string>();

/** Names by key, as who refers to whom. It never changes: a move makes another one, which shares what is the same. */
export class NamesByKey<Key> {
  readonly #names: ReadonlyMap<Key, ReadonlySet<string>>;

  constructor(names: ReadonlyMap<Key, ReadonlySet<string>> = new Map()) {
    this.#names = names;
  }

  /** The names under a key; none where it is not known. */
  get(key: Key): ReadonlySet<string> {
    return this.#names.get(key) ?? NOBODY;
  }

  /** Every key that has names. */
  keys(): Iterable<Key> {
    return this.#names.keys();
  }

  /** With these names moved; the same object where none is. */
  moved(moves: Iterable<Move<Key>>): NamesByKey<Key> {
    let names: Map<Key, ReadonlySet<string>> | undefined;
    const copied = new Map<Key, Set<string>>();
    const own = (key: Key): Set<string> => {
      const known = copied.get(key);
      if (known !== undefined) return known;
      names ??= new Map(this.#names);
      const copy = new Set(names.get(key));
      names.set(key, copy);
      copied.set(key, copy);
      return copy;
    };
    for (const { name, from, to } of moves) {
      for (const key of from) if (!to.has(key)) own(key).delete(name);
      for (const key of to) if (!from.has(key)) own(key).add(name);
    }
    if (names === undefined) return this;
    for (const [key, some] of copied) if (some.size === 0) names.delete(key);
    return new NamesByKey(names);
  }
}
