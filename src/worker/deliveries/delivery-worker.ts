import { signMessage } from '../../announcing/webhook-message.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { Sent, WebhookSender } from '../../deliver/sender.js';
import type { DeliveryQueue, DueDelivery } from '../../queue/delivery-queue.js';
import type { DeliveryClaim, DeliveryState, Recorded } from '../../store/delivery-store.js';
import type { Store } from '../../store/store.js';
import { GIVE_UP_AFTER_MS, RETRY_DELAYS_MS, retryDelayMs } from './retry-schedule.js';

export interface DeliveryWorkerOptions {
  readonly store: Pick<Store, 'deliveries' | 'webhooks'>;
  readonly queue: Pick<DeliveryQueue, 'schedule'>;
  readonly sender: Pick<WebhookSender, 'send'>;
  readonly observer: DeliveryObserver;
  /** {@link RETRY_DELAYS_MS} when left out. */
  readonly retryDelaysMs?: readonly number[];
  /** For how long an attempt has its delivery to itself; longer than any attempt takes. */
  readonly leaseMs?: number;
}

export interface DeliveryObserver {
  /** An attempt was made and noted; `pending`: it failed and will be repeated. */
  attempted(endpointId: string, deliveryId: string, state: DeliveryState, error: string | undefined): void;
}

const LEASE_MS = 20 * SECOND_MS;
/** A worker's clock and the database's may differ, and a queue's timer may be early. */
const EARLY_MS = SECOND_MS;

/** Attempts deliveries. Several workers may be asked to attempt the same one: only the worker that claims it in the store sends it. */
export class DeliveryWorker {
  readonly #options: DeliveryWorkerOptions;

  constructor(options: DeliveryWorkerOptions) {
    this.#options = options;
  }

  /**
   * Sends a delivery if it is due and no other worker has claimed it, and records the outcome. A worker that is killed in
   * between leaves it claimed until the lease lapses; then it is sent again: at least once, always under the same id.
   */
  async attempt({ id, endpointId }: DueDelivery): Promise<void> {
    const { store, sender, queue, observer, leaseMs = LEASE_MS } = this.#options;
    const endpoint = await store.webhooks.signing(endpointId);
    // Deliveries to a disabled endpoint wait; those to an endpoint that is gone are dropped by housekeeping.
    if (!endpoint?.enabled) return;
    // Claimed by id and endpoint: a job that pairs a delivery with another endpoint must send nothing.
    const claim = await store.deliveries.claim({ id, endpointId }, { leaseMs, earlyMs: EARLY_MS });
    if (claim === undefined) return;
    // The sweep marks it as failed, once no attempt that began in time can still be under way.
    if (claim.delivery.pendingSince < claim.now - GIVE_UP_AFTER_MS) return;
    const { body, eventId } = claim.delivery;
    const sent = await sender.send({
      url: endpoint.url,
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': 'Latchkey',
        ...signMessage({ id: eventId, body, now: claim.now }, endpoint.secrets),
      },
      body,
    });
    const recorded = this.#judge(claim, sent);
    if (!(await store.deliveries.record(claim, recorded))) return;
    observer.attempted(endpointId, id, recorded.state, recorded.attempt.error);
    if (recorded.nextAttemptAt !== undefined) {
      await queue.schedule([{ id, endpointId }], recorded.nextAttemptAt - (claim.now + sent.durationMs));
    }
  }

  #judge({ delivery, now }: DeliveryClaim, sent: Sent): Recorded {
    const { retryDelaysMs = RETRY_DELAYS_MS } = this.#options;
    const { durationMs } = sent;
    const status = sent.kind === 'answered' ? { status: sent.status } : {};
    const error = errorOf(sent);
    if (error === undefined) return { attempt: { at: now, durationMs, ...status }, state: 'delivered' };
    const attempt = { at: now, durationMs, ...status, error };
    const delayMs = retryDelayMs(delivery.attempts + 1, {
      delaysMs: retryDelaysMs,
      random: Math.random(),
      ...(sent.kind === 'answered' && sent.retryAfterMs !== undefined ? { retryAfterMs: sent.retryAfterMs } : {}),
    });
    if (delayMs === undefined) return { attempt, state: 'failed' };
    const nextAttemptAt = now + durationMs + delayMs;
    // By then the delivery would be given up.
    if (nextAttemptAt > delivery.pendingSince + GIVE_UP_AFTER_MS) return { attempt, state: 'failed' };
    return { attempt, state: 'pending', nextAttemptAt };
  }
}

/** What is wrong with an answer; undefined for any 2xx. */
function errorOf(sent: Sent): string | undefined {
  if (sent.kind === 'failed') return sent.error;
  const { status } = sent;
  if (status >= 200 && status < 300) return undefined;
  return status >= 300 && status < 400
    ? `answered ${status}: redirects are not followed; give the endpoint the address itself`
    : `answered ${status}`;
}
