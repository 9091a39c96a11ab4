import { afterEach, describe, expect, it } from '@jest/globals';
import { type RedisServer, redisCommand, startRedis } from '../../../test/servers/redis-server.js';
import { findFreePort } from '../../../test/servers/server-process.js';
import { busy, pause, until } from '../../../test/timing.js';
import type { WorkQueue } from '../queue.js';
import { openBullmqWorkQueue } from './bullmq-work-queue.js';

const cleanups: Array<() => Promise<unknown>> = [];
let errors: unknown[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
  errors = [];
});

async function privateRedis(): Promise<RedisServer> {
  const redis = await startRedis();
  cleanups.push(() => redis.stop('SIGKILL'));
  return redis;
}

async function openQueue(redisUrl: string): Promise<WorkQueue> {
  const queue = await openBullmqWorkQueue({ redisUrl, onError: (error) => errors.push(error) });
  cleanups.push(() => queue.close());
  return queue;
}

async function consume(queue: WorkQueue, work?: (lane: number) => Promise<void>): Promise<number[]> {
  const runs: number[] = [];
  const run = async (lane: number): Promise<void> => {
    runs.push(lane);
    await work?.(lane);
  };
  await queue.consume(run, { concurrency: 4, onError: (error) => errors.push(error) });
  return runs;
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

describe('the work queue on a Redis that fails', () => {
  it('opens while Redis is down, and works once it is up', async () => {
    const redis = await privateRedis();
    await redis.down();
    let queue: WorkQueue | undefined;
    expect(await timed(async () => (queue = await openQueue(redis.url)))).toBeLessThan(busy(1_500));
    if (queue === undefined) {
      throw new Error('not opened');
    }
    const opened = queue;
    const runs = await consume(opened);
    expect(opened.healthy()).toBe(false);
    expect(await timed(() => opened.wake([1]))).toBeLessThan(busy(250));
    await redis.restart();
    await until(() => opened.healthy());
    await opened.wake([2]);
    await until(() => runs.includes(2));
    // One outage is one report for each of the three connections, not one for each attempt.
    expect(errors.length).toBeLessThanOrEqual(3);
  });

  it('wakes without waiting, and says that it is not healthy, while Redis is down; works again after its restart', async () => {
    const redis = await privateRedis();
    const queue = await openQueue(redis.url);
    const runs = await consume(queue);
    await queue.wake([1]);
    await until(() => runs.includes(1));

    await redis.down('SIGKILL');
    expect(await timed(() => queue.wake([2]))).toBeLessThan(busy(500));
    await until(() => !queue.healthy(), 2_000);
    await pause(1_500);
    await redis.restart();
    await until(() => queue.healthy(), 3_000);
    await queue.wake([3]);
    await until(() => runs.includes(3), 5_000);
    await queue.wake([4, 5]);
    await until(() => runs.includes(4) && runs.includes(5), 1_000);
  });

  it('goes on after everything in Redis was flushed, in mid-job too, never on one lane twice at once', async () => {
    const redis = await privateRedis();
    const queue = await openQueue(redis.url);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let active = 0;
    let highest = 0;
    const runs = await consume(queue, async (lane) => {
      if (lane === 1) {
        active += 1;
        highest = Math.max(highest, active);
        await released;
        active -= 1;
      }
    });
    await queue.wake([1]);
    await until(() => runs.includes(1));
    await redis.flush();
    await redisCommand(redis.port, 'SCRIPT FLUSH');
    await queue.wake([1, 2]);
    await until(() => runs.includes(2));
    await pause(200);
    expect(highest).toBe(1);
    release();
    await until(() => runs.filter((lane) => lane === 1).length === 2);
    await queue.wake([1, 3]);
    await until(() => runs.filter((lane) => lane === 1).length === 3 && runs.includes(3));
    expect(highest).toBe(1);
  });

  it('lets nobody wait for a Redis that has stopped answering, and recovers with it', async () => {
    const redis = await privateRedis();
    const queue = await openQueue(redis.url);
    const runs = await consume(queue);
    process.kill(redis.pid, 'SIGSTOP');
    try {
      const waits = await Promise.all([timed(() => queue.wake([1])), timed(() => queue.wake([1, 2]))]);
      expect(Math.max(...waits)).toBeLessThan(busy(400));
      expect(queue.healthy()).toBe(false);
      // Its connection is given up in the end, and what was on it with it.
      await pause(2_500);
      expect(await timed(() => queue.wake([3]))).toBeLessThan(busy(400));
    } finally {
      process.kill(redis.pid, 'SIGCONT');
    }
    await until(() => queue.healthy());
    await queue.wake([9]);
    await until(() => runs.includes(9));
  });

  it('closes within its limit while Redis is down, and waits for the work under way', async () => {
    const redis = await privateRedis();
    const queue = await openQueue(redis.url);
    let finished = false;
    const runs = await consume(queue, async () => {
      await pause(1_000);
      finished = true;
    });
    await queue.wake([1]);
    await until(() => runs.length === 1);
    await redis.down('SIGKILL');
    expect(await timed(() => queue.close())).toBeLessThan(busy(4_000));
    expect(finished).toBe(true);
  });

  it('closes after 10 s though the work has not ended, and leaves its lane to another worker', async () => {
    const redis = await privateRedis();
    const connection = { redisUrl: redis.url, onError: () => undefined, lockDurationMs: 500, stalledIntervalMs: 500 };
    const stuck = await openBullmqWorkQueue(connection);
    const stuckRuns = await consume(stuck, () => new Promise(() => undefined));
    await stuck.wake([1]);
    await until(() => stuckRuns.length === 1);
    const took = await timed(() => stuck.close());
    expect(took).toBeGreaterThan(9_500);
    expect(took).toBeLessThan(busy(12_000));
    const other = await openBullmqWorkQueue(connection);
    cleanups.push(() => other.close());
    const runs = await consume(other);
    await until(() => runs.length === 1, 5_000);
    expect(runs).toEqual([1]);
  }, 60_000);

  it('closes soon when Redis was never there', async () => {
    const queue = await openQueue(`redis://127.0.0.1:${await findFreePort()}`);
    await consume(queue);
    expect(await timed(() => queue.close())).toBeLessThan(busy(2_500));
  });
});
