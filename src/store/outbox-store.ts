import type { Cause } from '../core/states/ledger.js';

/** What one committed write changed for one user: the flags whose decision on stored state flipped. */
export interface UserChange {
  readonly userId: string;
  /** Names the transaction; the same for all users it changed. */
  readonly batch: string;
  readonly at: number;
  /** The user's revision with this change in it. */
  readonly revision: number;
  /** Flag keys that came on, and that went off. */
  readonly unlocked: readonly string[];
  readonly locked: readonly string[];
  readonly cause: Cause;
}

/** A change and where it stands. */
export interface PlacedChange extends UserChange {
  /** Grows with each change of one user, in the order of their commits; between users it says nothing. */
  readonly position: number;
}

/** Changes are written in the transaction that makes them, so that none is announced that did not happen, or missed. */
export interface OutboxWriter {
  /** The users are locked: that keeps their positions in the order of their commits. */
  append(changes: readonly UserChange[]): Promise<void>;
}

export interface OutboxReader {
  /** The changes that these batches made for these users. */
  changes(batches: readonly string[], userIds: readonly string[]): Promise<readonly UserChange[]>;
  /** For each user the changes after that position, each user's in order. */
  since(positions: ReadonlyMap<string, number>): Promise<readonly PlacedChange[]>;
  /**
   * Who was changed at or after that instant, with the position of their newest change; undefined where these are more than
   * `limit` changes. A change carries the instant of its transaction, which may have committed some seconds later.
   */
  newest(since: number, limit: number): Promise<ReadonlyMap<string, number> | undefined>;
  /** Drops changes older than that instant, at most `limit`; gives how many. */
  purge(before: number, limit: number): Promise<number>;
}
