import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { createRedisSpace, type TestRedis } from '../../../test/servers/test-servers.js';
import { busy, pause, until } from '../../../test/timing.js';
import { openBullmqEventIntake } from './bullmq-event-intake.js';
import { openBullmqWorkQueue } from './bullmq-work-queue.js';
import { EVENTS_QUEUE, LOCK_DURATION_MS, QUEUE_PREFIX, STALLED_INTERVAL_MS, TRACK_JOB } from './queue-settings.js';
import { startConsumerProcess } from './testing/start-consumer-process.js';

let redis: TestRedis;
const cleanups: Array<() => Promise<unknown>> = [];
const errors: unknown[] = [];
const onError = (error: unknown): void => void errors.push(error);

beforeEach(async () => {
  redis = await createRedisSpace();
  cleanups.push(() => redis.flush());
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

describe('a worker that is killed in mid-job', () => {
  it('keeps back its lane for about 10 s at most, and swallows no wake of it', async () => {
    const queue = await openBullmqWorkQueue({ redisUrl: redis.url, onError });
    cleanups.push(() => queue.close());
    const victim = startConsumerProcess('lanes', redis.url, LOCK_DURATION_MS);
    cleanups.push(() => victim.kill());
    await queue.wake([7]);
    await victim.working;
    await queue.wake([7]);

    const runs: number[] = [];
    await queue.consume(async (lane) => void runs.push(lane), { concurrency: 2, onError });
    await victim.kill();
    const killedAt = performance.now();
    await queue.wake([7, 8]);
    await until(() => runs.includes(8), 2_000);
    expect(runs).toEqual([8]);

    await until(() => runs.includes(7), 20_000);
    expect(performance.now() - killedAt).toBeLessThan(busy(LOCK_DURATION_MS + STALLED_INTERVAL_MS + 2_000));
    // The job that was cut off, then the wakes that came while it was worked on.
    await until(() => runs.filter((lane) => lane === 7).length === 2, 2_000);
    await pause(300);
    expect(runs).toEqual([8, 7, 7]);
  }, 80_000);

  it('leaves its event job to the next one, however often that happens', async () => {
    const lockMs = 500;
    const producer = new Queue(EVENTS_QUEUE, { connection: { url: redis.url }, prefix: QUEUE_PREFIX });
    cleanups.push(() => producer.close());
    await producer.add(TRACK_JOB, { id: 'e1' });
    for (let kills = 0; kills < 3; kills += 1) {
      const victim = startConsumerProcess('events', redis.url, lockMs);
      cleanups.push(() => victim.kill());
      await victim.working;
      await victim.kill();
    }
    const taken: unknown[] = [];
    const intake = openBullmqEventIntake({
      redisUrl: redis.url,
      onError,
      lockDurationMs: lockMs,
      stalledIntervalMs: lockMs,
    });
    cleanups.push(() => intake.close());
    await intake.consume(async (data) => void taken.push(data), { concurrency: 2, onError });
    await until(() => taken.length === 1, 10_000);
    expect(taken).toEqual([{ id: 'e1' }]);
    await until(async () => (await producer.getJobCounts('active', 'wait', 'delayed')).active === 0);
    expect(await producer.getFailedCount()).toBe(0);
  }, 80_000);
});
