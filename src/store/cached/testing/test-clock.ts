import type { CacheClock } from '../cache-clock.js';

/** A clock that stands still until it is told to advance. */
export class TestClock implements CacheClock {
  /** Epoch and monotonic time differ, so that a mix-up shows. */
  static readonly EPOCH_OFFSET_MS = 1_700_000_000_000;
  #now = 1000;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  monotonicMs(): number {
    return this.#now;
  }

  epochMs(): number {
    return TestClock.EPOCH_OFFSET_MS + this.#now;
  }

  schedule(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Goes on, timer by timer, and lets what each one caused happen before the next. */
  async advance(byMs: number): Promise<void> {
    const until = this.#now + byMs;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = until;
  }
}

/** Lets everything happen that waits for no timer and no reader. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
