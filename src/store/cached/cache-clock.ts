/** Time as caches need it; injected, so that tests can turn it. */
export interface CacheClock {
  /** Milliseconds since some fixed moment; never goes back. Ages are measured by it. */
  monotonicMs(): number;
  /** Epoch milliseconds; callers' deadlines are given in it. */
  epochMs(): number;
  /** Runs `run` once, `delayMs` or a little later from now; the result cancels it. */
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
