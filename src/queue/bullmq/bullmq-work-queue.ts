import { type Job, Queue } from 'bullmq';
import { OutageReport } from '../../outages/outage-report.js';
import type { ConsumeOptions, WorkQueue } from '../queue.js';
import { type BullmqConnection, type BullmqConsumer, startBullmqConsumer } from './bullmq-consumer.js';
import { LaneRuns } from './lane-runs.js';
import { keyPrefix, LANES_QUEUE } from './queue-settings.js';
import { openProducerClients, type RedisClients } from './redis-clients.js';
import { WakeSender } from './wake-sender.js';

/** Under the port's 250 ms, with room for a busy event loop. */
const WAKE_LIMIT_MS = 200;
const FIRST_CONNECTION_LIMIT_MS = 1_000;
const LANE_JOB = 'lane';

interface LaneJobData {
  readonly lane: number;
}

/**
 * Opens the work queue on Redis (6.2 or newer, `noeviction`), for any number of processes.
 *
 * Resolves within about a second even when Redis is down, and connects when it comes up. A lane has at most one job that
 * waits and one that is worked on, over all processes. When a worker is killed in mid-job, its lane is worked on again
 * after about 10 s at most; wakes of the lane in the meantime are kept (see LOCK_DURATION_MS).
 */
export async function openBullmqWorkQueue(connection: BullmqConnection): Promise<WorkQueue> {
  const clients = openProducerClients(connection.redisUrl, connection.onError);
  await clients.settled(FIRST_CONNECTION_LIMIT_MS);
  return new BullmqWorkQueue(connection, clients);
}

class BullmqWorkQueue implements WorkQueue {
  readonly #connection: BullmqConnection;
  readonly #clients: RedisClients;
  readonly #queue: Queue<LaneJobData>;
  readonly #sender = new WakeSender((lane) => this.#send(lane), WAKE_LIMIT_MS);
  readonly #outage: OutageReport;
  #consumer: BullmqConsumer | undefined;
  #closed: boolean = false;

  constructor(connection: BullmqConnection, clients: RedisClients) {
    this.#connection = connection;
    this.#clients = clients;
    this.#outage = new OutageReport(connection.onError);
    clients.client.on('ready', () => this.#outage.succeeded());
    // With these three options BullMQ asks Redis nothing at the start. Redis may be down then, and BullMQ would not ask again.
    this.#queue = new Queue<LaneJobData>(LANES_QUEUE, {
      connection: clients.client,
      prefix: keyPrefix(connection.prefix),
      skipWaitingForReady: true,
      skipVersionCheck: true,
      skipMetasUpdate: true,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    this.#queue.on('error', (error) => {
      if (!clients.isReported(error)) {
        connection.onError(error);
      }
    });
  }

  async wake(lanes: Iterable<number>): Promise<void> {
    if (this.#closed || this.#clients.client.status !== 'ready') {
      return;
    }
    if ((await this.#sender.wake(lanes)) === 'late') {
      this.#fail(new Error(`Redis did not take a wake within ${WAKE_LIMIT_MS} ms`));
    }
  }

  consume(work: (lane: number) => Promise<void>, options: ConsumeOptions): Promise<void> {
    if (this.#consumer !== undefined || this.#closed) {
      return Promise.reject(new Error('the work queue is consumed already, or closed: consume() is called once'));
    }
    const runs = new LaneRuns(async (lane) => {
      try {
        await work(lane);
      } catch (error) {
        options.onError(error);
      }
    });
    const process = async (job: Job<unknown>): Promise<void> => {
      const lane = laneOf(job.data);
      if (lane === undefined) {
        options.onError(new Error(`a job on ${LANES_QUEUE} names no lane: ${JSON.stringify(job.data).slice(0, 200)}`));
        return;
      }
      await runs.run(lane);
    };
    this.#consumer = startBullmqConsumer(LANES_QUEUE, this.#connection, { concurrency: options.concurrency }, process);
    return Promise.resolve();
  }

  healthy(): boolean {
    return !this.#closed && this.#clients.client.status === 'ready' && !this.#outage.underWay;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#consumer?.close();
    // BullMQ leaves the client to us, so this asks Redis nothing.
    await this.#queue.close();
    this.#clients.disconnect();
  }

  async #send(lane: number): Promise<void> {
    try {
      await this.#queue.add(LANE_JOB, { lane }, { deduplication: { id: `lane-${lane}`, keepLastIfActive: true } });
      this.#outage.succeeded();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!this.#closed) this.#outage.failed(error);
  }
}

function laneOf(data: unknown): number | undefined {
  if (typeof data === 'object' && data !== null && 'lane' in data && Number.isSafeInteger(data.lane)) {
    return Number(data.lane);
  }
  return undefined;
}
