import type { CacheObserver, StateKind } from '../../store/cached/cache-observer.js';

/** Adds up how often a cache had what it was asked for, and passes everything on to another observer. */
export class CacheLookups implements CacheObserver {
  readonly users = { hits: 0, misses: 0 };
  readonly organizations = { hits: 0, misses: 0 };
  readonly loads: CacheObserver['loads'];
  readonly loadFailures: CacheObserver['loadFailures'];
  readonly staleAnswers: CacheObserver['staleAnswers'];
  readonly #inner: CacheObserver;

  constructor(inner: CacheObserver) {
    this.#inner = inner;
    this.loads = inner.loads;
    this.loadFailures = inner.loadFailures;
    this.staleAnswers = inner.staleAnswers;
  }

  hits(kind: StateKind, count: number): void {
    this[kind].hits += count;
    this.#inner.hits(kind, count);
  }

  misses(kind: StateKind, count: number): void {
    this[kind].misses += count;
    this.#inner.misses(kind, count);
  }
}
