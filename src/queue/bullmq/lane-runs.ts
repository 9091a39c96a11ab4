/**
 * Runs a lane's work, never twice at the same time in this process.
 *
 * BullMQ's deduplication promises that for all processes, but only while its keys live: after a flush or a restart of Redis,
 * or when a lock was lost to a long pause, a lane is delivered again while it is worked on. Such deliveries wait here for
 * one more run.
 */
export class LaneRuns {
  readonly #work: (lane: number) => Promise<void>;
  readonly #running = new Map<number, Promise<void>>();
  readonly #next = new Map<number, Promise<void>>();

  /** `work` never rejects. */
  constructor(work: (lane: number) => Promise<void>) {
    this.#work = work;
  }

  /** Resolves after a run of the lane that began no earlier than this call. */
  run(lane: number): Promise<void> {
    // Asked first, since a run that waits is still here in the instant between the end of one run and its own beginning.
    const next = this.#next.get(lane);
    if (next !== undefined) {
      return next;
    }
    const running = this.#running.get(lane);
    if (running === undefined) {
      return this.#start(lane);
    }
    const after = running.then(() => {
      this.#next.delete(lane);
      return this.#start(lane);
    });
    this.#next.set(lane, after);
    return after;
  }

  #start(lane: number): Promise<void> {
    const running = this.#work(lane).then(() => {
      this.#running.delete(lane);
    });
    this.#running.set(lane, running);
    return running;
  }
}
