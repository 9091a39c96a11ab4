import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import type { ConsumeOptions, EventIntakeQueue } from '../queue.js';
import { type BullmqConnection, type BullmqConsumer, startBullmqConsumer } from './bullmq-consumer.js';
import { EVENTS_QUEUE, REFUSED_JOBS_KEPT, TRACK_JOB } from './queue-settings.js';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

/**
 * Opens the queue onto which producers of other systems put events: `latchkey-events`, prefix `{latchkey}`, jobs named
 * `track`.
 *
 * A job that cannot be accepted now is put off, by 250 ms at first and 10 s at most, whatever `attempts` its producer
 * set, so that it never fails for an outage. When a consumer is killed, its job is delivered again within about 10 s, which
 * may happen several times: `accept` must be idempotent. The newest 10,000 refused jobs are kept in the failed set.
 */
export function openBullmqEventIntake(connection: BullmqConnection): EventIntakeQueue {
  let consumer: BullmqConsumer | undefined;
  let closed = false;
  return {
    consume: (accept, options) => {
      if (consumer !== undefined || closed) {
        return Promise.reject(new Error('the event intake is consumed already, or closed: consume() is called once'));
      }
      consumer = startBullmqConsumer(
        EVENTS_QUEUE,
        connection,
        {
          concurrency: options.concurrency,
          removeOnComplete: { count: 0 },
          removeOnFail: { count: REFUSED_JOBS_KEPT },
        },
        (job, token) => processJob(job, token, accept, options),
      );
      return Promise.resolve();
    },
    close: async () => {
      closed = true;
      await consumer?.close();
    },
  };
}

async function processJob(
  job: Job<unknown>,
  token: string,
  accept: (data: unknown) => Promise<void>,
  options: ConsumeOptions,
): Promise<void> {
  // A producer's own setting could hide failed jobs, or keep all of them; this one holds instead.
  job.opts.removeOnFail = { count: REFUSED_JOBS_KEPT };
  if (job.name !== TRACK_JOB) {
    const refusal = new UnrecoverableError(
      `the job's name is "${job.name}"; expected "${TRACK_JOB}", with an event or a list of events as its data`,
    );
    options.onError(refusal);
    throw refusal;
  }
  try {
    await accept(job.data);
  } catch (error) {
    options.onError(error);
    if (isPermanent(error)) {
      throw new UnrecoverableError(error.message);
    }
    await putOff(job, token, options.onError);
    throw new DelayedError();
  }
}

/** Has the job delivered again later. Never rejects: where Redis cannot be told, the job's lock lapses, to the same effect. */
async function putOff(job: Job<unknown>, token: string, onError: (error: unknown) => void): Promise<void> {
  const delayMs = Math.min(FIRST_RETRY_MS * 2 ** Math.max(job.attemptsStarted - 1, 0), LAST_RETRY_MS);
  try {
    await job.moveToDelayed(Date.now() + delayMs, token);
  } catch (error) {
    onError(error);
  }
}

function isPermanent(error: unknown): error is Error & { readonly permanent: true } {
  return error instanceof Error && 'permanent' in error && error.permanent === true;
}
