import type { Held } from '../state-source.js';
import { GenerationalCache } from './generational-cache.js';

/** What every cached state has. */
export interface Revised {
  /** Grows with every change. */
  readonly revision: number;
}

export interface HeldState<T> {
  /** The state as it is answered while it is young. */
  readonly answer: Held<T>;
  /** When the load of it began, monotonic milliseconds: it shows every change committed before. */
  readonly loadedAt: number;
  /** The connection's life in which the load began. */
  readonly life: number;
  /** A notice told of a higher revision: only good enough while the store is away. */
  readonly below: boolean;
}

/** Where a load stood when it began. */
export interface LoadMark {
  readonly at: number;
  readonly life: number;
  readonly rotations: number;
}

export interface HeldStatesOptions {
  readonly maxEntries: number;
  readonly youngMs: number;
  /** As `youngMs`, while no notices arrive. */
  readonly youngAwayMs: number;
  readonly staleMaxMs: number;
}

/**
 * The states held in memory, each the highest revision seen of its id, with the floors that notices have set.
 *
 * Floors are kept for ids that are not held too, as many as entries: a load that began before a notice must not bring
 * back what the notice has ended. A load from before the floors that have been forgotten meanwhile is not trusted.
 */
export class HeldStates<T extends Revised> {
  readonly #options: HeldStatesOptions;
  readonly #entries: GenerationalCache<HeldState<T>>;
  readonly #floors: GenerationalCache<number>;
  #life = 0;
  #connection: 'untold' | 'there' | 'away' = 'untold';

  constructor(options: HeldStatesOptions) {
    this.#options = options;
    this.#entries = new GenerationalCache(options.maxEntries);
    this.#floors = new GenerationalCache(options.maxEntries);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): HeldState<T> | undefined {
    return this.#entries.get(id);
  }

  /** As {@link get}, which does not count as use. */
  peek(id: string): HeldState<T> | undefined {
    return this.#entries.peek(id);
  }

  /** Whether it can be answered without a look at the store. */
  isYoung(held: HeldState<T>, nowMs: number): boolean {
    if (held.below || held.life !== this.#life) return false;
    const maxAgeMs = this.#connection === 'away' ? this.#options.youngAwayMs : this.#options.youngMs;
    return nowMs - held.loadedAt < maxAgeMs;
  }

  /** Whether it can be answered, as stale, when the store is away. */
  isUsable(held: HeldState<T>, nowMs: number): boolean {
    return nowMs - held.loadedAt < this.#options.staleMaxMs;
  }

  /** To be taken when a load begins, and given back with what it loaded. */
  mark(nowMs: number): LoadMark {
    return { at: nowMs, life: this.#life, rotations: this.#floors.rotations };
  }

  /** Whether a load shows what notices told of. */
  reaches(id: string, revision: number, mark: LoadMark): boolean {
    return !this.#forgotSince(mark) && revision >= (this.#floors.peek(id) ?? 0);
  }

  /** Takes in what a load brought; never a lower revision in place of a higher one. */
  admit(id: string, state: T, mark: LoadMark): void {
    if (this.#forgotSince(mark)) return;
    const below = !this.reaches(id, state.revision, mark);
    const held = this.#entries.peek(id);
    if (held !== undefined) {
      if (held.answer.state.revision > state.revision) return;
      const same = held.answer.state.revision === state.revision;
      if (same && held.loadedAt > mark.at) return;
    }
    this.#entries.set(id, { answer: { state, stale: false }, loadedAt: mark.at, life: mark.life, below });
  }

  raise(id: string, revision: number): void {
    if ((this.#floors.peek(id) ?? 0) < revision) this.#floors.set(id, revision);
    const held = this.#entries.peek(id);
    if (held === undefined || held.below || held.answer.state.revision >= revision) return;
    // Set aside rather than dropped: should the store be away, it is better than nothing.
    this.#entries.replace(id, { ...held, below: true });
  }

  /** True when notices may have been missed, so that everything is to be loaded again on its next use. */
  connected(is: boolean): boolean {
    const missed = is && this.#connection !== 'there';
    this.#connection = is ? 'there' : 'away';
    if (missed) this.#life += 1;
    return missed;
  }

  /** Forgets everything, and what loads that have begun will bring. */
  reset(): void {
    this.#entries.clear();
    this.#floors.clear();
  }

  #forgotSince(mark: LoadMark): boolean {
    return this.#floors.rotations >= mark.rotations + 2;
  }
}
