import type { Cause } from '../core/states/ledger.js';

/** What one committed write changed for one user: the flags whose decision on stored state flipped. */
export interface UserChange {
  readonly userId: string;
  /** Names the transaction, which may have changed several users. */
  readonly batch: string;
  readonly at: number;
  /** The user's revision after the change. */
  readonly revision: number;
  /** Flag keys that came on, and that went off. */
  readonly unlocked: readonly string[];
  readonly locked: readonly string[];
  readonly cause: Cause;
}

/** A change and where it stands. */
export interface PlacedChange extends UserChange {
  /** Grows with each change of a user, in the order of their commits. Positions of two users say nothing of each other. */
  readonly position: number;
}

/** Changes are written in the transaction that makes them, so that exactly the changes that happened are told. */
export interface OutboxWriter {
  /** Appends changes. The users must be locked, which keeps a user's positions in the order of commits. */
  append(changes: readonly UserChange[]): Promise<void>;
}

export interface OutboxReader {
  /** The changes that these batches made for these users. */
  changes(batches: readonly string[], userIds: readonly string[]): Promise<readonly UserChange[]>;
  /** The changes of each user after the given position, in order. */
  since(positions: ReadonlyMap<string, number>): Promise<readonly PlacedChange[]>;
  /**
   * The users who were changed at or after that instant, each with the position of their newest change; undefined where there
   * are more than `limit` changes. A change has the instant of its transaction, which may commit some seconds later.
   */
  newest(since: number, limit: number): Promise<ReadonlyMap<string, number> | undefined>;
  /**
   * The changes of all users at or after that instant, by instant, and of one instant in the order of their positions; at most `limit`.
   * A change has the instant of its transaction, which may commit some seconds later.
   */
  recent(since: number, limit: number): Promise<readonly PlacedChange[]>;
  /** Drops changes older than that instant, at most `limit`; gives how many. */
  purge(before: number, limit: number): Promise<number>;
}
