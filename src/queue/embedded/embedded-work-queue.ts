import { withTimeLimit } from '../../outages/time-limit.js';
import type { ConsumeOptions, WorkQueue } from '../queue.js';

const CLOSE_LIMIT_MS = 10_000;

interface Consumer extends ConsumeOptions {
  readonly work: (lane: number) => Promise<void>;
}

/**
 * Opens the work queue of a single process: a set of lanes in memory, with nothing to connect to.
 *
 * Wakes that wait when the process ends are lost: the sweeper finds their lanes. There is no intake of events beside it,
 * since nobody outside the process could reach one.
 */
export function openEmbeddedWorkQueue(): WorkQueue {
  return new EmbeddedWorkQueue();
}

class EmbeddedWorkQueue implements WorkQueue {
  /** In the order of their first wake; a lane that is woken while it is worked on waits here for its next run. */
  readonly #waiting = new Set<number>();
  readonly #active = new Map<number, Promise<void>>();
  #consumer: Consumer | undefined;
  #startScheduled: boolean = false;
  #closed: boolean = false;

  wake(lanes: Iterable<number>): Promise<void> {
    if (!this.#closed) {
      for (const lane of lanes) {
        this.#waiting.add(lane);
      }
      this.#scheduleStart();
    }
    return Promise.resolve();
  }

  consume(work: (lane: number) => Promise<void>, options: ConsumeOptions): Promise<void> {
    if (this.#consumer !== undefined || this.#closed) {
      return Promise.reject(new Error('the work queue is consumed already, or closed: consume() is called once'));
    }
    this.#consumer = { work, ...options };
    this.#scheduleStart();
    return Promise.resolve();
  }

  healthy(): boolean {
    return !this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await withTimeLimit(CLOSE_LIMIT_MS, Promise.all(this.#active.values()), () => undefined);
  }

  /** Starts work in a later turn of the event loop, so that a caller who wakes a lane does not do the lane's work first. */
  #scheduleStart(): void {
    if (!this.#startScheduled) {
      this.#startScheduled = true;
      setImmediate(() => {
        this.#startScheduled = false;
        this.#startWaiting();
      });
    }
  }

  #startWaiting(): void {
    const consumer = this.#consumer;
    if (consumer === undefined) {
      return;
    }
    for (const lane of this.#waiting) {
      if (this.#active.size >= consumer.concurrency) {
        return;
      }
      if (!this.#active.has(lane)) {
        this.#waiting.delete(lane);
        this.#active.set(lane, this.#run(consumer, lane));
      }
    }
  }

  async #run(consumer: Consumer, lane: number): Promise<void> {
    try {
      await consumer.work(lane);
    } catch (error) {
      consumer.onError(error);
    } finally {
      this.#active.delete(lane);
      this.#scheduleStart();
    }
  }
}
