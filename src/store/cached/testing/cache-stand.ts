import type { UserState } from '../../../core/states/user-state.js';
import type { Held } from '../../state-source.js';
import type { CacheObserver } from '../cache-observer.js';
import { type CachedStates, type CachedStatesOptions, cachedStates } from '../cached-states.js';
import { ControlledReader } from './controlled-reader.js';
import { settle, TestClock } from './test-clock.js';

export interface CacheStand {
  readonly clock: TestClock;
  readonly reader: ControlledReader;
  readonly states: CachedStates;
  /** What the observer counted, by method and kind: `hits users`. */
  readonly counts: Map<string, number>;
  /** Loads users and answers the one call that this makes. */
  fill(revision: number, ...ids: string[]): Promise<void>;
}

/** A cache over a reader and a clock that the test turns. */
export function cacheStand(options: CachedStatesOptions = {}): CacheStand {
  const clock = new TestClock();
  const reader = new ControlledReader();
  const counts = new Map<string, number>();
  const states = cachedStates(reader, { clock, observer: countingObserver(counts), ...options });
  return {
    clock,
    reader,
    states,
    counts,
    async fill(revision, ...ids) {
      const loaded = states.users.load(ids, {});
      await settle();
      reader.call(-1).answer(revision);
      await loaded;
    },
  };
}

function countingObserver(counts: Map<string, number>): CacheObserver {
  const add = (name: string, count: number): void => {
    counts.set(name, (counts.get(name) ?? 0) + count);
  };
  return {
    hits: (kind, count) => add(`hits ${kind}`, count),
    misses: (kind, count) => add(`misses ${kind}`, count),
    loads: (kind) => add(`loads ${kind}`, 1),
    loadFailures: (kind, why) => add(`${why} ${kind}`, 1),
    staleAnswers: (kind, count) => add(`stale ${kind}`, count),
  };
}

/** An answer in short: `3`, or `3 stale`. */
export function brief(held: Held<UserState> | undefined): string | undefined {
  return held && `${held.state.revision}${held.stale ? ' stale' : ''}`;
}

/** All answers in short, or the name of the error. */
export async function outcome(
  loading: Promise<ReadonlyMap<string, Held<UserState>>>,
): Promise<Record<string, string | undefined> | string> {
  try {
    return Object.fromEntries([...(await loading)].map(([id, held]) => [id, brief(held)]));
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
