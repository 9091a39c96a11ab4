import { cloudEvent, newDeliveryId } from '../../announcing/webhook-message.js';
import { MINUTE_MS } from '../../core/values/time/time.js';
import type { DeliveryQueue, DueDelivery } from '../../queue/delivery-queue.js';
import type { NewDelivery } from '../../store/delivery-store.js';
import type { OutboundEvent, WhichEvents } from '../../store/outbound-store.js';
import { type Store, StoreUnavailable, type Transaction } from '../../store/store.js';
import type { WebhookEndpoint } from '../../store/webhook-store.js';
import { splitOnFailure } from '../split-on-failure.js';

export interface RelayOptions {
  readonly store: Pick<Store, 'outbound' | 'transaction'>;
  readonly queue: Pick<DeliveryQueue, 'schedule'>;
  /** The `source` of the CloudEvents that are sent. */
  readonly source: string;
  /** Called each time that no deliveries could be made of an event. */
  readonly onError: (position: number, error: unknown) => void;
}

/** How many events one transaction takes. */
const CHUNK = 200;
/** After how long an event that failed alone is tried again. It stays where it is. */
const ASIDE_MS = MINUTE_MS;
/** How many events are tried one by one: where more fail, the reason is not in the events. */
const MOST_ASIDE = 500;

/** Makes deliveries of events that have none yet. Several workers may do so at once: each takes events that no other has taken. */
export class OutboundRelay {
  readonly #options: RelayOptions;
  /** The positions of events that failed, each with the instant at which it is tried again. */
  readonly #aside = new Map<number, number>();

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /**
   * Makes a delivery of each event for each endpoint that wants it, in the transaction that drops the event. An event that
   * fails is put aside and holds up no other. Gives of how many events deliveries were made.
   */
  async run(signal?: AbortSignal): Promise<number> {
    const { store } = this.#options;
    let relayed = 0;
    while (!signal?.aborted && (await store.outbound.waiting())) {
      const events = await this.#relayChunk();
      // Events that wait but cannot be taken are being relayed by another worker, or have failed.
      if (events === 0) return relayed;
      relayed += events;
    }
    return relayed;
  }

  async #relayChunk(): Promise<number> {
    for (const [position, until] of this.#aside) if (until <= performance.now()) this.#aside.delete(position);
    const except = [...this.#aside.keys()];
    try {
      return await this.#relay({ except });
    } catch (error) {
      if (error instanceof StoreUnavailable || except.length >= MOST_ASIDE) throw error;
      return await this.#relayApart(except);
    }
  }

  async #relayApart(except: readonly number[]): Promise<number> {
    const { store, onError } = this.#options;
    const positions = (await store.outbound.positions(CHUNK + except.length)).filter((one) => !this.#aside.has(one));
    let relayed = 0;
    const work = async (only: readonly string[]): Promise<void> => {
      relayed += await this.#relay({ only: only.map(Number) });
    };
    await splitOnFailure(positions.slice(0, CHUNK).map(String), work, (position, error) => {
      this.#aside.set(Number(position), performance.now() + ASIDE_MS);
      onError(Number(position), error);
    });
    return relayed;
  }

  async #relay(which: WhichEvents): Promise<number> {
    const { store, queue, source } = this.#options;
    const { events, deliveries } = await store.transaction((tx) => makeDeliveries(tx, which, source));
    if (deliveries.length > 0) await queue.schedule(deliveries, 0);
    return events;
  }
}

async function makeDeliveries(tx: Transaction, which: WhichEvents, source: string) {
  const events = await tx.outbound.take(CHUNK, which);
  if (events.length === 0) return { events: 0, deliveries: [] };
  const endpoints = await tx.webhooks.holdAll();
  const now = await tx.now();
  const made: NewDelivery[] = [];
  for (const event of events) {
    const wanting = endpoints.filter((endpoint) => wants(endpoint, event));
    if (wanting.length === 0) continue;
    const { id: eventId, type, userId } = event;
    const body = cloudEvent({ ...event, source });
    for (const { id: endpointId } of wanting)
      made.push({ id: newDeliveryId(now), endpointId, eventId, type, userId, body, createdAt: now });
  }
  await tx.deliveries.add(made);
  await tx.outbound.drop(events);
  const deliveries: DueDelivery[] = made.map(({ id, endpointId }) => ({ id, endpointId }));
  return { events: events.length, deliveries };
}

/** Whether an endpoint wanted the event when it happened. Events from before it was disabled are delivered when it is enabled. */
function wants({ types, createdAt, enabled, disabledAt = 0 }: WebhookEndpoint, { type, at }: OutboundEvent): boolean {
  return types.some((wanted) => wanted === type) && createdAt <= at && (enabled || at <= disabledAt);
}
