import type { ActionDay, ActionTotal, UserActionDay, UserActionTotal, UserState } from '../states/user-state.js';
import { localDay } from '../values/local-time.js';
import { type Counted, type CountedEvent, countEvents } from './count-events.js';
import type { Derivations, SaidEvent } from './derivations.js';
import { DistinctValues, type UserDistinctValue } from './distinct-values.js';
import { UncountableEvent } from './uncountable-event.js';

/** A user's state with some actions counted anew, and what is stored of them. */
export interface Recounted {
  readonly after: UserState;
  readonly totals: readonly UserActionTotal[];
  readonly days: readonly UserActionDay[];
  readonly distinct: readonly UserDistinctValue[];
}

/**
 * Counts these actions anew, as if they had always been derived like that: what was counted of them is forgotten, and they are counted
 * from the user's kept events, in the order in which these were taken. An action that is no more derived has nothing then.
 */
export function recount(
  user: UserState,
  names: ReadonlySet<string>,
  { derivations, events }: { readonly derivations: Derivations; readonly events: readonly SaidEvent[] },
): Recounted {
  const values = new DistinctValues(user.id, without(user.actions, names));
  // They are counted now: on the days of the zone in which days count now.
  const zone = user.dayZone?.zone ?? 'UTC';
  const derived = events.flatMap((event) =>
    values.taken(derivations.of({ ...event, day: localDay(zone, event.occurredAt) })),
  );
  const actions = without(user.actions, names);
  const actionDays = without(user.actionDays, names);
  const before: UserState = { ...user, actions, actionDays };
  const windowed = new Map([...names].map((name) => [name, 0] as const));
  const { after, totals, days } = counted(before, derived, windowed);
  const read = user.daysOf;
  const known = read === undefined ? after.actionDays : onlyOf(after.actionDays, read);
  return { after: { ...after, actionDays: known }, totals, days, distinct: values.added() };
}

/** Counts events of which an earlier configuration did not refuse any: one that takes a sum beyond its bound is left out. */
function counted(before: UserState, events: readonly CountedEvent[], windowed: ReadonlyMap<string, number>): Counted {
  try {
    return countEvents(before, events, windowed);
  } catch (error) {
    if (!(error instanceof UncountableEvent)) throw error;
  }
  const countable: CountedEvent[] = [];
  let state = before;
  for (const event of events) {
    try {
      state = countEvents(state, [event], windowed).after;
      countable.push(event);
    } catch (error) {
      if (!(error instanceof UncountableEvent)) throw error;
    }
  }
  return countEvents(before, countable, windowed);
}

type ByAction<T> = ReadonlyMap<string, T>;

function without<T extends ActionTotal | readonly ActionDay[]>(
  all: ByAction<T>,
  names: ReadonlySet<string>,
): ByAction<T> {
  if (![...names].some((name) => all.has(name))) return all;
  return new Map([...all].filter(([name]) => !names.has(name)));
}

function onlyOf<T>(all: ByAction<T>, names: { has(name: string): boolean }): ByAction<T> {
  return [...all.keys()].every((name) => names.has(name)) ? all : new Map([...all].filter(([name]) => names.has(name)));
}
