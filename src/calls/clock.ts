/** Where services get the time from. */
export interface Clock {
  /** Epoch milliseconds, by the database's clock: what workers and timers go by, so that all nodes agree. */
  now(): number;
}

/**
 * The database's clock, read now and then and carried on by this machine's own in between. Half of the question's
 * round trip is taken for its way back.
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
