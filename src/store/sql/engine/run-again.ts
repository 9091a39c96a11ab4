import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from '../../store.js';
import type { Dialect } from './dialect.js';

const RUNS_AGAIN = 10;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;

/** Another transaction was faster, so that this one has read what is no longer true: it is to be rolled back and run again. */
export class Overtaken extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Overtaken';
  }
}

/**
 * Runs `work`, and runs it again from the start after a failure of the kind `again`: up to ten times, after pauses that grow
 * and are random, so that two that have collided do not collide again. Rejects with {@link StoreUnavailable} after that.
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
 * The error and its causes, since a caller may have wrapped the driver's error. The causes of `StoreUnavailable` are left
 * out: whoever threw that has tried again already.
 */
function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let link = error; link !== undefined && !(link instanceof StoreUnavailable) && chain.length < 8; ) {
    chain.push(link);
    link = typeof link === 'object' && link !== null && 'cause' in link ? link.cause : undefined;
  }
  return chain;
}
