import { STORE_ANSWERS_MS, storeAnswerWithin } from '../calls/consistency/store-answer.js';
import type { KnownDays } from '../core/facts/known-days.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import { MINUTE_MS } from '../core/values/time/time.js';
import type { DayStore } from '../store/day-store.js';
import { StoreUnavailable } from '../store/store.js';

/** For how long it is held since when days are known, while rules window the same actions. */
const HELD_MS = MINUTE_MS;

/** What rules read by which it may be known otherwise. */
type Read = Pick<Snapshot, 'windowedActions' | 'organizationEarners'>;

/** Since when the days on which users did each action are known, as the store says. */
export class DayKnowledge {
  readonly #days: Pick<DayStore, 'known'>;
  readonly #storeAnswersMs: number;
  #held: { readonly known: KnownDays; readonly read: Read } | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(days: Pick<DayStore, 'known'>, storeAnswersMs = STORE_ANSWERS_MS) {
    this.#days = days;
    this.#storeAnswersMs = storeAnswersMs;
  }

  /** As the store says now. Rejects as the store does. */
  read(): Promise<KnownDays> {
    return this.#days.known();
  }

  /**
   * As it is known here, for the actions that a snapshot windows, or reads of organizations: for these it changes only as they come to be. While the
   * store is away the last that was known; undefined where nothing was.
   */
  async of({ windowedActions, organizationEarners }: Read): Promise<KnownDays | undefined> {
    const held = this.#held;
    const isSame =
      held?.read.windowedActions === windowedActions && held.read.organizationEarners === organizationEarners;
    const isFresh = isSame && performance.now() - this.#readAt <= HELD_MS;
    return isFresh ? held.known : this.#readOrHeld({ windowedActions, organizationEarners });
  }

  async #readOrHeld(read: Read): Promise<KnownDays | undefined> {
    // Set before the answer, so that a store that is away is asked by one call in a while.
    this.#readAt = performance.now();
    try {
      const known = await storeAnswerWithin(this.#storeAnswersMs, this.read());
      this.#held = { known, read };
      return known;
    } catch (error) {
      if (error instanceof StoreUnavailable) return this.#held?.known;
      throw error;
    }
  }
}
