import { type Job, Queue } from 'bullmq';
import { OutageReport } from '../../outages/outage-report.js';
import { withTimeLimit } from '../../outages/time-limit.js';
import type { DeliveryQueue, DueDelivery } from '../delivery-queue.js';
import type { ConsumeOptions } from '../queue.js';
import { type BullmqConnection, type BullmqConsumer, startBullmqConsumer } from './bullmq-consumer.js';
import { DELIVERIES_QUEUE, keyPrefix } from './queue-settings.js';
import { openProducerClients, type RedisClients } from './redis-clients.js';

/** Under the port's 250 ms, with room for a busy event loop. */
const SCHEDULE_LIMIT_MS = 200;
const FIRST_CONNECTION_LIMIT_MS = 1_000;
const DELIVERY_JOB = 'deliver';

/**
 * Opens the delivery queue on Redis (6.2 or newer), for any number of processes: delayed jobs, each handed to one of the
 * consumers. Resolves within about a second even when Redis is down, and connects when it comes up.
 */
export async function openBullmqDeliveryQueue(connection: BullmqConnection): Promise<DeliveryQueue> {
  const clients = openProducerClients(connection.redisUrl, connection.onError);
  await clients.settled(FIRST_CONNECTION_LIMIT_MS);
  return new BullmqDeliveryQueue(connection, clients);
}

class BullmqDeliveryQueue implements DeliveryQueue {
  readonly #connection: BullmqConnection;
  readonly #clients: RedisClients;
  readonly #queue: Queue<DueDelivery>;
  readonly #outage: OutageReport;
  #consumer: BullmqConsumer | undefined;
  #closed: boolean = false;

  constructor(connection: BullmqConnection, clients: RedisClients) {
    this.#connection = connection;
    this.#clients = clients;
    this.#outage = new OutageReport(connection.onError);
    // With these three options BullMQ asks Redis nothing at the start. Redis may be down then, and BullMQ would not ask again.
    this.#queue = new Queue<DueDelivery>(DELIVERIES_QUEUE, {
      connection: clients.client,
      prefix: keyPrefix(connection.prefix),
      skipWaitingForReady: true,
      skipVersionCheck: true,
      skipMetasUpdate: true,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    this.#queue.on('error', (error) => {
      if (!clients.isReported(error)) connection.onError(error);
    });
  }

  async schedule(deliveries: readonly DueDelivery[], delayMs: number): Promise<void> {
    if (this.#closed || deliveries.length === 0 || this.#clients.client.status !== 'ready') return;
    const opts = delayMs > 0 ? { delay: Math.ceil(delayMs) } : {};
    const added = this.#queue.addBulk(
      deliveries.map(({ id, endpointId }) => ({ name: DELIVERY_JOB, data: { id, endpointId }, opts })),
    );
    try {
      await withTimeLimit(SCHEDULE_LIMIT_MS, added, () => {
        throw new Error(`Redis did not take deliveries within ${SCHEDULE_LIMIT_MS} ms`);
      });
      this.#outage.succeeded();
    } catch (error) {
      if (!this.#closed) this.#outage.failed(error);
    }
  }

  consume(take: (delivery: DueDelivery) => void, options: ConsumeOptions): Promise<void> {
    if (this.#consumer !== undefined || this.#closed) {
      return Promise.reject(new Error('the delivery queue is consumed already, or closed: consume() is called once'));
    }
    const process = async (job: Job<unknown>): Promise<void> => {
      try {
        take(deliveryOf(job.data));
      } catch (error) {
        options.onError(error);
      }
    };
    const workerOptions = { concurrency: options.concurrency };
    this.#consumer = startBullmqConsumer(DELIVERIES_QUEUE, this.#connection, workerOptions, process);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#consumer?.close();
    // BullMQ leaves the client to us, so this asks Redis nothing.
    await this.#queue.close();
    this.#clients.disconnect();
  }
}

function deliveryOf(data: unknown): DueDelivery {
  if (typeof data === 'object' && data !== null && 'id' in data && 'endpointId' in data) {
    return { id: String(data.id), endpointId: String(data.endpointId) };
  }
  throw new Error(`a job on ${DELIVERIES_QUEUE} names no delivery: ${JSON.stringify(data).slice(0, 200)}`);
}
