import type { CountedEvent } from '../core/counting/count-events.js';
import { DerivedCounting, type KnownOfUser } from '../core/counting/derived-counting.js';
import { UncountableEvent } from '../core/counting/uncountable-event.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { DayZone } from '../core/states/day-zone.js';
import type { UserState } from '../core/states/user-state.js';
import { quote } from '../core/values/json.js';
import type { NewEvent } from '../store/event-store.js';

/** An event with the day on which it counts, and the zone in which days were counted last after it. */
export interface DatedEvent extends NewEvent {
  readonly day?: number;
  readonly dayZone?: DayZone | undefined;
}

/** An event, and what it counts as. */
export interface Happening {
  readonly event: DatedEvent;
  /** The event itself, each derived action that it counts as by what occurred, and events before it that have waited for it. */
  readonly counts: readonly CountedEvent[];
  /** The event that this one has taken back, where it has: then `counts` is what that one had counted as. */
  readonly original?: Pick<NewEvent, 'receivedAt'>;
}

export interface Derived {
  /** In the order of the events. */
  readonly happenings: readonly Happening[];
  /** Gives what has come to be known by counting, and what events count as since flags were unlocked; undefined: nothing is derived. */
  readonly counting: DerivedCounting | undefined;
}

/**
 * What a user's events count as, in the order in which they are taken. Throws for an event that names a derived action: it was taken in
 * before the action was declared, or by a server that did not know it yet.
 */
export function deriveEvents(
  before: UserState,
  events: readonly DatedEvent[],
  { derivations }: Pick<Snapshot, 'derivations'>,
  known?: KnownOfUser,
): Derived {
  if (derivations.all.size === 0) return { happenings: events.map(alone), counting: undefined };
  const counting = new DerivedCounting(before, derivations, known);
  const happenings = events.map((event) => {
    if (derivations.all.has(event.action)) {
      throw new UncountableEvent(
        `the action ${quote(event.action)} is derived from others: no event counts as it by its name`,
      );
    }
    const derived = counting.of(event, event.dayZone?.zone ?? 'UTC');
    return derived.length === 0 ? alone(event) : { event, counts: [event, ...derived] };
  });
  return { happenings, counting };
}

function alone(event: DatedEvent): Happening {
  return { event, counts: [event] };
}
