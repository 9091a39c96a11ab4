import { type ActionNames, NO_ACTIONS } from '../../core/states/user-state.js';
import type { LoadMark } from './held-states.js';

export type LoadOutcome<T> =
  | { readonly kind: 'states'; readonly states: ReadonlyMap<string, T> }
  /** The store is away, or did not answer in time. */
  | { readonly kind: 'away'; readonly cause: unknown }
  /** Something else went wrong; it is passed on. */
  | { readonly kind: 'failed'; readonly error: unknown };

/** One call to the store for several ids, from the first id that is asked for until there is an outcome. */
export class LoadGroup<T> {
  readonly ids = new Set<string>();
  /** The actions whose days are read with users. */
  daysOf: ActionNames = NO_ACTIONS;
  readonly #waiting: (() => void)[] = [];
  #outcome: LoadOutcome<T> | undefined;
  #begun: { readonly sequence: number; readonly mark: LoadMark } | undefined;
  #cancelTimeout: () => void = () => undefined;

  get outcome(): LoadOutcome<T> | undefined {
    return this.#outcome;
  }

  /** Its place in the order in which groups began; infinite before it has begun. */
  get sequence(): number {
    return this.#begun?.sequence ?? Number.POSITIVE_INFINITY;
  }

  /** What was known when it began; undefined before. */
  get mark(): LoadMark | undefined {
    return this.#begun?.mark;
  }

  /** Calls `done` when there is an outcome, at once where there is one. */
  whenSettled(done: () => void): void {
    if (this.#outcome === undefined) this.#waiting.push(done);
    else done();
  }

  begin(sequence: number, mark: LoadMark, cancelTimeout: () => void): void {
    this.#begun = { sequence, mark };
    this.#cancelTimeout = cancelTimeout;
  }

  /** Sets the outcome; later ones do not count. */
  settle(outcome: LoadOutcome<T>): void {
    if (this.#outcome !== undefined) return;
    this.#cancelTimeout();
    this.#outcome = outcome;
    for (const done of this.#waiting.splice(0)) done();
  }
}
