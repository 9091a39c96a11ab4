import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { Cluster } from 'ioredis';
import { type RedisCluster, startRedisCluster } from '../../../test/servers/redis-cluster.js';
import { busy, pause, until } from '../../../test/timing.js';
import { describeDeliveryQueue } from '../testing/delivery-queue-contract.js';
import { describeWorkQueue } from '../testing/queue-contract.js';
import { openBullmqDeliveryQueue } from './bullmq-delivery-queue.js';
import { openBullmqEventIntake } from './bullmq-event-intake.js';
import { openBullmqWorkQueue } from './bullmq-work-queue.js';
import { EVENTS_QUEUE, QUEUE_PREFIX, TRACK_JOB } from './queue-settings.js';

let cluster: RedisCluster;
const cleanups: Array<() => Promise<unknown>> = [];
const errors: unknown[] = [];
const onError = (error: unknown): void => void errors.push(error);

beforeAll(async () => {
  cluster = await startRedisCluster();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  await cluster.stop();
});

describeWorkQueue('BullMQ on a Redis Cluster', {
  open: async () => {
    await cluster.flush();
    return openBullmqWorkQueue({ redisUrl: cluster.url, onError });
  },
});

describeDeliveryQueue('BullMQ on a Redis Cluster', {
  open: async () => {
    await cluster.flush();
    return openBullmqDeliveryQueue({ redisUrl: cluster.url, onError });
  },
});

describe('the queues on a Redis Cluster', () => {
  it('take events of a producer that has nothing but BullMQ and the Cluster', async () => {
    const nodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
    const client = new Cluster(nodes);
    const producer = new Queue(EVENTS_QUEUE, { connection: client, prefix: QUEUE_PREFIX });
    const intake = openBullmqEventIntake({ redisUrl: cluster.url, onError });
    cleanups.push(() => producer.close().then(() => client.disconnect()));
    cleanups.push(() => intake.close());
    const taken: unknown[] = [];
    await intake.consume(async (data) => void taken.push(data), { concurrency: 4, onError });
    await producer.add(TRACK_JOB, { id: '1' });
    await until(() => taken.length === 1);
    expect(taken).toEqual([{ id: '1' }]);
  });

  it('find the new master after a fail-over, and keep nobody waiting meanwhile', async () => {
    const queue = await openBullmqWorkQueue({ redisUrl: cluster.url, onError });
    cleanups.push(() => queue.close());
    const ran = new Set<number>();
    await queue.consume(async (lane) => void ran.add(lane), { concurrency: 4, onError });
    let lane = 0;
    /** Wakes are lost while nobody holds the slot, so others follow: each is of another lane. */
    const works = async (): Promise<boolean> => {
      const start = performance.now();
      await queue.wake([++lane]);
      expect(performance.now() - start).toBeLessThan(busy(250));
      await pause(100);
      return ran.has(lane);
    };
    await until(works);

    const master = await cluster.holderOf(QUEUE_PREFIX);
    await master.down('SIGKILL');
    await until(works, 60_000);
    expect(queue.healthy()).toBe(true);
    const successor = await cluster.holderOf(QUEUE_PREFIX);
    expect(successor.port).not.toBe(master.port);

    await master.restart();
    await until(works);
  }, 300_000);

  it('come back with the Cluster when all of it was away, and close while it is', async () => {
    const [queue, other] = [
      await openBullmqWorkQueue({ redisUrl: cluster.url, onError }),
      await openBullmqWorkQueue({ redisUrl: cluster.url, onError }),
    ];
    cleanups.push(() => queue.close());
    const ran: number[] = [];
    for (const one of [queue, other]) {
      await one.consume(async (lane) => void ran.push(lane), { concurrency: 4, onError });
    }
    await Promise.all(cluster.nodes.map((node) => node.down('SIGKILL')));
    await until(async () => {
      await queue.wake([1]);
      return !queue.healthy();
    });
    const start = performance.now();
    await other.close();
    expect(performance.now() - start).toBeLessThan(busy(4_000));

    await Promise.all(cluster.nodes.map((node) => node.restart()));
    await until(async () => {
      await queue.wake([2]);
      await pause(100);
      return ran.includes(2);
    }, 60_000);
    expect(queue.healthy()).toBe(true);
  }, 300_000);
});
