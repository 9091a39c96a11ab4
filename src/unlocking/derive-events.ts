import type { CountedEvent } from '../core/counting/count-events.js';
import { DerivedCounting, type KnownOfUser } from '../core/counting/derived-counting.js';
import type { UserDistinctValue } from '../core/counting/distinct-values.js';
import type { UserSpans } from '../core/counting/sequences.js';
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
  /** The event itself, each derived action that it counts as, and events before it that have waited for it. */
  readonly counts: readonly CountedEvent[];
}

export interface Derived {
  /** In the order of the events. */
  readonly happenings: readonly Happening[];
  /** The values that have come to count. */
  readonly distinct: readonly UserDistinctValue[];
  /** The spans that have changed. */
  readonly spans: readonly UserSpans[];
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
  if (derivations.all.size === 0) return { happenings: events.map(alone), distinct: [], spans: [] };
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
  return { happenings, distinct: counting.distinct(), spans: counting.spans() };
}

function alone(event: DatedEvent): Happening {
  return { event, counts: [event] };
}
