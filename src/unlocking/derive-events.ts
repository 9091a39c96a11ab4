import type { CountedEvent } from '../core/counting/count-events.js';
import type { DerivedEvent } from '../core/counting/derivations.js';
import { DistinctValues, type UserDistinctValue } from '../core/counting/distinct-values.js';
import { UncountableEvent } from '../core/counting/uncountable-event.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { DayZone } from '../core/states/day-zone.js';
import type { UserState } from '../core/states/user-state.js';
import { quote } from '../core/values/json.js';
import type { NewEvent } from '../store/event-store.js';

/** Values that have counted for users. */
export type KnownValues = ConstructorParameters<typeof DistinctValues>[2];

/** An event with the day on which it counts, and the zone in which days were counted last after it. */
export interface DatedEvent extends NewEvent {
  readonly day?: number;
  readonly dayZone?: DayZone | undefined;
}

/** An event, and what it counts as. */
export interface Happening {
  readonly event: DatedEvent;
  /** The event itself, and each derived action that it counts as. */
  readonly counts: readonly CountedEvent[];
}

export interface Derived {
  /** In the order of the events. */
  readonly happenings: readonly Happening[];
  /** The values that have come to count. */
  readonly distinct: readonly UserDistinctValue[];
}

/**
 * What a user's events count as, in the order in which they are taken. Throws for an event that names a derived action: it was taken in
 * before the action was declared, or by a server that did not know it yet.
 */
export function deriveEvents(
  before: UserState,
  events: readonly DatedEvent[],
  { derivations }: Snapshot,
  known: KnownValues,
): Derived {
  if (derivations.all.size === 0) return { happenings: events.map(alone), distinct: [] };
  const values = new DistinctValues(before.id, before.actions, known);
  const happenings = events.map((event) => {
    if (derivations.all.has(event.action)) {
      throw new UncountableEvent(
        `the action ${quote(event.action)} is derived from others: no event counts as it by its name`,
      );
    }
    const derived = derivations.of(event);
    return derived.length === 0 ? alone(event) : { event, counts: [event, ...values.taken(derived)] };
  });
  return { happenings, distinct: values.added() };
}

function alone(event: DatedEvent): Happening {
  return { event, counts: [event] };
}

/** The values that these events would have count, of which it must be known whether they have. */
export function valuesIn(events: readonly NewEvent[], { derivations }: Snapshot): readonly UserDistinctValue[] {
  if (!derivations.anyDistinct) return [];
  return events.flatMap((event) =>
    derivations
      .of(event)
      .flatMap(({ action, distinct }: DerivedEvent) =>
        distinct === undefined ? [] : [{ userId: event.userId, action, value: distinct }],
      ),
  );
}
