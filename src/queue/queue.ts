/**
 * The work queue: it only says "this lane has work". Correctness never depends on it, since the sweeper finds every row
 * that a lost job left behind. So no method may make a caller wait for a broken queue.
 */
export interface WorkQueue {
  /**
   * Says that these lanes have work. Wakes of a lane that is already waiting coalesce into one; a wake that comes
   * while the lane is being worked on is kept for one more run after it. Resolves once handed over, and within 250 ms
   * in any case; never rejects: a queue that is away costs the sweeper's two seconds, nothing more.
   */
  wake(lanes: Iterable<number>): Promise<void>;

  /**
   * Starts calling `work` for woken lanes: never twice at the same time for one lane by this consumer, at most
   * `concurrency` lanes at once. A rejection is reported to `onError` and not retried (the sweeper does that).
   * Call at most once.
   */
  consume(work: (lane: number) => Promise<void>, options: ConsumeOptions): Promise<void>;

  /** Whether the queue answers now; false sends the worker to sweep every lane that has rows. */
  healthy(): boolean;

  /** Stops consuming, waits for the work under way (10 s at most), and lets go of every connection. */
  close(): Promise<void>;
}

export interface ConsumeOptions {
  readonly concurrency: number;
  readonly onError: (error: unknown) => void;
}

/**
 * The intake of events by the queue: producers of other systems put jobs named `track` onto the queue `latchkey-events`,
 * with the queue's own client. A job's data is an event or a list of events.
 */
export interface EventIntakeQueue {
  /**
   * Starts handing each job's data to `accept`. Resolved: the job is done. Rejected with an error that has
   * `permanent: true`: the job fails for good, stays visible with the message as its reason, and is not retried.
   * Any other rejection: retried with backoff until it succeeds.
   */
  consume(accept: (data: unknown) => Promise<void>, options: ConsumeOptions): Promise<void>;
  close(): Promise<void>;
}
