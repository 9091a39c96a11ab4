import { StoreUnavailable } from '../src/store/store.js';

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Waits where a period of the clock (counted from 1970) is over within `neededMs`: what takes no longer then happens within one
 * period.
 */
export async function withinOnePeriod(periodMs: number, neededMs: number): Promise<void> {
  const leftMs = periodMs - (Date.now() % periodMs);
  if (leftMs < neededMs) await pause(leftMs);
}

/**
 * What a bound on time comes to on a machine that does other things as well: four times `ms`, which is what a quiet one needs at
 * most. So a bound can tell apart only what a fault makes slower by more than that.
 */
export function busy(ms: number): number {
  return ms * 4;
}

/** Resolves with the milliseconds it took once `condition` holds; rejects after `limitMs`, or what that comes to on a busy machine. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<number> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > busy(limitMs)) {
      throw new Error(`did not become so within ${busy(limitMs)} ms: ${condition}`);
    }
    await pause(10);
  }
  return performance.now() - start;
}

/** What `work` comes to once the store answers in time: a test that prepares something on a busy machine asks again, as clients do. */
export async function insist<T>(work: () => Promise<T>, limitMs = 10_000): Promise<T> {
  const start = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const away = (error as { readonly code?: unknown }).code === 'UNAVAILABLE' || error instanceof StoreUnavailable;
      if (!away || performance.now() - start > busy(limitMs)) throw error;
      await pause(50);
    }
  }
}

/** What `ask` answers; it is asked again while that is marked as stale, as it may be where a busy machine's store answers late. */
export async function unmarked<T extends { readonly stale: boolean }>(
  ask: () => Promise<T>,
  limitMs = 10_000,
): Promise<T> {
  const start = performance.now();
  for (;;) {
    const answer = await ask();
    if (!answer.stale || performance.now() - start > busy(limitMs)) return answer;
    await pause(50);
  }
}
