import type { EventName } from '../states/ledger.js';
import type { ActionTotal } from '../states/user-state.js';
import { type DerivedEvent, MAX_DISTINCT } from './derivations.js';

/** A value that has counted for a user and an action. */
export interface UserDistinctValue {
  readonly userId: string;
  readonly action: string;
  /** A text that stands for the value alone. */
  readonly value: string;
}

/** A value that comes to count, and the event that it counts by. */
export interface CountedValue extends UserDistinctValue {
  readonly by: EventName;
}

/** The values that have counted for a user so far: those that are known, and those that are added to them. */
export class DistinctValues {
  readonly #userId: string;
  readonly #totals: ReadonlyMap<string, ActionTotal>;
  readonly #known: { has(value: UserDistinctValue): boolean };
  /** By action, the values with the events that they count by. */
  readonly #added = new Map<string, Map<string, EventName>>();

  /**
   * @param totals what was counted so far: of an action that counts values, as many as have counted
   * @param known those of the values that will be asked for; none when left out
   */
  constructor(
    userId: string,
    totals: ReadonlyMap<string, ActionTotal>,
    known: { has(value: UserDistinctValue): boolean } = new Set<UserDistinctValue>(),
  ) {
    this.#userId = userId;
    this.#totals = totals;
    this.#known = known;
  }

  /** Those of an event's derived actions that it counts as: not where the value has counted, nor where there is room for no more. */
  taken(derived: readonly DerivedEvent[]): readonly DerivedEvent[] {
    if (derived.every(({ distinct }) => distinct === undefined)) return derived;
    return derived.filter(({ action, distinct, by }) => distinct === undefined || this.#take(action, distinct, by!));
  }

  /** The values that have come to count. */
  added(): readonly CountedValue[] {
    return [...this.#added].flatMap(([action, values]) =>
      Array.from(values, ([value, by]) => ({ userId: this.#userId, action, value, by })),
    );
  }

  #take(action: string, value: string, by: EventName): boolean {
    const added = this.#added.get(action) ?? new Map<string, EventName>();
    if (added.has(value) || this.#known.has({ userId: this.#userId, action, value })) return false;
    if ((this.#totals.get(action)?.count ?? 0) + added.size >= MAX_DISTINCT) return false;
    this.#added.set(action, added.set(value, by));
    return true;
  }
}
