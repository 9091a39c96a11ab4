/** How many changes may lie above a whole map, before a new whole map is made of both. */
const MOST_CHANGES = 128;

interface Layers<K, V> {
  /** The whole map, which is never changed. */
  readonly below: Map<K, V>;
  /** What differs from it; undefined for what was removed. */
  readonly above: ReadonlyMap<K, V | undefined>;
}

/**
 * A map that never changes: {@link with} makes another one. That costs what changes, and not what is in the map, since the two
 * share a whole map above which the changes lie. A map with an order is walked in that order.
 */
export class LayeredMap<K, V extends object> implements ReadonlyMap<K, V> {
  readonly #layers: Layers<K, V>;
  readonly #order: ((one: K, other: K) => number) | undefined;
  /** All entries in one map, made when the map is first walked. */
  #whole: Map<K, V> | undefined;

  constructor(order?: (one: K, other: K) => number, layers: Layers<K, V> = { below: new Map(), above: new Map() }) {
    this.#order = order;
    this.#layers = layers;
    if (layers.above.size === 0) this.#whole = layers.below;
  }

  get(key: K): V | undefined {
    if (this.#whole !== undefined) return this.#whole.get(key);
    const { below, above } = this.#layers;
    return above.get(key) ?? (above.has(key) ? undefined : below.get(key));
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  get size(): number {
    if (this.#whole !== undefined) return this.#whole.size;
    const { below, above } = this.#layers;
    let size = below.size;
    for (const [key, value] of above) size += Number(value !== undefined) - Number(below.has(key));
    return size;
  }

  /** The map with these values, and without the keys whose value is undefined. The same object where nothing is given. */
  with(changes: ReadonlyMap<K, V | undefined>): LayeredMap<K, V> {
    if (changes.size === 0) return this;
    const { below, above } = this.#layers;
    if (above.size + changes.size <= MOST_CHANGES) {
      return new LayeredMap(this.#order, { below, above: new Map([...above, ...changes]) });
    }
    if (changes.size <= MOST_CHANGES) return new LayeredMap(this.#order, { below: this.#flat(), above: changes });
    const all = above.size === 0 ? changes : new Map([...above, ...changes]);
    return new LayeredMap(this.#order, { below: this.#merged(all), above: new Map() });
  }

  /** The keys whose values differ between this map and another, quickly if one was made from the other. */
  differences(before: LayeredMap<K, V>): ReadonlySet<K> {
    const candidates = this.#sharesWith(before) ?? [...before.keys(), ...this.keys()];
    const different = new Set<K>();
    for (const key of candidates) if (before.get(key) !== this.get(key)) different.add(key);
    return different;
  }

  keys(): MapIterator<K> {
    return this.#flat().keys();
  }

  values(): MapIterator<V> {
    return this.#flat().values();
  }

  entries(): MapIterator<[K, V]> {
    return this.#flat().entries();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#flat().entries();
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.#flat()) visit(value, key, this);
  }

  /** The keys that may differ, where both share a whole map; else undefined. */
  #sharesWith(other: LayeredMap<K, V>): readonly K[] | undefined {
    const [here, there] = [this.#layers, other.#layers];
    if (here.below === there.below) return [...here.above.keys(), ...there.above.keys()];
    return here.below === other.#whole ? [...here.above.keys()] : undefined;
  }

  #flat(): Map<K, V> {
    this.#whole ??= this.#merged(this.#layers.above);
    return this.#whole;
  }

  #merged(above: ReadonlyMap<K, V | undefined>): Map<K, V> {
    const { below } = this.#layers;
    const merged = new Map(below);
    let added = false;
    for (const [key, value] of above) {
      if (value === undefined) merged.delete(key);
      else {
        added ||= !below.has(key);
        merged.set(key, value);
      }
    }
    if (!added || this.#order === undefined) return merged;
    const sorted = new Map<K, V>();
    for (const key of [...merged.keys()].sort(this.#order)) sorted.set(key, merged.get(key)!);
    return sorted;
  }
}
