import { DelayedError, type Job, WaitingError, Worker, type WorkerOptions } from 'bullmq';
import { withTimeLimit } from '../../outages/time-limit.js';
import { keyPrefix, LOCK_DURATION_MS, MAX_STALLED_COUNT, STALLED_INTERVAL_MS } from './queue-settings.js';
import { openConsumerClients } from './redis-clients.js';

const CLOSE_LIMIT_MS = 10_000;
/** How long Redis may take to note that a job is done, before the connections are cut. */
const WRITE_OFF_LIMIT_MS = 1_000;
const DISCONNECT_LIMIT_MS = 1_500;

export interface BullmqConnection {
  /** `redis://…`, `rediss://…`, by Sentinels `redis+sentinel://…`, or of a Cluster `redis+cluster://…`. */
  readonly redisUrl: string;
  /** The prefix of all keys, which is put in braces; default `latchkey`. Producers of other systems must use the same. */
  readonly prefix?: string;
  /** Told of failures of the connection (once per outage) and of the queue; must not throw. */
  readonly onError: (error: unknown) => void;
  /** Default LOCK_DURATION_MS and STALLED_INTERVAL_MS; the same on every consumer of a Redis. */
  readonly lockDurationMs?: number;
  readonly stalledIntervalMs?: number;
}

export interface BullmqConsumer {
  /** Takes no further job, waits for those under way (10 s at most), and lets go of the connections. */
  close(): Promise<void>;
}

/** Starts a BullMQ worker. Redis may be down: it starts as soon as Redis is up, and again after each outage. */
export function startBullmqConsumer(
  queueName: string,
  connection: BullmqConnection,
  workerOptions: Pick<WorkerOptions, 'concurrency' | 'removeOnComplete' | 'removeOnFail'>,
  process: (job: Job<unknown>, token: string) => Promise<void>,
): BullmqConsumer {
  const clients = openConsumerClients(connection.redisUrl, connection.onError);
  /** The work under way, each with what makes BullMQ stop waiting for it. */
  const underWay = new Map<Promise<void>, () => void>();
  let closing: Promise<void> | undefined;
  const track = async (job: Job<unknown>, token = ''): Promise<void> => {
    if (closing !== undefined) {
      // The job was fetched while the consumer was closing: it is handed back or, if that fails, its lock lapses.
      await job.moveToWait(token).catch(report);
      throw new WaitingError();
    }
    const run = process(job, token);
    await new Promise<void>((resolve, reject) => {
      underWay.set(run, () => reject(new DelayedError()));
      run.then(resolve, reject).finally(() => underWay.delete(run));
    });
  };
  const worker = new Worker<unknown, void>(queueName, track, {
    ...workerOptions,
    connection: clients.client,
    prefix: keyPrefix(connection.prefix),
    autorun: false,
    lockDuration: connection.lockDurationMs ?? LOCK_DURATION_MS,
    stalledInterval: connection.stalledIntervalMs ?? STALLED_INTERVAL_MS,
    maxStalledCount: MAX_STALLED_COUNT,
    runRetryDelay: 1_000,
  });
  const report = (error: unknown): void => {
    if (!clients.isReported(error)) {
      connection.onError(error);
    }
  };
  worker.on('error', report);
  worker.run().catch(report);

  return {
    close: () => {
      closing ??= close();
      return closing;
    },
  };

  async function close(): Promise<void> {
    const closed = worker.close().catch(report);
    // Without Redis, BullMQ's own close() may end too early, or never, so the work under way is waited for here.
    const worked = workIsDone();
    const writtenOff = worked.then(() => waitFor(closed, WRITE_OFF_LIMIT_MS));
    await waitFor(writtenOff, CLOSE_LIMIT_MS);
    // A job that has not ended by now keeps its lock: another worker takes it when the lock has lapsed.
    for (const abandon of underWay.values()) {
      abandon();
    }
    await waitFor(closed, underWay.size > 0 ? WRITE_OFF_LIMIT_MS : 0);
    clients.disconnect();
    await waitFor(closed, DISCONNECT_LIMIT_MS);
  }

  async function workIsDone(): Promise<void> {
    while (underWay.size > 0) {
      await Promise.allSettled(underWay.keys());
    }
  }
}

async function waitFor(promise: Promise<void>, limitMs: number): Promise<void> {
  await withTimeLimit(limitMs, promise, () => undefined);
}
