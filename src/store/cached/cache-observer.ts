export type StateKind = 'users' | 'organizations';

/** `unavailable`: the store said so; `timeout`: it did not answer in time; `error`: a defect. */
export type LoadFailure = 'unavailable' | 'timeout' | 'error';

/** Counts what a cache does. Called on the hot path: it only adds up. */
export interface CacheObserver {
  /** States answered from memory, young enough. */
  hits(kind: StateKind, count: number): void;
  /** States for which the store had to be asked. */
  misses(kind: StateKind, count: number): void;
  /** One call to the store, for so many states. */
  loads(kind: StateKind, states: number): void;
  /** One call to the store that came to nothing in time. */
  loadFailures(kind: StateKind, why: LoadFailure): void;
  /** States answered from memory because the store was away. */
  staleAnswers(kind: StateKind, count: number): void;
}

export const NO_OBSERVER: CacheObserver = {
  hits: () => undefined,
  misses: () => undefined,
  loads: () => undefined,
  loadFailures: () => undefined,
  staleAnswers: () => undefined,
};
