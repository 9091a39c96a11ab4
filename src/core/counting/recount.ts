import type { ActionDay, ActionTotal, UserActionDay, UserActionTotal, UserState } from '../states/user-state.js';
import { type Counted, type CountedEvent, countEvents, type KeptOfActions } from './count-events.js';
import type { Derivations, SaidEvent } from './derivations.js';
import { DerivedCounting } from './derived-counting.js';
import type { CountedValue } from './distinct-values.js';
import type { UserSpans } from './sequences.js';
import { UncountableEvent } from './uncountable-event.js';

/** A user's state with some actions counted anew, and what is stored of them. */
export interface Recounted {
  readonly after: UserState;
  readonly totals: readonly UserActionTotal[];
  readonly days: readonly UserActionDay[];
  readonly distinct: readonly CountedValue[];
  readonly spans: readonly UserSpans[];
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
  // What has waited counts on the day in the zone in which days count now.
  const zone = user.dayZone?.zone ?? 'UTC';
  // Those since which others count are counted along, to know when each occurred.
  const counting = new DerivedCounting({ id: user.id, actions: new Map() }, derivations);
  for (const [action, at] of occurredBefore(user, names, { derivations, events })) counting.occurred(action, at);
  const derived = events.flatMap((event) => {
    const counts = [...counting.of(event, zone), ...counting.sinceUnlocks(event, user.ledger)];
    return counts.filter(({ action }) => names.has(action));
  });
  const before = withoutActions(user, names);
  const { after, totals, days } = counted(before, derived, { windowedActions: names, streaks: NO_STREAKS });
  const read = user.daysOf;
  const known = read === undefined ? after.actionDays : onlyOf(after.actionDays, read);
  return { after: { ...after, actionDays: known }, totals, days, ...ofNames(names, counting) };
}

function ofNames(names: ReadonlySet<string>, counting: DerivedCounting): Pick<Recounted, 'distinct' | 'spans'> {
  const isOf = ({ action }: { readonly action: string }): boolean => names.has(action);
  return { distinct: counting.distinct().filter(isOf), spans: counting.spans().filter(isOf) };
}

/** What is known from before the first kept event of the actions since which others count: when each was first and last done. */
function* occurredBefore(
  { actions }: Pick<UserState, 'actions'>,
  names: ReadonlySet<string>,
  { derivations, events }: { readonly derivations: Derivations; readonly events: readonly SaidEvent[] },
): Generator<readonly [action: string, at: number]> {
  for (const first of new Set(derivations.followers().map(({ since }) => since.action))) {
    const total = names.has(first) ? undefined : actions.get(first);
    if (total === undefined) continue;
    const from = derivations.all.get(first)?.from ?? [first];
    let keptFrom = Infinity;
    for (const event of events) if (from.includes(event.action)) keptFrom = Math.min(keptFrom, event.occurredAt);
    for (const at of [total.firstAt, total.lastAt]) if (at < keptFrom) yield [first, at];
  }
}

/** What is kept for counting anew is hardly older than a total's recent days, of which streaks are read. */
const NO_STREAKS: KeptOfActions['streaks'] = new Map();

/** Counts events of which an earlier configuration did not refuse any: one that takes a sum beyond its bound is left out. */
function counted(before: UserState, events: readonly CountedEvent[], kept: KeptOfActions): Counted {
  try {
    return countEvents(before, events, kept);
  } catch (error) {
    if (!(error instanceof UncountableEvent)) throw error;
  }
  const countable: CountedEvent[] = [];
  let state = before;
  for (const event of events) {
    try {
      state = countEvents(state, [event], kept).after;
      countable.push(event);
    } catch (error) {
      if (!(error instanceof UncountableEvent)) throw error;
    }
  }
  return countEvents(before, countable, kept);
}

/** The user without what was counted of some actions. */
export function withoutActions(user: UserState, names: ReadonlySet<string>): UserState {
  return { ...user, actions: without(user.actions, names), actionDays: without(user.actionDays, names) };
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
