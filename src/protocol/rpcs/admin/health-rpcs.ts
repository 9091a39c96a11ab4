import type { HealthService } from '../../../services/health/health.js';
import type { Node, NodeCache } from '../../gen/latchkey/v1/health.js';
import { duration, instant } from '../../messages/fields.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** Telling how the deployment is. */
export function healthRpcs(health: HealthService): AdminRpcs<'getHealth'> {
  return {
    getHealth: {
      async handle(_request, call) {
        const { at, answeredBy, nodes, stored } = await health.get(call);
        return {
          at: instant(at),
          answeredBy,
          storeReachable: stored !== undefined,
          nodes: nodes.map(nodeMessage),
          revision: stored?.revision ?? 0,
          lanes: (stored?.lanes ?? []).map(({ lane, oldestReceivedAt }) => ({
            lane,
            oldestReceivedAt: instant(oldestReceivedAt),
          })),
          oldestTimerDueAt: instant(stored?.oldestTimerDueAt),
          deadLetters: stored?.deadLetters ?? 0,
          inboxLag: duration(stored?.inboxLagMs),
          oldestMessageAt: instant(stored?.oldestMessageAt),
        };
      },
    },
  };
}

type NodeSeen = Awaited<ReturnType<HealthService['get']>>['nodes'][number];

function nodeMessage({ id, roles, version, startedAt, seenAt, revision, notifier, caches, ...node }: NodeSeen): Node {
  return {
    ...{ id, roles: [...roles], version },
    startedAt: instant(startedAt),
    seenAt: instant(seenAt),
    // Before any configuration was loaded it is negative.
    revision: Math.max(0, revision),
    notifierConnected: notifier === 'connected',
    users: cacheMessage(caches.users),
    organizations: cacheMessage(caches.organizations),
    testOverrides: node.testOverrides ?? false,
    streams: node.streams,
    streamBacklogBytes: Math.max(0, Math.round(node.streamBacklog)),
  };
}

function cacheMessage(cache: NodeSeen['caches']['users']): NodeCache {
  const asked = cache.hits + cache.misses;
  return { ...cache, ...(asked > 0 && { hitRate: cache.hits / asked }) };
}
