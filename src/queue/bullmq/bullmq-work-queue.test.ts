import { afterAll, beforeAll } from '@jest/globals';
import { createRedisSpace, type TestRedis } from '../../../test/servers/test-servers.js';
import { describeWorkQueue } from '../testing/queue-contract.js';
import { openBullmqWorkQueue } from './bullmq-work-queue.js';

let redis: TestRedis;
const errors: unknown[] = [];

beforeAll(async () => {
  redis = await createRedisSpace();
});

afterAll(async () => {
  await redis.flush();
});

describeWorkQueue('BullMQ', {
  open: async () => {
    await redis.flush();
    return openBullmqWorkQueue({ redisUrl: redis.url, onError: (error) => errors.push(error) });
  },
});
