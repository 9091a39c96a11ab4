import type { Derivation } from '../core/flags/flag.js';
import type { StateNeeds } from '../core/snapshot/state-needs.js';
import type { Earner, UserState } from '../core/states/user-state.js';
import { PARTITIONS, type PartitionRange } from '../core/values/partition.js';

/** A place in the order of users, which is by (partition, id): right after this user, who may have been deleted since. */
export interface UserCursor {
  readonly partition: number;
  readonly userId: string;
  /** The user's organization, in the order of members. */
  readonly organizationId?: string;
}

/** Before the first user. */
export const FIRST_USER: UserCursor = { partition: -1, userId: '' };

/** Before the first member, in the order of members. */
export const FIRST_MEMBER: UserCursor = { ...FIRST_USER, organizationId: '' };

/** Before the first organization as an earner, and after every user. */
export const FIRST_ORGANIZATION: UserCursor = { partition: PARTITIONS, userId: '' };

export interface UserPageRequest {
  readonly after: UserCursor;
  /** 1…500. */
  readonly limit: number;
  /** Whose users; '' for all users. */
  readonly organizationId: string;
  readonly needs: StateNeeds;
  /** Actions that are not derived, and are to be counted as if they were. */
  readonly countedAs?: ReadonlyMap<string, Derivation> | undefined;
  /** Left out: users. Organizations as earners come after all users in the order: their partitions are beyond those of users. */
  readonly earner?: Earner;
  /**
   * `members`: only users who are in an organization, those of one after those of another, and within it in the order of all; `after`
   * is then {@link FIRST_MEMBER}, or the `next` of such a page. Left out: all users in the order of all.
   */
  readonly order?: 'members';
}

export interface UserPage {
  /** Each as it was at one instant, with only that in it which the request needs: anything else is empty. */
  readonly users: readonly UserState[];
  /** When the timers of these users are due; users without one are left out. */
  readonly timers: ReadonlyMap<string, number>;
  /** Where the next page begins; undefined when there is none. */
  readonly next: UserCursor | undefined;
}

/**
 * All users of whom something is stored, in pages, for work on all of them. Users who were deleted are left out, and so are
 * those who have an empty row only. Nothing is locked, and no cache is filled.
 */
export interface UserPages {
  /** How many users there are. It may take a while, in several short statements, between which `pause` is awaited. */
  count(organizationId: string, pause?: () => Promise<void>, earner?: Earner): Promise<number>;
  /**
   * The users in some partitions who name an organization: its members, those who are expected in it, and those for whom it has access
   * rows. In no order.
   */
  naming(organizationId: string, partitions: PartitionRange): Promise<readonly string[]>;
  /** The users after a place, as they are committed when it is called. */
  read(request: UserPageRequest): Promise<UserPage>;
  /** These users, likewise; those of whom nothing is stored are left out. At most 500 ids. */
  named(
    userIds: readonly string[],
    request: Pick<UserPageRequest, 'needs' | 'countedAs'>,
  ): Promise<Pick<UserPage, 'users' | 'timers'>>;
}
