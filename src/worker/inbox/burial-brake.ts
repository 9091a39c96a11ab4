import { UncountableEvent } from '../../core/counting/uncountable-event.js';
import type { EventKey, NewEvent } from '../../store/event-store.js';
import { StoreUnavailable } from '../../store/store.js';

/**
 * How many events may be put aside in a row, by one process, without any event being counted in between. Where more fail, it is
 * not the events that something is wrong with, whatever the probe says.
 */
const MOST_IN_A_ROW = 50;

/**
 * Does as much as counting the event would, for somebody else, and rejects where that fails. Gives whether it could try: not where
 * another worker has the lane, or has taken the event.
 */
type Probe = (lane: number, culprit: NewEvent) => Promise<boolean>;

/**
 * Decides whether an event that cannot be counted is at fault itself, so that it may be put aside. A database in trouble, a
 * missing table or a defect of this release fails events, too: all of them, and none must be put aside for that.
 *
 * An event is at fault where its failure stands between two successes: a probe that counts as much for somebody else succeeds,
 * the event fails once more, and the probe succeeds again. Or where what it carries cannot be counted by anybody.
 */
export class BurialBrake {
  readonly #probe: Probe;
  /** By lane, the event that failed and after which the probe succeeded. */
  readonly #suspects = new Map<number, EventKey>();
  #buriedInARow = 0;

  constructor(probe: Probe) {
    this.#probe = probe;
  }

  /** Whether nothing is put aside until some event has been counted. */
  get isOn(): boolean {
    return this.#buriedInARow >= MOST_IN_A_ROW;
  }

  /**
   * Whether the event that failed alone may be put aside now; if not, it is to be tried once more. Throws where it has to stay
   * pending: the probe fails as well, or so many failed that it cannot be the events.
   */
  async allows(lane: number, culprit: NewEvent, error: unknown): Promise<boolean> {
    if (error instanceof UncountableEvent) return true;
    if (this.isOn) throw new EventsFail(`${MOST_IN_A_ROW} were put aside in a row, and none was counted`, error);
    try {
      if (!(await this.#probe(lane, culprit))) return false;
    } catch (failure) {
      this.#suspects.delete(lane);
      if (failure instanceof StoreUnavailable) throw failure;
      throw new EventsFail('another one could not be counted either', failure);
    }
    const suspect = this.#suspects.get(lane);
    const again = suspect !== undefined && isSame(suspect, culprit);
    if (again) this.#suspects.delete(lane);
    else this.#suspects.set(lane, culprit);
    return again;
  }

  /** An event was put aside for this failure. */
  buried(error: unknown): void {
    if (!(error instanceof UncountableEvent)) this.#buriedInARow++;
  }

  /** Events were counted. */
  counted(): void {
    this.#buriedInARow = 0;
  }
}

/** Events cannot be counted, and not for anything in them: they stay pending. */
class EventsFail extends Error {
  constructor(why: string, cause: unknown) {
    super(`an event cannot be counted, and stays pending, since ${why}`, { cause });
    this.name = 'EventsFail';
  }
}

export function isSame(a: EventKey, b: EventKey): boolean {
  return a.userId === b.userId && a.source === b.source && a.id === b.id && a.contribution === b.contribution;
}
