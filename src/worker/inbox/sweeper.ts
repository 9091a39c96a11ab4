import { laneOf } from '../../core/values/partition.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { WorkQueue } from '../../queue/queue.js';
import type { Store } from '../../store/store.js';
import type { LaneWorker } from './lane-worker.js';

export interface SweeperOptions {
  readonly store: Pick<Store, 'events' | 'now'>;
  readonly worker: Pick<LaneWorker, 'process'>;
  /** Only asked whether it works: nothing that the sweeper does goes through it. */
  readonly queue: Pick<WorkQueue, 'healthy'>;
  readonly lanes: number;
  /** Told after each sweep how old the oldest pending event is; 0 when none is pending. */
  readonly onOldest: (ageMs: number) => void;
}

/** How old the oldest event of a lane must be for the sweeper to process it: the queue has missed it. */
const OVERDUE_MS = 2 * SECOND_MS;

const LANES_AT_ONCE = 4;

/** Processes lanes that were left waiting by a lost wake, a killed worker or a queue that is away. */
export class Sweeper {
  readonly #options: SweeperOptions;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** One sweep; gives how many events it counted. Rejects as the store does, after trying every overdue lane. */
  async sweep(signal?: AbortSignal): Promise<number> {
    const lanes = (await this.#overdueLanes()).values();
    let counted = 0;
    const failures: unknown[] = [];
    // All of these loops take their next lane from one iterator, so that a lane with much to do holds up only one loop.
    const sweepOn = async (): Promise<void> => {
      for (const lane of lanes) {
        if (signal?.aborted) return;
        try {
          const more = await this.#options.worker.process(lane, signal);
          counted += more;
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: LANES_AT_ONCE }, sweepOn));
    if (failures.length > 0) throw failures[0];
    return counted;
  }

  async #overdueLanes(): Promise<readonly number[]> {
    const { store, queue, lanes, onOldest } = this.#options;
    const [pending, now] = [await store.events.oldestPending(), await store.now()];
    const overdueMs = queue.healthy() ? OVERDUE_MS : Number.NEGATIVE_INFINITY;
    const oldestByLane = new Map<number, number>();
    for (const { partition, receivedAt } of pending) {
      const lane = laneOf(partition, lanes);
      oldestByLane.set(lane, Math.min(receivedAt, oldestByLane.get(lane) ?? Infinity));
    }
    const oldestFirst = [...oldestByLane].sort((a, b) => a[1] - b[1]);
    onOldest(oldestFirst.length === 0 ? 0 : Math.max(0, now - oldestFirst[0]![1]));
    return oldestFirst.filter(([, receivedAt]) => now - receivedAt >= overdueMs).map(([lane]) => lane);
  }
}
