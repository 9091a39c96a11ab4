/**
 * Remembers that the store was away a moment ago, so that callers who can do without it do not wait for it again.
 *
 * It is open for `openMs` after each failure, or until the store answers. While it is open, a probe at a time finds out
 * whether the store is back, the first one `probeAfterMs` after the last failure.
 */
export class StoreBreaker {
  readonly #openMs: number;
  readonly #probeAfterMs: number;
  #openUntil = Number.NEGATIVE_INFINITY;
  #nextProbeAt = Number.NEGATIVE_INFINITY;

  constructor(openMs: number, probeAfterMs: number) {
    this.#openMs = openMs;
    this.#probeAfterMs = probeAfterMs;
  }

  isOpen(nowMs: number): boolean {
    return nowMs < this.#openUntil;
  }

  failed(nowMs: number): void {
    this.#openUntil = nowMs + this.#openMs;
    this.#nextProbeAt = nowMs + this.#probeAfterMs;
  }

  answered(): void {
    this.#openUntil = Number.NEGATIVE_INFINITY;
  }

  /** True if the caller should send a probe now. */
  takeProbe(nowMs: number): boolean {
    if (!this.isOpen(nowMs) || nowMs < this.#nextProbeAt) return false;
    this.#nextProbeAt = nowMs + this.#openMs;
    return true;
  }
}
