import type { DeliveryQueue, DueDelivery } from '../delivery-queue.js';
import type { ConsumeOptions } from '../queue.js';

/** The most timers at once: a delivery beyond it is left to the sweeper, so that an outage does not fill the memory. */
const MOST_TIMERS = 10_000;
/** The longest that a timer of Node can wait; what is due later is left to the sweeper. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

interface Consumer extends ConsumeOptions {
  readonly take: (delivery: DueDelivery) => void;
}

/** Opens the delivery queue of a single process: timers in memory. When the process ends, the sweeper finds their deliveries. */
export function openEmbeddedDeliveryQueue(): DeliveryQueue {
  return new EmbeddedDeliveryQueue();
}

class EmbeddedDeliveryQueue implements DeliveryQueue {
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Deliveries that came due before `consume` was called. */
  #due: DueDelivery[] = [];
  #consumer: Consumer | undefined;
  #closed: boolean = false;

  schedule(deliveries: readonly DueDelivery[], delayMs: number): Promise<void> {
    if (!this.#closed && delayMs <= LONGEST_DELAY_MS && this.#timers.size < MOST_TIMERS) {
      // One timer for all of them, since they are due together; a timer even without a delay, so that the caller goes on first.
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        for (const delivery of deliveries) this.#hand(delivery);
      }, delayMs);
      timer.unref();
      this.#timers.add(timer);
    }
    return Promise.resolve();
  }

  consume(take: (delivery: DueDelivery) => void, options: ConsumeOptions): Promise<void> {
    if (this.#consumer !== undefined || this.#closed) {
      return Promise.reject(new Error('the delivery queue is consumed already, or closed: consume() is called once'));
    }
    this.#consumer = { take, ...options };
    for (const delivery of this.#due.splice(0)) this.#hand(delivery);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#due = [];
    return Promise.resolve();
  }

  #hand(delivery: DueDelivery): void {
    const consumer = this.#consumer;
    if (consumer === undefined) {
      if (this.#due.length < MOST_TIMERS) this.#due.push(delivery);
      return;
    }
    try {
      consumer.take(delivery);
    } catch (error) {
      consumer.onError(error);
    }
  }
}
