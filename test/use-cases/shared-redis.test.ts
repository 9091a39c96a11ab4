import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openRedisNotifier } from '../../src/notify/redis/redis-notifier.js';
import { openBullmqWorkQueue } from '../../src/queue/bullmq/bullmq-work-queue.js';
import { type RedisServer, redisCommand, startRedis } from '../servers/redis-server.js';
import { findFreePort, requireProgram, type ServerProcess, startServerProcess } from '../servers/server-process.js';
import { pause, until } from '../timing.js';

let folder: string;
let redis: RedisServer;
let sentinel: ServerProcess;
let sentinelUrl: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-sentinel-'));
  redis = await startRedis();
  const port = await findFreePort();
  const file = join(folder, 'sentinel.conf');
  writeFileSync(file, `bind 127.0.0.1\nport ${port}\nsentinel monitor flags 127.0.0.1 ${redis.port} 1\n`);
  sentinel = startServerProcess(requireProgram('redis-server'), [file, '--sentinel']);
  sentinelUrl = `redis+sentinel://127.0.0.1:${port}/flags`;
  // A Sentinel refuses the first command of the two that are sent, and has answered by that.
  const answer = () => redisCommand(port, 'PING').catch(String);
  await until(async () => !(await answer()).includes('ECONNREFUSED'), 20_000);
}, 120_000);

afterAll(async () => {
  await sentinel.stop('SIGKILL');
  await redis.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const onError = (): void => undefined;

/** The lanes that this deployment works on, and what it is told. */
async function deployment(prefix: string | undefined, redisUrl = redis.url) {
  const own = prefix === undefined ? {} : { prefix };
  const queue = await openBullmqWorkQueue({ redisUrl, onError, ...own });
  const notifier = await openRedisNotifier({ redisUrl, onError, ...own });
  const lanes: number[] = [];
  const told: string[] = [];
  await queue.consume(async (lane) => void lanes.push(lane), { concurrency: 1, onError });
  await notifier.subscribe(
    ({ kind }) => told.push(kind),
    () => undefined,
  );
  return { queue, notifier, lanes, told, close: () => Promise.all([queue.close(), notifier.close()]) };
}

describe('Redis', () => {
  it('is shared by deployments with prefixes of their own: each works and hears its own alone', async () => {
    const [one, two, likeOne] = [await deployment(undefined), await deployment('other'), await deployment('latchkey')];
    try {
      await two.queue.wake([7]);
      await two.notifier.publish({ kind: 'tokens' });
      await one.queue.wake([3]);
      await one.notifier.publish({ kind: 'configuration', revision: 1 });
      await until(() => two.lanes.length === 1 && one.lanes.length + likeOne.lanes.length === 1, 10_000);
      await until(() => likeOne.told.length === 1, 10_000);
      await pause(200);
      expect([two.lanes, [...one.lanes, ...likeOne.lanes]]).toEqual([[7], [3]]);
      expect([one.told, likeOne.told, two.told]).toEqual([['configuration'], ['configuration'], ['tokens']]);
    } finally {
      await Promise.all([one, two, likeOne].map((each) => each.close()));
    }
  }, 120_000);

  it('is found by the name that Sentinels know it by', async () => {
    const [here, there] = [await deployment('found', sentinelUrl), await deployment('found', sentinelUrl)];
    try {
      await until(() => here.queue.healthy(), 10_000);
      await here.queue.wake([1]);
      await here.notifier.publish({ kind: 'tokens' });
      await until(() => here.lanes.length + there.lanes.length === 1 && there.told.length === 1, 10_000);
    } finally {
      await Promise.all([here.close(), there.close()]);
    }
  }, 120_000);
});
