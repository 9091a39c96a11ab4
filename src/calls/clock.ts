/** Where services get the time from. */
export interface Clock {
  /** Epoch milliseconds, by the database's clock: what workers and timers go by, so that all servers agree. */
  now(): number;
}

/**
 * The database's clock. It is read now and then; in between this machine's own clock carries it on. The database has read its time
 * at some moment between the question and the answer: while what is known fits that, it stays, so that a slow answer has time neither
 * jump nor go back. Where it does not, the moment is taken to be halfway.
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
    const fits = theirs - answered <= this.#offsetMs && this.#offsetMs <= theirs - asked;
    if (!fits) this.#offsetMs = theirs - Math.round((asked + answered) / 2);
  }
}
