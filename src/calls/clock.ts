/** Where services get the time from. */
export interface Clock {
  /** Epoch milliseconds, by the database's clock: what workers and timers go by, so that all servers agree. */
  now(): number;
}

/**
 * The database's clock. It is read now and then; in between this machine's own clock carries it on. The database is taken
 * to have read its time halfway between the question and the answer.
 */
export class StoreClock implements Clock {
  #offsetMs = 0;

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Asks the store for its time; rejects as the store does, and keeps the offset it had. */
  async synchronize(store: { now(): Promise<number> }): Promise<void> {
    const asked = Date.now();
    const theirs = await store.now();
    const answered = Date.now();
    this.#offsetMs = theirs - Math.round((asked + answered) / 2);
  }
}
