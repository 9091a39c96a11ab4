import { TIMER, UNLOCK, type UserStateRow } from './user-state-query.js';

interface Known {
  /** The highest sequence number of the user's entries in the ledger; 0 without any. */
  sequence: number;
  dueAt: number | undefined;
}

/**
 * What a transaction has read of users when it locked them, beyond their states. It stays true until the transaction itself
 * changes it, since no other can.
 */
export class LockedUsers {
  readonly #known = new Map<string, Known>();

  read(userId: string, rows: readonly UserStateRow[]): void {
    const known: Known = { sequence: 0, dueAt: undefined };
    for (const row of rows) {
      if (row.kind === UNLOCK) known.sequence = Math.max(known.sequence, row.n3);
      if (row.kind === TIMER) known.dueAt = row.n1;
    }
    this.#known.set(userId, known);
  }

  of(userId: string): Known | undefined {
    return this.#known.get(userId);
  }

  forget(userId: string): void {
    this.#known.delete(userId);
  }
}
