import { LayeredMap } from './layered-map.js';

/** A name that was under some keys and is under others now. */
export interface Move<Key> {
  readonly name: string;
  readonly from: ReadonlySet<Key>;
  readonly to: ReadonlySet<Key>;
}

/** Sets of names by key, such as the flags that refer to each segment. It never changes: {@link moved} makes another one. */
export class NamesByKey<Key> {
  readonly #names: LayeredMap<Key, Names>;

  constructor(names: LayeredMap<Key, Names> = new LayeredMap()) {
    this.#names = names;
  }

  /** The names under a key; none for an unknown key. */
  get(key: Key): ReadonlySet<string> {
    return this.#names.get(key)?.set() ?? NOBODY;
  }

  /** Every key that has names. */
  keys(): Iterable<Key> {
    return this.#names.keys();
  }

  has(key: Key): boolean {
    return this.#names.has(key);
  }

  /** The sets after these names have moved, each of which is given once; the same object where none has. */
  moved(moves: Iterable<Move<Key>>): NamesByKey<Key> {
    const changes = new Map<Key, Changes>();
    const changesOf = (key: Key): Changes => {
      let known = changes.get(key);
      if (known === undefined) {
        known = { come: [], gone: [] };
        changes.set(key, known);
      }
      return known;
    };
    for (const { name, from, to } of moves) {
      if (from === to) continue;
      for (const key of from) if (!to.has(key)) changesOf(key).gone.push(name);
      for (const key of to) if (!from.has(key)) changesOf(key).come.push(name);
    }
    if (changes.size === 0) return this;
    const changed = new Map<Key, Names | undefined>();
    for (const [key, some] of changes) {
      const names = (this.#names.get(key) ?? NONE).with(some);
      changed.set(key, names.size === 0 ? undefined : names);
    }
    return new NamesByKey(this.#names.with(changed));
  }
}

/** The names that came under a key, and those that are there no more. */
interface Changes {
  readonly come: string[];
  readonly gone: string[];
}

/** Fewer names than that are copied with each change. */
const FEW = 64;

/** The names under one key. Where they are many, a few changes lie above a set that several have in common. */
class Names {
  readonly size: number;
  /** A list until it is asked for: of most keys nobody asks before they change. */
  #below: ReadonlySet<string> | readonly string[];
  /** What differs: whether the name is there. */
  readonly #above: ReadonlyMap<string, boolean>;
  #whole: ReadonlySet<string> | undefined;

  constructor(below: ReadonlySet<string> | readonly string[], above: ReadonlyMap<string, boolean>, size: number) {
    this.#below = below;
    this.#above = above;
    this.size = size;
  }

  set(): ReadonlySet<string> {
    this.#whole ??= this.#above.size === 0 ? this.#belowAsSet() : merged(this.#belowAsSet(), this.#above);
    return this.#whole;
  }

  with({ come, gone }: Changes): Names {
    if (this.size === 0) return new Names(come, NOTHING_ABOVE, come.length);
    const size = this.size + come.length - gone.length;
    if (this.size >= FEW && this.#above.size + come.length + gone.length < FEW) {
      const above = new Map(this.#above);
      for (const name of come) above.set(name, true);
      for (const name of gone) above.set(name, false);
      return new Names(this.#belowAsSet(), above, size);
    }
    const names = merged(this.#belowAsSet(), this.#above);
    for (const name of come) names.add(name);
    for (const name of gone) names.delete(name);
    return new Names(names, NOTHING_ABOVE, size);
  }

  #belowAsSet(): ReadonlySet<string> {
    if (!(this.#below instanceof Set)) this.#below = new Set(this.#below);
    return this.#below as ReadonlySet<string>;
  }
}

function merged(below: ReadonlySet<string>, above: ReadonlyMap<string, boolean>): Set<string> {
  const names = new Set(below);
  for (const [name, isThere] of above) {
    if (isThere) names.add(name);
    else names.delete(name);
  }
  return names;
}

const NOBODY: ReadonlySet<string> = new Set<string>();
const NOTHING_ABOVE: ReadonlyMap<string, boolean> = new Map<string, boolean>();
const NONE = new Names(NOBODY, NOTHING_ABOVE, 0);
