import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startRedis } from '../../../test/servers/redis-server.js';
import { createRedisSpace, type TestRedis } from '../../../test/servers/test-servers.js';
import { busy, until } from '../../../test/timing.js';
import { describeDeliveryQueue } from '../testing/delivery-queue-contract.js';
import { openBullmqDeliveryQueue } from './bullmq-delivery-queue.js';

let redis: TestRedis;
const errors: unknown[] = [];
const onError = (error: unknown): void => void errors.push(error);

beforeAll(async () => {
  redis = await createRedisSpace();
});

afterAll(async () => {
  await redis.flush();
});

describeDeliveryQueue('BullMQ', {
  open: async () => {
    await redis.flush();
    return openBullmqDeliveryQueue({ redisUrl: redis.url, onError });
  },
});

describe('the delivery queue on BullMQ', () => {
  it('hands what one process schedules to another', async () => {
    await redis.flush();
    const [producer, consumer] = [
      await openBullmqDeliveryQueue({ redisUrl: redis.url, onError }),
      await openBullmqDeliveryQueue({ redisUrl: redis.url, onError }),
    ];
    const taken: string[] = [];
    await consumer.consume(({ id }) => void taken.push(id), { concurrency: 4, onError });
    await producer.schedule([{ id: 'dlv_1', endpointId: 'whe_1' }], 100);
    await until(() => taken.length === 1);
    await Promise.all([producer.close(), consumer.close()]);
    expect([taken, errors]).toEqual([['dlv_1'], []]);
  });

  it('keeps nobody waiting while Redis is away, and goes on when it is back', async () => {
    const server = await startRedis();
    const seen: unknown[] = [];
    const queue = await openBullmqDeliveryQueue({ redisUrl: server.url, onError: (error) => void seen.push(error) });
    try {
      const taken: string[] = [];
      await queue.consume(({ id }) => void taken.push(id), { concurrency: 1, onError });
      await server.down('SIGKILL');
      const start = performance.now();
      await queue.schedule([{ id: 'lost', endpointId: 'whe_1' }], 0);
      expect(performance.now() - start).toBeLessThan(busy(1_000));
      await server.restart();
      await until(async () => {
        await queue.schedule([{ id: 'kept', endpointId: 'whe_1' }], 0);
        return taken.includes('kept');
      }, 60_000);
      expect(seen.length).toBeGreaterThan(0);
    } finally {
      await queue.close();
      await server.stop('SIGKILL');
    }
  }, 60_000);
});
