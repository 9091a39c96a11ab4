import type { Cause } from '../core/ledger.js';

/** What one committed write changed for one user: the flags whose decision on stored state flipped. */
export interface UserChange {
  readonly userId: string;
  /** Names the transaction; the same for all users it changed. */
  readonly batch: string;
  readonly at: number;
  /** Flag keys that came on, and that went off. */
  readonly unlocked: readonly string[];
  readonly locked: readonly string[];
  readonly cause: Cause;
}

/** Changes are written in the transaction that makes them, so that none is announced that did not happen, or missed. */
export interface OutboxWriter {
  append(changes: readonly UserChange[]): Promise<void>;
}

export interface OutboxReader {
  /** The changes that these batches made for these users. */
  changes(batches: readonly string[], userIds: readonly string[]): Promise<readonly UserChange[]>;
  /** Drops changes older than that instant, at most `limit`; gives how many. */
  purge(before: number, limit: number): Promise<number>;
}
