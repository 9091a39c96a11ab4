import type { ConsumeOptions } from './queue.js';

/** A delivery that should be due. Its row in the store says whether it really is. */
export interface DueDelivery {
  readonly id: string;
  readonly endpointId: string;
}

/**
 * The delivery queue: it only says "this delivery is due now". Correctness never depends on it, since the sweeper finds
 * every delivery that a lost job left behind. So no method may make a caller wait for a broken queue.
 */
export interface DeliveryQueue {
  /**
   * Hands these to some consumer after the delay, each at least once while the queue lives. Resolves once handed over,
   * and within 250 ms in any case; never rejects: a queue that is away costs the sweeper's seconds, nothing more.
   */
  schedule(deliveries: readonly DueDelivery[], delayMs: number): Promise<void>;

  /**
   * Starts handing over what is due. `take` should be quick: it puts the delivery somewhere rather than doing the work.
   * What it throws is reported to `onError` and not retried (the sweeper does that). Call at most once.
   */
  consume(take: (delivery: DueDelivery) => void, options: ConsumeOptions): Promise<void>;

  /** Hands over nothing more, and lets go of every connection. */
  close(): Promise<void>;
}
