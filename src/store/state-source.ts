import type { OrganizationState } from '../core/states/organization-state.js';
import type { UserState } from '../core/states/user-state.js';

/** A state and how far it can be trusted. */
export interface Held<T> {
  readonly state: T;
  /** The store was away when it should have been looked at again. */
  readonly stale: boolean;
}

/** What a reader demands of the states that it gets. */
export interface Demand {
  /** Epoch milliseconds by which an answer is needed; at most 250 ms are spent on a store that does not answer. */
  readonly deadline?: number;
  /** Revisions to be reached, by id; a lower state is loaded again until the deadline. */
  readonly floors?: ReadonlyMap<string, number>;
  /** Read the store, through no cache and joining no load that has begun. */
  readonly fresh?: boolean;
}

/**
 * States for evaluations: cached, loaded once for concurrent callers and in groups when many miss.
 *
 * Rejects with `StoreUnavailable` where a state is neither held nor to be had in time, or does not reach its floor.
 */
export interface StateSource<T> {
  /** At once, when it is held and young enough; undefined: ask {@link load}. */
  peek(id: string): Held<T> | undefined;
  /** One entry per id; any number of ids. */
  load(ids: readonly string[], demand: Demand): Promise<ReadonlyMap<string, Held<T>>>;
  /** A notice: this id has reached this revision; anything older is forgotten. */
  raise(id: string, revision: number): void;
}

export interface StateSources {
  readonly users: StateSource<UserState>;
  readonly organizations: StateSource<OrganizationState>;
  /** The notifier is there or away: while it is away, entries are held for 5 s instead of 30 s. */
  connected(is: boolean): void;
}
