import type { StateNeeds } from '../core/snapshot/state-needs.js';
import type { UserState } from '../core/states/user-state.js';

/** A place in the order of users, by (partition, id): right after this user, who need not be there any more. */
export interface UserCursor {
  readonly partition: number;
  readonly userId: string;
}

/** Before the first user. */
export const FIRST_USER: UserCursor = { partition: -1, userId: '' };

export interface UserPageRequest {
  readonly after: UserCursor;
  /** 1…500. */
  readonly limit: number;
  /** '' for every user. */
  readonly organizationId: string;
  readonly needs: StateNeeds;
}

export interface UserPage {
  /** Each as one instant has it, with no more than was needed: nothing else may be asked of them. */
  readonly users: readonly UserState[];
  /** When the timers of these users are due; users without one are left out. */
  readonly timers: ReadonlyMap<string, number>;
  /** Where the next page begins; undefined when there is none. */
  readonly next: UserCursor | undefined;
}

/**
 * Everybody of whom something is stored, in pages, for work on all of them. Users who were deleted and have not come back
 * are passed over, and so are those of whom there is but an empty row. Nothing is locked, and no cache is touched.
 */
export interface UserPages {
  /** How many there are; may take a while, in several short statements. */
  count(organizationId: string): Promise<number>;
  /** The users after that place. What is committed when it is called is seen. */
  read(request: UserPageRequest): Promise<UserPage>;
}
