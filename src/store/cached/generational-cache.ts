import NodeCache from 'node-cache';

/** node-cache keeps its entries in a plain object: with the prefix no id is a name like `constructor` or an index. */
const PREFIX = ':';

export interface CacheBounds<V> {
  /** 2 at least. */
  readonly maxEntries: number;
  /** What all entries may weigh together; any weight where it is left out. */
  readonly maxWeight?: number;
  /** What an entry weighs, the same at each look at it; 0 where it is left out. */
  readonly weightOf?: (value: V) => number;
}

/**
 * A map of bounded size that keeps what is used: at most `maxEntries`, and at most `maxWeight` in all, but for one entry that
 * weighs too much by itself.
 *
 * Entries live in two generations. When the young one is half of a bound it becomes the old one, and what the old one still
 * held is forgotten; what is found in the old one moves to the young one. So the entries used last, half of the bound, are
 * always there and the others may be; nothing is ever scanned, and no single table grows beyond half of the bound.
 */
export class GenerationalCache<V extends NonNullable<unknown>> {
  readonly #generationSize: number;
  readonly #generationWeight: number;
  readonly #weightOf: (value: V) => number;
  #young = emptyGeneration();
  #old = emptyGeneration();
  #youngWeight = 0;
  #oldWeight = 0;
  #rotations = 0;

  constructor({ maxEntries, maxWeight = Number.POSITIVE_INFINITY, weightOf = () => 0 }: CacheBounds<V>) {
    this.#generationSize = Math.max(1, Math.floor(maxEntries / 2));
    this.#generationWeight = maxWeight / 2;
    this.#weightOf = weightOf;
  }

  /** How often a generation was forgotten: what was set at rotation r is there at least until rotation r + 2. */
  get rotations(): number {
    return this.#rotations;
  }

  get size(): number {
    return this.#young.getStats().keys + this.#old.getStats().keys;
  }

  get weight(): number {
    return this.#youngWeight + this.#oldWeight;
  }

  /** The entry, which counts as used by this. */
  get(id: string): V | undefined {
    const key = PREFIX + id;
    const young = this.#young.get<V>(key);
    if (young !== undefined) return young;
    const old = this.#old.get<V>(key);
    if (old === undefined) return undefined;
    this.#put(key, old);
    return old;
  }

  /** The entry, which does not count as used by this. */
  peek(id: string): V | undefined {
    const key = PREFIX + id;
    return this.#young.get<V>(key) ?? this.#old.get<V>(key);
  }

  set(id: string, value: V): void {
    this.#put(PREFIX + id, value);
  }

  /** Puts another value in the place of an entry that is there, which does not count as used by this. */
  replace(id: string, value: V): void {
    const key = PREFIX + id;
    const young = this.#young.get<V>(key);
    const old = this.#old.get<V>(key);
    if (young !== undefined) {
      this.#youngWeight += this.#weightOf(value) - this.#weightOf(young);
      this.#young.set(key, value);
    } else if (old !== undefined) {
      this.#oldWeight += this.#weightOf(value) - this.#weightOf(old);
      this.#old.set(key, value);
    }
  }

  clear(): void {
    this.#young = emptyGeneration();
    this.#old = emptyGeneration();
    this.#youngWeight = 0;
    this.#oldWeight = 0;
    this.#rotations += 2;
  }

  #put(key: string, value: V): void {
    const young = this.#young.get<V>(key);
    const old = this.#old.get<V>(key);
    if (young !== undefined) this.#youngWeight -= this.#weightOf(young);
    if (old !== undefined) {
      this.#oldWeight -= this.#weightOf(old);
      this.#old.del(key);
    }
    this.#young.set(key, value);
    this.#youngWeight += this.#weightOf(value);
    if (this.#young.getStats().keys < this.#generationSize && this.#youngWeight < this.#generationWeight) return;
    this.#old = this.#young;
    this.#oldWeight = this.#youngWeight;
    this.#young = emptyGeneration();
    this.#youngWeight = 0;
    this.#rotations += 1;
  }
}

/** No copies, no scan for expired entries (it blocks), no limit of its own (it throws, even when overwriting). */
function emptyGeneration(): NodeCache {
  return new NodeCache({ useClones: false, checkperiod: 0, stdTTL: 0 });
}
