import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from '../../../test/servers/redis-server.js';
import { createRedisSpace, type TestRedis } from '../../../test/servers/test-servers.js';
import { busy, pause, until } from '../../../test/timing.js';
import type { Notifier } from '../notifier.js';
import { describeNotifier, listen } from '../testing/notifier-contract.js';
import { openRedisNotifier } from './redis-notifier.js';

let space: TestRedis;
const cleanups: Array<() => Promise<unknown>> = [];
let errors: unknown[] = [];

beforeAll(async () => {
  space = await createRedisSpace();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
  errors = [];
});

describeNotifier('Redis', {
  openServer: (onError) => openRedisNotifier({ redisUrl: space.url, onError }),
  manyServers: true,
});

async function privateRedis(): Promise<RedisServer> {
  const redis = await startRedis();
  cleanups.push(() => redis.stop('SIGKILL'));
  return redis;
}

async function openServer(redisUrl: string, heartbeatMs?: number): Promise<Notifier> {
  const notifier = await openRedisNotifier({
    redisUrl,
    onError: (error) => errors.push(error),
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
  });
  cleanups.push(() => notifier.close());
  return notifier;
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

describe('the notifier on Redis', () => {
  it('drops what is malformed on its channel, and hears what a foreign sender wrote well', async () => {
    const redis = await privateRedis();
    const server = await openServer(redis.url);
    const { notices } = await listen(server);
    const client = new Redis(redis.url);
    cleanups.push(() => client.quit());
    await client.publish('latchkey:notices', 'garbage');
    await client.publish('latchkey:notices', '{"kind":"configuration","revision":"7"}');
    await client.publish('latchkey:notices', '{"kind":"configuration","revision":7}');
    await until(() => notices.length > 0);
    expect(notices).toEqual([{ kind: 'configuration', revision: 7 }]);
    expect(errors).toEqual([]);
  });

  it('keeps the servers of two database numbers apart', async () => {
    const redis = await privateRedis();
    const [one, other, same] = [
      await openServer(`${redis.url}/1`),
      await openServer(`${redis.url}/2`),
      await openServer(`${redis.url}/1`),
    ];
    const there = await listen(other);
    const here = await listen(same);
    await one.publish({ kind: 'tokens' });
    await until(() => here.notices.length === 1);
    await pause(50);
    expect(there.notices).toEqual([]);
  });

  it('says when Redis is gone and when it is back, and misses nothing that is published after that', async () => {
    const redis = await privateRedis();
    const [one, two] = [await openServer(redis.url), await openServer(redis.url)];
    const { notices, states } = await listen(two);
    await redis.down('SIGKILL');
    await until(() => states.at(-1) === 'disconnected', 2_000);
    const late = await listen(two);
    expect(late.states).toEqual(['disconnected']);

    const own = await listen(one);
    expect(await timed(() => one.publish({ kind: 'configuration', revision: 1 }))).toBeLessThan(busy(250));
    expect(own.notices).toEqual([{ kind: 'configuration', revision: 1 }]);

    await redis.restart();
    const client = new Redis(redis.url);
    cleanups.push(() => client.quit());
    await until(() => states.at(-1) === 'connected', 5_000);
    // By a client of its own, at once: whatever comes after "connected" must arrive.
    await client.publish('latchkey:notices', '{"kind":"configuration","revision":2}');
    await until(() => notices.length === 1);
    expect(states).toEqual(['connected', 'disconnected', 'connected']);
    await until(() => own.states.at(-1) === 'connected');
    await pause(1_100);
    await one.publish({ kind: 'configuration', revision: 3 });
    await until(() => notices.length === 2);
    // Four connections, one outage.
    expect(errors.length).toBeLessThanOrEqual(4);
  });

  it('goes on through a flush', async () => {
    const redis = await privateRedis();
    const [one, two] = [await openServer(redis.url), await openServer(redis.url)];
    const { notices, states } = await listen(two);
    await one.publish({ kind: 'tokens' });
    await redis.flush();
    await one.publish({ kind: 'tokens' });
    await until(() => notices.length === 2);
    expect(states).toEqual(['connected']);
  });

  it('opens while Redis is down, and connects when it comes up', async () => {
    const redis = await privateRedis();
    await redis.down();
    const start = performance.now();
    const server = await openServer(redis.url);
    expect(performance.now() - start).toBeLessThan(busy(1_500));
    const { states } = await listen(server);
    expect(states).toEqual(['disconnected']);
    await redis.restart();
    await until(() => states.at(-1) === 'connected', 5_000);
  });

  it('lets nobody wait for a Redis that has stopped answering, and notices that it has', async () => {
    const redis = await privateRedis();
    const server = await openServer(redis.url, 200);
    const { states } = await listen(server);
    await pause(500);
    expect(states).toEqual(['connected']);
    process.kill(redis.pid, 'SIGSTOP');
    try {
      const waits = await Promise.all([1, 2, 3].map(() => timed(() => server.publish({ kind: 'tokens' }))));
      expect(Math.max(...waits)).toBeLessThan(busy(400));
      await until(() => states.at(-1) === 'disconnected', 4_000);
    } finally {
      process.kill(redis.pid, 'SIGCONT');
    }
    await until(() => states.at(-1) === 'connected', 5_000);
  });
});
