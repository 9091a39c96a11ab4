import type { Ledger } from '../states/ledger.js';
import type { UserState } from '../states/user-state.js';
import type { Derivations, DerivedEvent, SaidEvent } from './derivations.js';
import { type CountedValue, DistinctValues } from './distinct-values.js';
import { type KnownSequences, Sequences, type UserSpans } from './sequences.js';
import { comesAfterUnlock } from './since-unlock.js';

/** Values that have counted for users. */
export type KnownValues = ConstructorParameters<typeof DistinctValues>[2];

/** What is stored by which it is known what a user's events count as. */
export interface KnownOfUser {
  /** Those of the values of derived actions that have counted; none where it is left out. */
  readonly values?: KnownValues;
  readonly sequences?: KnownSequences | undefined;
}

/** What a user's events count as beside their own actions, one event after the other in the order in which they are taken. */
export class DerivedCounting {
  readonly #derivations: Derivations;
  readonly #values: DistinctValues;
  readonly #sequences: Sequences | undefined;

  /** @param user as it was before the events, with what was counted so far */
  constructor(
    user: Pick<UserState, 'id' | 'actions'>,
    derivations: Derivations,
    { values, sequences }: KnownOfUser = {},
  ) {
    this.#derivations = derivations;
    this.#values = new DistinctValues(user.id, user.actions, values);
    this.#sequences = derivations.anySince ? new Sequences(user, derivations, sequences) : undefined;
  }

  /** Notes that an action occurred before the events: what has waited for it is not known. */
  occurred(action: string, at: number): void {
    this.#sequences?.occurred(action, at, 'UTC');
  }

  /**
   * What the next event counts as, and events before it that have waited for it; these on the days that they have in the zone. What counts
   * since a flag was unlocked is left out; see {@link sinceUnlocks}.
   */
  of(event: SaidEvent, zone: string): readonly DerivedEvent[] {
    const all = this.#derivations.of(event);
    const derived = this.dependsOnLedger(event) ? all.filter(({ since }) => since?.unlock === undefined) : all;
    const sequences = this.#sequences;
    if (sequences === undefined) return this.#values.taken(derived);
    const free = this.#values.taken(derived.filter(({ since }) => since === undefined));
    const happened = [event.action, ...free.map(({ action }) => action)];
    const waited = happened.flatMap((action) => sequences.occurred(action, event.occurredAt, zone));
    // The event may be what must have come first as well.
    const bound = derived.filter((one) => one.since !== undefined && sequences.allows(one));
    sequences.take(event);
    return [...free, ...this.#values.taken([...waited, ...bound])];
  }

  /** Whether what an event counts as depends on the ledger as well. */
  dependsOnLedger({ action }: Pick<SaidEvent, 'action'>): boolean {
    return this.#derivations.mayCountSinceUnlock(action);
  }

  /** What an event counts as since flags were unlocked, by the ledger as it is when the event is taken. */
  sinceUnlocks(event: SaidEvent, ledger: Ledger): readonly DerivedEvent[] {
    if (!this.dependsOnLedger(event)) return NOTHING;
    const counts = ({ since }: DerivedEvent): boolean =>
      since?.unlock !== undefined && comesAfterUnlock(event, since, ledger);
    return this.#values.taken(this.#derivations.of(event).filter(counts));
  }

  /** The values that have come to count. */
  distinct(): readonly CountedValue[] {
    return this.#values.added();
  }

  /** The spans that have changed. */
  spans(): readonly UserSpans[] {
    return this.#sequences?.changed() ?? [];
  }

  /** The derived actions of which earlier events are needed and were not known. */
  missing(): ReadonlySet<string> {
    return this.#sequences?.missing ?? NONE;
  }
}

const NOTHING: readonly never[] = [];
const NONE: ReadonlySet<string> = new Set<string>();
