import { setImmediate as immediate } from 'node:timers/promises';
import type { Earner } from '../../core/states/user-state.js';
import { MINUTE_MS } from '../../core/values/time/time.js';
import type { UserTimer } from '../../store/user-store.js';
import { splitOnFailure } from '../split-on-failure.js';
import { type FireTimersOptions, fireTimers } from './fire-timers.js';

export interface TimerWorkerOptions extends FireTimersOptions {
  /** Told of a user, or an organization, whose timer cannot be fired; it is tried again later, and the others are fired. */
  readonly onError: (userId: string, error: unknown) => void;
  /** How many due timers are read at once; 1,000 when left out. */
  readonly pageSize?: number;
}

/** How many users one transaction fires. */
const CHUNK = 200;
const PAGE_SIZE = 5 * CHUNK;
/** After how long a user whose timer cannot be fired is tried again. */
const ASIDE_MS = MINUTE_MS;
/** How many users are put aside: where more fail, the reason is not in the users. */
const MOST_ASIDE = 10_000;

/** Fires the timers of all users and organizations. Those who fail are put aside for a while, and hold up no other. */
export class TimerWorker {
  readonly #options: TimerWorkerOptions;
  /** Those who failed, each with the monotonic instant at which they are tried again. */
  readonly #aside = new Map<string, number>();

  constructor(options: TimerWorkerOptions) {
    this.#options = options;
  }

  /** Fires all timers that are due; gives how many were fired. */
  async run(signal?: AbortSignal): Promise<number> {
    const { store, pageSize = PAGE_SIZE } = this.#options;
    const now = await store.now();
    let fired = 0;
    for (let after: UserTimer | undefined, more = true; more && !signal?.aborted; ) {
      const page = await store.timers.due(now, pageSize, after);
      fired += await this.#firePage(page, signal);
      after = page.at(-1);
      more = page.length === pageSize;
    }
    return fired;
  }

  async #firePage(page: readonly UserTimer[], signal?: AbortSignal): Promise<number> {
    for (const [key, until] of this.#aside) if (until <= performance.now()) this.#aside.delete(key);
    const chunks = (['user', 'organization'] as const).flatMap((earner) => this.#chunksOf(page, earner));
    // Workers that come at the same time begin at different places.
    const first = Math.floor(Math.random() * chunks.length);
    let fired = 0;
    for (let i = 0; i < chunks.length && !signal?.aborted; i++) {
      const { ids, earner } = chunks[(first + i) % chunks.length]!;
      const work = async (some: readonly string[]): Promise<void> => {
        fired += await fireTimers(this.#options, some, earner);
      };
      await splitOnFailure(ids, work, (id, error) => this.#putAside(id, earner, error));
      // An embedded store answers within the call: this lets calls of others run.
      await immediate();
    }
    return fired;
  }

  /** Those of a page that are of one kind and have not been put aside, as many together as one transaction fires. */
  #chunksOf(page: readonly UserTimer[], earner: Earner): readonly Chunk[] {
    const ids = page
      .filter((timer) => (timer.earner ?? 'user') === earner && !this.#aside.has(asideKey(timer.userId, earner)))
      .map(({ userId }) => userId);
    const chunks: Chunk[] = [];
    for (let i = 0; i < ids.length; i += CHUNK) chunks.push({ ids: ids.slice(i, i + CHUNK), earner });
    return chunks;
  }

  #putAside(id: string, earner: Earner, error: unknown): void {
    if (this.#aside.size >= MOST_ASIDE) throw error;
    this.#aside.set(asideKey(id, earner), performance.now() + ASIDE_MS);
    this.#options.onError(id, error);
  }
}

interface Chunk {
  readonly ids: readonly string[];
  readonly earner: Earner;
}

function asideKey(id: string, earner: Earner): string {
  return `${earner} ${id}`;
}
