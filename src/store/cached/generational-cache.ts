import NodeCache from 'node-cache';

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
 * always there and the others may be; nothing is ever scanned. The tables of a generation are many, so that none grows large.
 */
export class GenerationalCache<V extends NonNullable<unknown>> {
  readonly #generationSize: number;
  readonly #generationWeight: number;
  readonly #weightOf: (value: V) => number;
  #young: Generation<V>;
  #old: Generation<V>;
  #rotations = 0;

  constructor({ maxEntries, maxWeight = Number.POSITIVE_INFINITY, weightOf = () => 0 }: CacheBounds<V>) {
    this.#generationSize = Math.max(1, Math.floor(maxEntries / 2));
    this.#generationWeight = maxWeight / 2;
    this.#weightOf = weightOf;
    this.#young = new Generation(weightOf);
    this.#old = new Generation(weightOf);
  }

  /** How often a generation was forgotten: what was set at rotation r is there at least until rotation r + 2. */
  get rotations(): number {
    return this.#rotations;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get weight(): number {
    return this.#young.weight + this.#old.weight;
  }

  /** The entry, which counts as used by this. */
  get(id: string): V | undefined {
    const young = this.#young.get(id);
    if (young !== undefined) return young;
    const old = this.#old.get(id);
    if (old !== undefined) this.set(id, old);
    return old;
  }

  /** The entry, which does not count as used by this. */
  peek(id: string): V | undefined {
    return this.#young.get(id) ?? this.#old.get(id);
  }

  set(id: string, value: V): void {
    this.#old.delete(id);
    this.#young.set(id, value);
    if (this.#young.size < this.#generationSize && this.#young.weight < this.#generationWeight) return;
    this.#old = this.#young;
    this.#young = new Generation(this.#weightOf);
    this.#rotations += 1;
  }

  /** Puts another value in the place of an entry that is there, which does not count as used by this. */
  replace(id: string, value: V): void {
    for (const generation of [this.#young, this.#old]) if (generation.get(id) !== undefined) generation.set(id, value);
  }

  clear(): void {
    this.#young = new Generation(this.#weightOf);
    this.#old = new Generation(this.#weightOf);
    this.#rotations += 2;
  }
}

/** How many tables a generation has, a power of two: one alone would stand still for long when it grows. */
const SEGMENTS = 64;
/** By how many of an id's last characters its table is chosen. */
const LAST_CHARACTERS = 8;

class Generation<V extends NonNullable<unknown>> {
  readonly #segments: readonly NodeCache[] = Array.from({ length: SEGMENTS }, emptySegment);
  readonly #weightOf: (value: V) => number;
  size = 0;
  weight = 0;

  constructor(weightOf: (value: V) => number) {
    this.#weightOf = weightOf;
  }

  get(id: string): V | undefined {
    // Often there is nothing: in the old generation until the first rotation, of floors until a notice comes.
    if (this.size === 0) return undefined;
    return this.#segmentOf(id).get<V>(PREFIX + id);
  }

  set(id: string, value: V): void {
    const segment = this.#segmentOf(id);
    const key = PREFIX + id;
    const before = segment.get<V>(key);
    segment.set(key, value);
    if (before === undefined) this.size += 1;
    else this.weight -= this.#weightOf(before);
    this.weight += this.#weightOf(value);
  }

  delete(id: string): void {
    if (this.size === 0) return;
    const before = this.#segmentOf(id).take<V>(PREFIX + id);
    if (before === undefined) return;
    this.size -= 1;
    this.weight -= this.#weightOf(before);
  }

  #segmentOf(id: string): NodeCache {
    let hash = 0;
    for (let i = Math.max(0, id.length - LAST_CHARACTERS); i < id.length; i++) {
      hash = (Math.imul(hash, 31) + id.charCodeAt(i)) | 0;
    }
    return this.#segments[hash & (SEGMENTS - 1)]!;
  }
}

/** node-cache keeps its entries in a plain object: with the prefix no id is a name like `constructor` or an index. */
const PREFIX = ':';

/** Without copies, and without its expiry, whose scan blocks. */
function emptySegment(): NodeCache {
  return new NodeCache({ useClones: false, checkperiod: 0, stdTTL: 0 });
}
