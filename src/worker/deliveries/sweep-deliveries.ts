import { MINUTE_MS, SECOND_MS } from '../../core/values/time/time.js';
import type { Store } from '../../store/store.js';
import type { DeliveryLanes } from './delivery-lanes.js';
import { GIVE_UP_AFTER_MS } from './retry-schedule.js';

export interface SweepDeliveriesOptions {
  readonly store: Pick<Store, 'deliveries' | 'outbound' | 'webhooks' | 'now'>;
  readonly lanes: Pick<DeliveryLanes, 'offer' | 'room'>;
  /** Told the age of the oldest event without deliveries, or delivery to an enabled endpoint, that waits; 0 when none does. */
  readonly onOldest: (ageMs: number) => void;
}

/** How long ago a delivery must have been due for the sweep to take it: the queue has missed it, or its lane was full. */
const OVERDUE_MS = 2 * SECOND_MS;
/** A time that is longer than any attempt with its claim: an attempt that began before it has been recorded. */
const ATTEMPT_MS = MINUTE_MS;
/** How many deliveries to one endpoint a sweep offers: as many as a lane holds, since the first may be waiting in it already. */
const CHUNK = 500;

/**
 * Finds deliveries that a lost job, a killed worker or a full lane left behind, endpoint by endpoint, so that none waits
 * behind another's backlog; gives up those that have waited too long.
 */
export async function sweepDeliveries(
  { store, lanes, onOldest }: SweepDeliveriesOptions,
  signal?: AbortSignal,
): Promise<void> {
  const now = await store.now();
  let oldestAt = Math.min(now, (await store.outbound.oldestAt()) ?? now);
  for (const { id: endpointId, enabled } of await store.webhooks.list()) {
    if (signal?.aborted) return;
    await store.deliveries.giveUp(endpointId, now - GIVE_UP_AFTER_MS - ATTEMPT_MS, CHUNK);
    const pendingAt = enabled ? await store.deliveries.oldestPendingAt(endpointId) : undefined;
    if (pendingAt === undefined) continue;
    oldestAt = Math.min(oldestAt, pendingAt);
    if (lanes.room(endpointId) === 0) continue;
    const ids = await store.deliveries.overdue(endpointId, now - OVERDUE_MS, CHUNK);
    for (const id of ids) lanes.offer({ id, endpointId });
  }
  onOldest(now - oldestAt);
}
