import type { UserCursor } from './user-pages.js';

/**
 * Users, and organizations that earn, for whom some action was counted when it was derived otherwise, or was not derived. They are brought up to date whenever they are
 * read, and for good when they are locked.
 */
export interface DerivedStore {
  /** The revision to which some user may have to be brought; undefined where everybody is known to have been. */
  unsettled(): Promise<number | undefined>;
  /** Those who are behind a revision, in the order of their keys, after a place: `limit` at most. The partition tells of which kind each is. */
  behind(revision: number, after: UserCursor, limit: number): Promise<readonly UserCursor[]>;
  /** Notes that everybody has been brought to a revision. */
  settled(revision: number): Promise<void>;
}
