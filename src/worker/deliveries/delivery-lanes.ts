import type { DueDelivery } from '../../queue/delivery-queue.js';

export interface DeliveryLanesOptions {
  readonly work: (delivery: DueDelivery) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** How many are worked on at once, in all and for one endpoint. */
  readonly atOnce: number;
  readonly perEndpoint: number;
}

/** How many deliveries to one endpoint wait in memory; the rest wait in the store, where the sweep finds them. */
const MOST_WAITING = 500;

interface Lane {
  readonly waiting: DueDelivery[];
  active: number;
}

/** Works on deliveries, a lane for each endpoint: a slow endpoint fills its own lane and holds up no other endpoint. */
export class DeliveryLanes {
  readonly #options: DeliveryLanesOptions;
  /** By endpoint, in the order of their turns. A lane without deliveries is dropped. */
  readonly #lanes = new Map<string, Lane>();
  /** Ids of deliveries that wait or are worked on: the queue and the sweep may both offer the same one. */
  readonly #known = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #stopped: boolean = false;

  constructor(options: DeliveryLanesOptions) {
    this.#options = options;
  }

  /** Takes a delivery, unless it has been taken already or there is no room for it. */
  offer(delivery: DueDelivery): void {
    const { id, endpointId } = delivery;
    if (this.#stopped || this.#known.has(id) || this.room(endpointId) === 0) return;
    const lane = this.#lanes.get(endpointId) ?? { waiting: [], active: 0 };
    this.#lanes.set(endpointId, lane);
    lane.waiting.push(delivery);
    this.#known.add(id);
    this.#start();
  }

  /** How many more deliveries to this endpoint can be taken. */
  room(endpointId: string): number {
    return MOST_WAITING - (this.#lanes.get(endpointId)?.waiting.length ?? 0);
  }

  /** Starts nothing more and waits for the attempts under way, which end by themselves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  #start(): void {
    const { atOnce, perEndpoint } = this.#options;
    for (let started = true; started; ) {
      started = false;
      for (const [endpointId, lane] of [...this.#lanes]) {
        if (this.#stopped || this.#running.size >= atOnce) return;
        const delivery = lane.active < perEndpoint ? lane.waiting.shift() : undefined;
        if (delivery === undefined) continue;
        started = true;
        lane.active += 1;
        // The lane goes to the end, so that all others have their turns first.
        this.#lanes.delete(endpointId);
        this.#lanes.set(endpointId, lane);
        this.#run(delivery, lane);
      }
    }
  }

  #run(delivery: DueDelivery, lane: Lane): void {
    const running = this.#options
      .work(delivery)
      .catch((error: unknown) => this.#options.onError(error))
      .then(() => {
        this.#running.delete(running);
        this.#known.delete(delivery.id);
        lane.active -= 1;
        if (lane.active === 0 && lane.waiting.length === 0) this.#lanes.delete(delivery.endpointId);
        this.#start();
      });
    this.#running.add(running);
  }
}
