import { MINUTE_MS, SECOND_MS } from '../../core/values/time/time.js';
import type { OutboxReader, PlacedChange } from '../../store/outbox-store.js';
import type { Unlocked } from './live-event.js';

/** How long a write may take to be seen after the instant that it has: until its transaction commits. Nearly all take less. */
const LONG_TRANSACTION_MS = 3 * SECOND_MS;
const WRITES_READ_AT_ONCE = 5_000;
const MOST_READS_OF_A_MINUTE = 12;

/**
 * What flags came on for users by writes, as the outbox tells: it is written with every unlock anyway, so whoever unlocks does nothing
 * for this, and nothing is read while nobody watches.
 */
export class RecentUnlocks {
  readonly #outbox: Pick<OutboxReader, 'recent'>;
  /** From which instant the outbox is read next. */
  #from: number;
  /** When the writes were made that have been seen and may be read again; by position. */
  readonly #seen = new Map<number, number>();
  /** How many flags came on, by whole second. */
  readonly #bySecond = new Map<number, number>();

  private constructor(outbox: Pick<OutboxReader, 'recent'>, now: number) {
    this.#outbox = outbox;
    this.#from = now - MINUTE_MS;
  }

  /** Looks at what came on from now on; what came on within the last minute is counted. */
  static async begin(outbox: Pick<OutboxReader, 'recent'>, now: number): Promise<RecentUnlocks> {
    const recent = new RecentUnlocks(outbox, now);
    for (let i = 0; i < MOST_READS_OF_A_MINUTE; i++) {
      const before = recent.#from;
      await recent.poll(now);
      if (recent.#from === before || recent.#from >= now - LONG_TRANSACTION_MS) break;
    }
    recent.#from = Math.max(recent.#from, now - LONG_TRANSACTION_MS);
    return recent;
  }

  /** What came on since the last time. Of more than 5,000 writes the newest wait, for as long as they are not older than a minute. */
  async poll(now: number): Promise<readonly Unlocked[]> {
    const from = Math.max(this.#from, now - MINUTE_MS);
    const rows = await this.#outbox.recent(from, WRITES_READ_AT_ONCE);
    const fresh = rows.filter(({ position }) => !this.#seen.has(position));
    for (const { position, at } of fresh) this.#seen.set(position, at);
    const overflows = rows.length === WRITES_READ_AT_ONCE && fresh.length > 0;
    // It never goes back: what was seen before it is not known any more.
    this.#from = overflows ? rows.at(-1)!.at : Math.max(from, now - LONG_TRANSACTION_MS);
    for (const [position, at] of this.#seen) if (at < this.#from) this.#seen.delete(position);
    const unlocked = fresh.flatMap(unlockedBy);
    for (const { at } of unlocked) this.#count(at);
    return unlocked;
  }

  /** How many flags came on within the last minute. */
  perMinute(now: number): number {
    const first = secondOf(now - MINUTE_MS);
    let sum = 0;
    for (const [second, count] of this.#bySecond) {
      if (second <= first) this.#bySecond.delete(second);
      else sum += count;
    }
    return sum;
  }

  #count(at: number): void {
    const second = secondOf(at);
    this.#bySecond.set(second, (this.#bySecond.get(second) ?? 0) + 1);
    if (this.#bySecond.size > 2 * (MINUTE_MS / SECOND_MS)) this.perMinute(at);
  }
}

const secondOf = (at: number): number => Math.floor(at / SECOND_MS);

function unlockedBy({ userId, unlocked, cause, at }: PlacedChange): readonly Unlocked[] {
  return unlocked.map((flagKey) => ({ userId, flagKey, cause, at }));
}

/** At most so many of them, evenly spread, each with how many before it were left out. */
export function sampled<T>(all: readonly T[], most: number): readonly { readonly one: T; readonly leftOut: number }[] {
  const picked = Math.min(all.length, most);
  let last = -1;
  return Array.from({ length: picked }, (_, i) => {
    // The last one is always among them, so that none is left out without being counted.
    const at = Math.floor(((i + 1) * all.length) / picked) - 1;
    const leftOut = at - last - 1;
    last = at;
    return { one: all[at]!, leftOut };
  });
}
