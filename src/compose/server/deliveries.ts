import { SECOND_MS } from '../../core/values/time/time.js';
import type { WebhookSender } from '../../deliver/sender.js';
import type { DeliveryQueue } from '../../queue/delivery-queue.js';
import { MAX_ENDPOINTS } from '../../services/webhooks/webhooks.js';
import type { DeliveryState } from '../../store/delivery-store.js';
import type { Store } from '../../store/store.js';
import { DeliveryLanes } from '../../worker/deliveries/delivery-lanes.js';
import { type DeliveryObserver, DeliveryWorker } from '../../worker/deliveries/delivery-worker.js';
import { OutboundRelay } from '../../worker/deliveries/relay-outbound.js';
import { sweepDeliveries } from '../../worker/deliveries/sweep-deliveries.js';
import { repeat } from '../watches/repeat.js';

export interface DeliveryParts {
  readonly store: Store;
  readonly queue: DeliveryQueue;
  readonly sender: WebhookSender;
  /** The `source` of the CloudEvents that are sent. */
  readonly source: string;
  readonly observer: DeliveryObserver;
  readonly onError: (name: string, error: unknown) => void;
  /** How long to wait before each further attempt; the worker has its own when left out. */
  readonly retryDelaysMs?: readonly number[];
  readonly leaseMs?: number;
}

export interface RunningDeliveries {
  /** The age of the oldest delivery that is due, in milliseconds, as of the last sweep. */
  oldestPendingMs(): number;
  /** Starts no further attempt, waits for those under way (10 s at most), and closes the queue. */
  stop(): Promise<void>;
}

const RELAY_EVERY_MS = SECOND_MS / 4;
const SWEEP_EVERY_MS = SECOND_MS;
const PER_ENDPOINT = 4;
/** How many attempts run at once: as many as all endpoints together may have, so that slow ones never hold up the others. */
const AT_ONCE = MAX_ENDPOINTS * PER_ENDPOINT;
/** How many deliveries are handed over at once, which is quick: each is only put into its lane. */
const HANDED_AT_ONCE = 16;

/** Starts everything that brings announced events to the endpoints. */
export async function startDeliveries(parts: DeliveryParts): Promise<RunningDeliveries> {
  const { store, queue, sender, source, observer, onError, retryDelaysMs, leaseMs } = parts;
  let oldestMs = 0;
  const worker = new DeliveryWorker({
    ...{ store, queue, sender, observer },
    ...(retryDelaysMs === undefined ? {} : { retryDelaysMs }),
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });
  const lanes = new DeliveryLanes({
    work: (delivery) => worker.attempt(delivery),
    onError: (error) => onError('a delivery', error),
    atOnce: AT_ONCE,
    perEndpoint: PER_ENDPOINT,
  });
  const relay = new OutboundRelay({
    ...{ store, queue, source },
    onError: (position, error) => onError(`the sharing out of event ${position}, which is put aside,`, error),
  });
  const onOldest = (ageMs: number): void => {
    oldestMs = ageMs;
  };
  await queue.consume((delivery) => lanes.offer(delivery), {
    concurrency: HANDED_AT_ONCE,
    onError: (error) => onError('the delivery queue', error),
  });
  const loops = [
    repeat({
      name: 'sharing out events',
      everyMs: RELAY_EVERY_MS,
      run: async (signal) => void (await relay.run(signal)),
      onError,
    }),
    repeat({
      name: 'the sweep of deliveries',
      everyMs: SWEEP_EVERY_MS,
      run: (signal) => sweepDeliveries({ store, lanes, onOldest }, signal),
      onError,
    }),
  ];
  return {
    oldestPendingMs: () => oldestMs,
    async stop() {
      await Promise.all(loops.map((end) => end()));
      await lanes.stop();
      await queue.close();
    },
  };
}

/** The name that an attempt's outcome has in the metrics. */
export const OUTCOMES: Readonly<Record<DeliveryState, 'delivered' | 'retried' | 'failed'>> = {
  delivered: 'delivered',
  pending: 'retried',
  failed: 'failed',
};
