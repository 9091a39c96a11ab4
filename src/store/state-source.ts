import type { OrganizationState } from '../core/states/organization-state.js';
import type { ActionNames, UserState } from '../core/states/user-state.js';

/** A state, and whether it may be out of date. */
export interface Held<T> {
  readonly state: T;
  /** Whether the store was away when the state should have been read again. */
  readonly stale: boolean;
}

/** How recent the states must be that a caller gets. */
export interface Demand {
  /** When the answer is needed, in epoch milliseconds. No more than 250 ms are spent on a store that does not answer. */
  readonly deadline?: number;
  /** By id, the least revision that the state must have: an older one is loaded again, until the deadline. */
  readonly floors?: ReadonlyMap<string, number>;
  /**
   * Called once where states below their floors were given for a while: where it rejects, so does the load, since what the floors
   * stand for is not to be had any more.
   */
  readonly doubt?: () => Promise<void>;
  /** Whether the store must be read: no cache is used, and no load that has already begun. */
  readonly fresh?: boolean;
  /** The actions whose days users' states, or organizations' earners, must have; left out, none, nor need organizations have an earner. */
  readonly daysOf?: ActionNames;
}

/**
 * States for evaluations: cached, loaded once for callers at the same time, and in groups when many are not in the cache.
 *
 * Rejects with `StoreUnavailable` for a state that is not in the cache and cannot be loaded in time, or does not reach its
 * floor. While the store is away a state may lack days that are demanded, if they were not read when it was: see `hasDaysOf`.
 */
export interface StateSource<T> {
  /**
   * The state, if it is in the cache, young enough, and has the days of these actions; undefined if {@link load} must be asked. As
   * {@link load}, it may give a state without some of them as stale.
   */
  peek(id: string, daysOf?: ActionNames): Held<T> | undefined;
  /** One entry per id; any number of ids. */
  load(ids: readonly string[], demand: Demand): Promise<ReadonlyMap<string, Held<T>>>;
  /** A notice: the state of this id has reached this revision. Older ones are not used any more. */
  raise(id: string, revision: number): void;
}

export interface StateSources {
  readonly users: StateSource<UserState>;
  readonly organizations: StateSource<OrganizationState>;
  /** Says whether the notifier is connected: while it is not, states are used for 5 s instead of 30 s. */
  connected(is: boolean): void;
}
