import type { DeliveryQueue, DueDelivery } from '../queue/delivery-queue.js';
import type { NewDelivery } from '../store/delivery-store.js';
import type { Store, Transaction } from '../store/store.js';
import { cloudEvent } from './cloud-event.js';
import { newDeliveryId } from './delivery-id.js';

export interface RelayOptions {
  readonly store: Pick<Store, 'outbound' | 'transaction'>;
  readonly queue: Pick<DeliveryQueue, 'schedule'>;
  /** What the events say they come from. */
  readonly source: string;
}

/** Events of one transaction. */
const CHUNK = 200;

/**
 * Shares out what waits: each event becomes one delivery for each enabled endpoint that wants it, in the transaction in
 * which it leaves. Several workers may do so at once: each takes events that no other has. Gives how many events were
 * shared out.
 */
export async function relayOutbound({ store, queue, source }: RelayOptions, signal?: AbortSignal): Promise<number> {
  let relayed = 0;
  while (!signal?.aborted && (await store.outbound.waiting())) {
    const { events, deliveries } = await store.transaction((tx) => shareOut(tx, source));
    // None, although some wait: another worker has them.
    if (events === 0) return relayed;
    relayed += events;
    await queue.schedule(deliveries, 0);
  }
  return relayed;
}

async function shareOut(tx: Transaction, source: string) {
  const events = await tx.outbound.take(CHUNK);
  if (events.length === 0) return { events: 0, deliveries: [] };
  const endpoints = await tx.webhooks.holdEnabled();
  const now = await tx.now();
  const made: NewDelivery[] = [];
  for (const event of events) {
    const wanting = endpoints.filter(({ types }) => types.includes(event.type));
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
