import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { type RedisCluster, startRedisCluster } from '../../../test/servers/redis-cluster.js';
import { until } from '../../../test/timing.js';
import { describeNotifier, listen } from '../testing/notifier-contract.js';
import { openRedisNotifier } from './redis-notifier.js';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster();
});

afterAll(async () => {
  await cluster.stop();
});

describeNotifier('Redis Cluster', {
  openServer: (onError) => openRedisNotifier({ redisUrl: cluster.url, onError }),
  manyServers: true,
});

describe('the notifier on a Redis Cluster', () => {
  it('says that it hears nothing when its node is lost, and hears the others by another node', async () => {
    const open = () => openRedisNotifier({ redisUrl: cluster.url, onError: () => undefined });
    // Each begins with whichever node: of so many some have the one that is lost.
    const servers = await Promise.all(Array.from({ length: 20 }, open));
    try {
      const listening = await Promise.all(servers.map(listen));
      await until(() => listening.every(({ states }) => states.at(-1) === 'connected'));
      await cluster.nodes[1]!.down('SIGKILL');
      await until(() => listening.some(({ states }) => states.includes('disconnected')));
      await until(() => listening.every(({ states }) => states.at(-1) === 'connected'));
      await until(async () => {
        await servers[0]!.publish({ kind: 'tokens' });
        return listening.every(({ notices }) => notices.length > 0);
      });
      await cluster.nodes[1]!.restart();
    } finally {
      await Promise.all(servers.map((server) => server.close()));
    }
  }, 120_000);
});
