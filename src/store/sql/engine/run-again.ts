import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from '../../store.js';
import type { Dialect } from './dialect.js';

const RUNS_AGAIN = 10;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;

/** Another transaction was faster, so that what this one has read is no longer so: roll back and start over. */
export class Overtaken extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Overtaken';
  }
}

/**
 * Runs `work`, and again from the start when only the moment was wrong (deadlock, lock timeout, busy): up to ten times,
 * after pauses that grow and are never the same for two who collided. Rejects with {@link StoreUnavailable} after that.
 */
export async function runAgain<T>(dialect: Pick<Dialect, 'failureOf'>, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!causes(error).some((cause) => cause instanceof Overtaken || dialect.failureOf(cause) === 'again'))
        throw error;
      if (attempt > RUNS_AGAIN) throw new StoreUnavailable('the store stayed too contended to commit', error);
    }
    await sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + Math.random() / 2));
  }
}

/**
 * The error and what caused it: callers may have wrapped the driver's. A store that said it is unavailable has had its
 * patience already, whatever it had patience with.
 */
function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let link = error; link !== undefined && !(link instanceof StoreUnavailable) && chain.length < 8; ) {
    chain.push(link);
    link = typeof link === 'object' && link !== null && 'cause' in link ? link.cause : undefined;
  }
  return chain;
}
