import { isDeepStrictEqual } from 'node:util';
import { HeldUser } from '../../core/states/held-user.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import { type ActionNames, hasDaysOf, NO_ACTIONS, type UserState } from '../../core/states/user-state.js';
import { HOUR_MS, SECOND_MS } from '../../core/values/time/time.js';
import type { StateSources } from '../state-source.js';
import type { StateReader } from '../user-store.js';
import { type CacheClock, SYSTEM_CLOCK } from './cache-clock.js';
import { type CacheObserver, NO_OBSERVER, type StateKind } from './cache-observer.js';
import { CachedSource } from './cached-source.js';
import type { Revised } from './held-states.js';
import { StoreBreaker } from './store-breaker.js';

export interface CachedStatesOptions {
  /** Default 100,000. */
  readonly maxUsers?: number;
  /** Default 10,000. */
  readonly maxOrganizations?: number;
  /** About how many bytes the states may take, users three quarters of it and organizations a quarter: 256 MiB by default. */
  readonly maxBytes?: number;
  /** For how long a state is answered without asking the store: 30 s by default. */
  readonly youngMs?: number;
  /** The same while the notifier is away: 5 s by default. */
  readonly youngAwayMs?: number;
  /** For how long a state may be answered, as stale, while the store is away: 1 h by default. */
  readonly staleMaxMs?: number;
  /** How long a caller waits for the store at most: 250 ms by default. */
  readonly answerWithinMs?: number;
  /** For how long after a failure callers that can be given a stale state do not wait for the store: 1 s by default. */
  readonly breakerOpenMs?: number;
  /** How many states one call to the store loads: 500 by default, which is the most. */
  readonly maxIdsPerGroup?: number;
  /** How many calls for states of one kind may be under way: 4 by default. */
  readonly maxGroupsInFlight?: number;
  /** The actions that rules window now, whose days are read with every user; none when left out. */
  readonly windowedActions?: () => ActionNames;
  /** The same of organizations as earners; undefined while nothing reads what these have earned. */
  readonly earnerDaysOf?: () => ActionNames | undefined;
  /** Told of a state that the store gave in an older revision than before, as it does when it has lost writes. */
  readonly onOlder?: (kind: StateKind, id: string, revision: number) => void;
  readonly observer?: CacheObserver;
  readonly clock?: CacheClock;
}

export interface CachedSizes {
  readonly users: number;
  readonly organizations: number;
  /** About how many bytes they take. */
  readonly userBytes: number;
  readonly organizationBytes: number;
  /** How many users and organizations are being loaded. */
  readonly loading: number;
}

export interface CachedStates extends StateSources {
  /** Has each state loaded again at the next use; for a change of how derived actions are counted. */
  renew(): void;
  /** Forgets everything; for a store whose revisions began anew, as after a restore. */
  reset(): void;
  /** Rejects everybody who waits with `StoreUnavailable`. */
  close(): void;
  sizes(): CachedSizes;
}

/** The states of users and organizations of a store, cached. */
export function cachedStates(reader: StateReader, options: CachedStatesOptions = {}): CachedStates {
  const answerWithinMs = options.answerWithinMs ?? 250;
  const common = {
    clock: options.clock ?? SYSTEM_CLOCK,
    observer: options.observer ?? NO_OBSERVER,
    breaker: new StoreBreaker(options.breakerOpenMs ?? SECOND_MS, answerWithinMs),
    youngMs: options.youngMs ?? 30 * SECOND_MS,
    youngAwayMs: options.youngAwayMs ?? 5 * SECOND_MS,
    staleMaxMs: options.staleMaxMs ?? HOUR_MS,
    answerWithinMs,
    floorPatienceMs: answerWithinMs,
    maxIdsPerGroup: options.maxIdsPerGroup ?? 500,
    maxGroupsInFlight: options.maxGroupsInFlight ?? 4,
  };
  const maxBytes = options.maxBytes ?? 256 * 2 ** 20;
  const users = new CachedSource<UserState>({
    ...common,
    kind: 'users',
    onOlder: (id, revision) => options.onOlder?.('users', id, revision),
    maxEntries: options.maxUsers ?? 100_000,
    maxBytes: 0.75 * maxBytes,
    read: (ids, daysOf) => reader.users(ids, daysOf),
    asHeld: (state, held) => {
      const user = HeldUser.of(state);
      // Where the days of other actions were read, it is another state, even if these are none.
      return held?.daysOf === user.daysOf ? sameIfEqual(user, held) : user;
    },
    daysOf: options.windowedActions ?? (() => NO_ACTIONS),
  });
  let readsEarners = false;
  const organizations = new CachedSource<OrganizationState>({
    ...common,
    kind: 'organizations',
    onOlder: (id, revision) => options.onOlder?.('organizations', id, revision),
    maxEntries: options.maxOrganizations ?? 10_000,
    maxBytes: 0.25 * maxBytes,
    read: (ids, daysOf) => {
      // Whoever began with a configuration that reads it goes on with that for a while.
      readsEarners ||= options.earnerDaysOf?.() !== undefined;
      return reader.organizations(ids, readsEarners ? daysOf : undefined);
    },
    asHeld: asHeldOrganization,
    daysOf: () => options.earnerDaysOf?.() ?? NO_ACTIONS,
    hasDaysOf: ({ earner }, actions) => actions === NO_ACTIONS || (earner !== undefined && hasDaysOf(earner, actions)),
  });
  const both = [users, organizations];
  return {
    users,
    organizations,
    connected(is) {
      for (const source of both) source.connected(is);
    },
    renew() {
      for (const source of both) source.renew();
    },
    reset() {
      for (const source of both) source.reset();
    },
    close() {
      for (const source of both) source.close();
    },
    sizes: () => ({
      users: users.sizes().held,
      organizations: organizations.sizes().held,
      userBytes: users.sizes().bytes,
      organizationBytes: organizations.sizes().bytes,
      loading: users.sizes().loading + organizations.sizes().loading,
    }),
  };
}

/**
 * What is held, where it was read again as it was: what was made of it, and what was answered by it, is good for as long. Where that
 * was made for many users, of an organization, they hold on to no other state of it.
 */
function sameIfEqual<T extends Revised>(state: T, held: T | undefined): T {
  return held !== undefined && held.revision === state.revision && isDeepStrictEqual(held, state) ? held : state;
}

/** What it has earned may be counted otherwise in the same revision, as that of users may where derived actions change. */
function asHeldOrganization(state: OrganizationState, held: OrganizationState | undefined): OrganizationState {
  const organization = state.earner === undefined ? state : { ...state, earner: HeldUser.of(state.earner) };
  return held?.earner?.daysOf === organization.earner?.daysOf ? sameIfEqual(organization, held) : organization;
}
