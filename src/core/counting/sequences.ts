import type { ActionTotal, UserState } from '../states/user-state.js';
import { localDay } from '../values/time/local-time.js';
import { DAY_MS } from '../values/time/time.js';
import type { Derivations, DerivedEvent, Follower, SaidEvent } from './derivations.js';
import { isCovered, type Span, type Stretch, withOccurrence } from './spans.js';

/** The spans of what came first, for a user and a derived action that counts for some days after it. */
export interface UserSpans {
  readonly userId: string;
  readonly action: string;
  readonly spans: readonly Span[];
}

/** What is stored of a user by which derived actions count since others; each by the derived action. */
export interface KnownSequences {
  readonly spans: ReadonlyMap<string, readonly Span[]>;
  /** The last events that were taken before of those that it may be counted from: at least {@link MOST_WAITING}, or all. */
  readonly earlier: ReadonlyMap<string, readonly SaidEvent[]>;
}

/**
 * How many events, the last ones that a derived action may be counted from, are looked at again where the action that must have
 * come first comes late: no user can make one event take all that is kept of them.
 */
export const MOST_WAITING = 1_000;

const NOTHING_KNOWN: KnownSequences = { spans: new Map(), earlier: new Map() };

/**
 * Derived actions of a user that count since another action has occurred. Whether an event counts depends on what occurred when, and
 * not on what came first: where the other action comes late, events that have waited for it count with it.
 */
export class Sequences {
  /** The derived actions of which earlier events may have waited, and that are not known. */
  readonly missing = new Set<string>();
  readonly #user: Pick<UserState, 'id' | 'actions'>;
  readonly #derivations: Derivations;
  readonly #known: KnownSequences;
  readonly #spans = new Map<string, readonly Span[]>();
  readonly #changed = new Set<string>();
  /** By derived action, the last events that it may be counted from. */
  readonly #taken = new Map<string, SaidEvent[]>();

  /** @param user as it was before the events, with what was counted so far */
  constructor(
    user: Pick<UserState, 'id' | 'actions'>,
    derivations: Derivations,
    known: KnownSequences = NOTHING_KNOWN,
  ) {
    this.#user = user;
    this.#derivations = derivations;
    this.#known = known;
  }

  /** Notes that an action has occurred; gives those of the events taken so far that have waited for it, as what they count as now. */
  occurred(action: string, at: number, zone: string): readonly DerivedEvent[] {
    return this.#derivations.followersOf(action).flatMap((follower) => {
      const before = this.#spansOf(follower);
      const { spans, added } = withOccurrence(before, at, windowOf(follower));
      if (spans !== before) this.#changed.add(follower.action);
      this.#spans.set(follower.action, spans);
      return added === undefined ? [] : this.#waiting(follower, added, zone);
    });
  }

  /** Whether what must have come first has. */
  allows({ action, occurredAt, since }: DerivedEvent): boolean {
    if (since?.action === undefined) return true;
    const follower = { action, since };
    return isCovered(this.#spansOf(follower), occurredAt, windowOf(follower));
  }

  /** Notes that an event was taken. */
  take(event: SaidEvent): void {
    for (const action of this.#derivations.waitingWith(event.action)) {
      const taken = this.#takenFor(action);
      taken.push(event);
      if (taken.length > 2 * MOST_WAITING) taken.splice(0, MOST_WAITING);
    }
  }

  /** The spans that have changed and that are stored. */
  changed(): readonly UserSpans[] {
    return [...this.#changed].flatMap((action) => {
      const withinDays = this.#derivations.all.get(action)?.since?.withinDays;
      return withinDays === undefined ? [] : [{ userId: this.#user.id, action, spans: this.#spans.get(action)! }];
    });
  }

  /** Where there is no window, the first occurrence is all that matters, and the total has it. */
  #spansOf({ action, since }: Pick<Follower, 'action' | 'since'>): readonly Span[] {
    const known = this.#spans.get(action) ?? this.#known.spans.get(action);
    if (known !== undefined) return known;
    const total = since.withinDays === undefined ? this.#user.actions.get(since.action) : undefined;
    return total === undefined ? [] : [[total.firstAt, total.lastAt]];
  }

  #waiting({ action, from }: Follower, { from: start, to: end }: Stretch, zone: string): readonly DerivedEvent[] {
    const isBetween = (total: ActionTotal | undefined): boolean =>
      total !== undefined && total.firstAt <= end && total.lastAt >= start;
    if (!this.#known.earlier.has(action) && from.some((source) => isBetween(this.#user.actions.get(source))))
      this.missing.add(action);
    return this.#takenFor(action)
      .slice(-MOST_WAITING)
      .flatMap((event) => {
        if (event.occurredAt < start || event.occurredAt > end) return [];
        const { day = localDay(zone, event.occurredAt) } = event;
        return this.#derivations.asOne(action, { ...event, day }) ?? [];
      });
  }

  #takenFor(action: string): SaidEvent[] {
    const taken = this.#taken.get(action) ?? [...(this.#known.earlier.get(action) ?? [])];
    this.#taken.set(action, taken);
    return taken;
  }
}

function windowOf({ since }: Pick<Follower, 'since'>): number {
  return since.withinDays === undefined ? Infinity : since.withinDays * DAY_MS;
}
