import type { ActionDay, ActionTotal, UserActionDay, UserActionTotal, UserState } from '../states/user-state.js';
import { type CountedEvent, countEvents, type KeptOfActions } from './count-events.js';
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

interface RecountOptions {
  readonly derivations: Derivations;
  /** By action, when the first of the kept events occurred; see {@link firstsNeeded}. */
  readonly firsts: ReadonlyMap<string, number>;
}

/**
 * Counts these actions anew, as if they had always been derived like that: what was counted of them is forgotten, and they are counted
 * from the user's kept events, which are taken in the order in which these were taken, in pages of any size: no more is held than what
 * they count. An action that is no more derived has nothing then.
 */
export class Recount {
  readonly #user: UserState;
  readonly #names: ReadonlySet<string>;
  readonly #counting: DerivedCounting;
  readonly #zone: string;
  /** By action and day, what is to be added to the row of the day. */
  readonly #days = new Map<string, UserActionDay>();
  #state: UserState;

  constructor(user: UserState, names: ReadonlySet<string>, { derivations, firsts }: RecountOptions) {
    this.#user = user;
    this.#names = names;
    // What has waited counts on the day in the zone in which days count now.
    this.#zone = user.dayZone?.zone ?? 'UTC';
    // Those since which others count are counted along, to know when each occurred.
    this.#counting = new DerivedCounting({ id: user.id, actions: new Map() }, derivations);
    for (const [action, at] of occurredBefore(user, names, { derivations, firsts }))
      this.#counting.occurred(action, at);
    this.#state = withoutActions(user, names);
  }

  take(events: readonly SaidEvent[]): void {
    const derived = events.flatMap((event) => {
      const counts = [
        ...this.#counting.of(event, this.#zone),
        ...this.#counting.sinceUnlocks(event, this.#user.ledger),
      ];
      return counts.filter(({ action }) => this.#names.has(action));
    });
    if (derived.length === 0) return;
    if (this.#count(derived)) return;
    // An earlier configuration did not refuse any of these: one that takes a sum beyond its bound is left out.
    for (const event of derived) this.#count([event]);
  }

  done(): Recounted {
    const { daysOf, id: userId } = this.#user;
    const { actionDays } = this.#state;
    const after = { ...this.#state, actionDays: daysOf === undefined ? actionDays : onlyOf(actionDays, daysOf) };
    const isOf = ({ action }: { readonly action: string }): boolean => this.#names.has(action);
    return {
      after,
      totals: [...after.actions].flatMap(([action, total]) =>
        this.#names.has(action) ? [{ userId, action, ...total }] : [],
      ),
      days: [...this.#days.values()],
      distinct: this.#counting.distinct().filter(isOf),
      spans: this.#counting.spans().filter(isOf),
    };
  }

  /** Gives whether they could be counted. */
  #count(derived: readonly CountedEvent[]): boolean {
    try {
      const { after, days } = countEvents(this.#state, derived, { windowedActions: this.#names, streaks: NO_STREAKS });
      this.#state = after;
      for (const row of days) {
        const key = `${row.day} ${row.action}`;
        const { count = 0, sum = 0n } = this.#days.get(key) ?? {};
        this.#days.set(key, { ...row, count: count + row.count, sum: sum + row.sum });
      }
      return true;
    } catch (error) {
      if (error instanceof UncountableEvent) return false;
      throw error;
    }
  }
}

/** The same of events that are all at hand. */
export function recount(
  user: UserState,
  names: ReadonlySet<string>,
  { derivations, events }: Pick<RecountOptions, 'derivations'> & { readonly events: readonly SaidEvent[] },
): Recounted {
  const firsts = new Map<string, number>();
  for (const { action, occurredAt } of events) firsts.set(action, Math.min(occurredAt, firsts.get(action) ?? Infinity));
  const counting = new Recount(user, names, { derivations, firsts });
  counting.take(events);
  return counting.done();
}

/** The actions of which it has to be known when the first kept event of a user occurred, to count these names anew. */
export function firstsNeeded(
  { actions }: Pick<UserState, 'actions'>,
  names: ReadonlySet<string>,
  derivations: Derivations,
): ReadonlySet<string> {
  const firsts = occurredFirst(names, derivations).filter((first) => actions.has(first));
  return new Set(firsts.flatMap((first) => derivations.all.get(first)?.from ?? [first]));
}

/** The actions since which others count, but for those that are counted anew themselves. */
function occurredFirst(names: ReadonlySet<string>, derivations: Derivations): readonly string[] {
  const all = new Set(derivations.followers().map(({ since }) => since.action));
  return [...all].filter((first) => !names.has(first));
}

/** What is known from before the first kept event of the actions since which others count: when each was first and last done. */
function* occurredBefore(
  { actions }: Pick<UserState, 'actions'>,
  names: ReadonlySet<string>,
  { derivations, firsts }: RecountOptions,
): Generator<readonly [action: string, at: number]> {
  for (const first of occurredFirst(names, derivations)) {
    const total = actions.get(first);
    if (total === undefined) continue;
    const from = derivations.all.get(first)?.from ?? [first];
    const keptFrom = Math.min(...from.map((action) => firsts.get(action) ?? Infinity));
    for (const at of [total.firstAt, total.lastAt]) if (at < keptFrom) yield [first, at];
  }
}

/** What is kept for counting anew is hardly older than a total's recent days, of which streaks are read. */
const NO_STREAKS: KeptOfActions['streaks'] = new Map();

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
