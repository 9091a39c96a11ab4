import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type JobsOptions, Queue } from 'bullmq';
import { startRedis } from '../../../test/servers/redis-server.js';
import { createRedisSpace, type TestRedis } from '../../../test/servers/test-servers.js';
import { pause, until } from '../../../test/timing.js';
import { openBullmqEventIntake } from './bullmq-event-intake.js';
import { EVENTS_QUEUE, QUEUE_PREFIX } from './queue-settings.js';

let redis: TestRedis;
const cleanups: Array<() => Promise<unknown>> = [];
let errors: unknown[] = [];
const onError = (error: unknown): void => void errors.push(error);

beforeEach(async () => {
  errors = [];
  redis = await createRedisSpace();
  cleanups.push(() => redis.flush());
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

function openProducer(url = redis.url): Queue {
  const producer = new Queue(EVENTS_QUEUE, { connection: { url }, prefix: QUEUE_PREFIX });
  producer.on('error', () => undefined);
  cleanups.push(() => producer.close());
  return producer;
}

async function consume(accept: (data: unknown) => Promise<void>, redisUrl = redis.url): Promise<void> {
  const intake = openBullmqEventIntake({ redisUrl, onError });
  cleanups.push(() => intake.close());
  await intake.consume(accept, { concurrency: 4, onError });
}

async function isEmpty(producer: Queue): Promise<boolean> {
  const counts = await producer.getJobCounts('active', 'wait', 'delayed', 'completed');
  return Object.values(counts).every((count) => count === 0);
}

describe('the event intake', () => {
  it('takes what a program with nothing but BullMQ has put there, one event or a list', async () => {
    const program = fileURLToPath(new URL('../../../examples/enqueue-events/enqueue-events.mjs', import.meta.url));
    await promisify(execFile)(process.execPath, [program, 'bob'], { env: { ...process.env, REDIS_URL: redis.url } });
    const taken: unknown[] = [];
    await consume(async (data) => void taken.push(data));
    await until(() => taken.length === 2);
    expect(taken).toContainEqual(expect.objectContaining({ user_id: 'bob', action: 'report_exported', value: 3 }));
    expect(taken.find(Array.isArray)).toHaveLength(3);
    const producer = openProducer();
    await until(() => isEmpty(producer));
    expect(errors).toEqual([]);
  });

  it.each<[string, JobsOptions]>([
    ['with one attempt', {}],
    ['whose producer hides failures', { removeOnFail: true, attempts: 1 }],
  ])('retries a job %s until it is accepted, when the fault is a passing one', async (_name, options) => {
    const producer = openProducer();
    let calls = 0;
    await consume(async () => {
      calls += 1;
      if (calls < 4) {
        throw new Error('the store is away');
      }
    });
    await producer.add('track', { id: 'e1' }, options);
    await until(() => calls === 4);
    await until(() => isEmpty(producer));
    expect(await producer.getFailedCount()).toBe(0);
    expect(errors.map(String)).toEqual(Array(3).fill('Error: the store is away'));
  });

  it.each<[string, JobsOptions]>([
    ['by default', {}],
    ['with many attempts', { attempts: 5, backoff: 1 }],
    ['whose producer hides failures', { removeOnFail: true }],
  ])('keeps a job %s with the reason when it is refused for good, and does not retry it', async (_name, options) => {
    const producer = openProducer();
    let calls = 0;
    await consume(async () => {
      calls += 1;
      throw Object.assign(new Error('action "x y" holds a blank'), { permanent: true });
    });
    await producer.add('track', { id: 'e1' }, options);
    await until(async () => (await producer.getFailedCount()) === 1);
    await pause(300);
    expect(calls).toBe(1);
    const [job] = await producer.getFailed();
    expect(job?.failedReason).toBe('action "x y" holds a blank');
  });

  it('refuses a job of another name, and says which is expected', async () => {
    const producer = openProducer();
    let calls = 0;
    await consume(async () => {
      calls += 1;
    });
    await producer.add('identify', { id: 'e1' });
    await until(async () => (await producer.getFailedCount()) === 1);
    const [job] = await producer.getFailed();
    expect(job?.failedReason).toMatch(/"identify"; expected "track"/);
    expect(calls).toBe(0);
  });

  it('hands the rest on while one job is put off', async () => {
    const producer = openProducer();
    const taken: unknown[] = [];
    await consume(async (data) => {
      if (data === 'stuck') {
        throw new Error('not yet');
      }
      taken.push(data);
    });
    await producer.add('track', 'stuck');
    for (let i = 0; i < 20; i += 1) {
      await producer.add('track', i);
    }
    await until(() => taken.length === 20, 3_000);
  });

  it('does not fail a job because Redis went away while its fault was passing', async () => {
    const server = await startRedis({ appendOnly: true });
    cleanups.push(() => server.stop('SIGKILL'));
    const producer = openProducer(server.url);
    let calls = 0;
    await consume(async () => {
      calls += 1;
      if (calls === 1) {
        await pause(300);
        throw new Error('the store is away too');
      }
    }, server.url);
    await producer.add('track', { id: 'e1' });
    await until(() => calls === 1);
    await server.down('SIGTERM');
    await pause(1_000);
    await server.restart();
    await until(() => calls === 2, 18_000);
    await until(() => isEmpty(producer));
    expect(await producer.getFailedCount()).toBe(0);
  }, 60_000);
});
