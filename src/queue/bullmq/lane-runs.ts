/**
 * Runs a lane's work, never twice at the same time in this process.
 *
 * BullMQ's deduplication promises that across processes only while its keys live: a flushed or restarted Redis, or a lock
 * lost to a long pause, delivers a lane again while it is worked on. Such a delivery waits here, as one, for its turn.
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
    // First, as the next run is about to begin in the instant after the present one has left.
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
