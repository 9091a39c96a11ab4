/** The time, for caches. Tests give one that they can set. */
export interface CacheClock {
  /** Milliseconds since some fixed moment, by which ages are measured. It never goes back. */
  monotonicMs(): number;
  /** Epoch milliseconds, by which callers give deadlines. */
  epochMs(): number;
  /** Calls `run` once after `delayMs`; gives a function that cancels it. */
  schedule(delayMs: number, run: () => void): () => void;
}

export const SYSTEM_CLOCK: CacheClock = {
  monotonicMs: () => performance.now(),
  epochMs: () => Date.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, Math.ceil(delayMs));
    return () => clearTimeout(timer);
  },
};
