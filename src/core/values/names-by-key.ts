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

  /** The sets after these names have moved; the same object where none has. */
  moved(moves: Iterable<Move<Key>>): NamesByKey<Key> {
    const changes = new Map<Key, Map<string, boolean>>();
    const note = (key: Key, name: string, isThere: boolean): void => {
      const known = changes.get(key);
      if (known === undefined) changes.set(key, new Map([[name, isThere]]));
      else known.set(name, isThere);
    };
    for (const { name, from, to } of moves) {
      for (const key of from) if (!to.has(key)) note(key, name, false);
      for (const key of to) if (!from.has(key)) note(key, name, true);
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

/** Fewer names than that are copied with each change. */
const FEW = 64;

/** The names under one key. Where they are many, a few changes lie above a set that several have in common. */
class Names {
  readonly size: number;
  readonly #below: ReadonlySet<string>;
  /** What differs: whether the name is there. */
  readonly #above: ReadonlyMap<string, boolean>;
  #whole: ReadonlySet<string> | undefined;

  constructor(below: ReadonlySet<string>, above: ReadonlyMap<string, boolean>, size: number) {
    this.#below = below;
    this.#above = above;
    this.size = size;
    if (above.size === 0) this.#whole = below;
  }

  set(): ReadonlySet<string> {
    this.#whole ??= merged(this.#below, this.#above);
    return this.#whole;
  }

  /** Each of the names was not there before, or was, as the change says. */
  with(changes: ReadonlyMap<string, boolean>): Names {
    let { size } = this;
    for (const isThere of changes.values()) size += isThere ? 1 : -1;
    const above = new Map([...this.#above, ...changes]);
    if (this.size >= FEW && above.size < FEW) return new Names(this.#below, above, size);
    return new Names(merged(this.#below, above), new Map(), size);
  }
}

function merged(below: ReadonlySet<string>, above: ReadonlyMap<string, boolean>): ReadonlySet<string> {
  const names = new Set(below);
  for (const [name, isThere] of above) {
    if (isThere) names.add(name);
    else names.delete(name);
  }
  return names;
}

const NOBODY: ReadonlySet<string> = new Set<string>();
const NONE = new Names(NOBODY, new Map(), 0);
