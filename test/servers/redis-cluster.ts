import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import {
  findFreePort,
  requireProgram,
  type ServerProcess,
  startServerProcess,
  waitUntilReady,
} from './server-process.js';

const START_LIMIT_MS = 20_000;
const JOIN_LIMIT_MS = 60_000;
/** How long a node may be silent before its replica takes over. */
const NODE_TIMEOUT_MS = 3_000;
const START_ATTEMPTS = 3;
const SLOTS = 16_384;
const MASTERS = 3;

export interface RedisClusterNode {
  readonly port: number;
  /** Ends it and leaves it down; `restart` brings it back. */
  down(signal?: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
}

export interface RedisCluster {
  /** `redis+cluster://127.0.0.1:PORT,…` of its masters. */
  readonly url: string;
  readonly nodes: readonly RedisClusterNode[];
  /** The node that holds a key's slot now: of the hash tag `{latchkey}` the one that has a replica. */
  holderOf(key: string): Promise<RedisClusterNode>;
  /** Forgets everything on the nodes that run. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a Redis Cluster of one's own: three masters, and a replica of the one that holds the slots up to 5460, on free ports of
 * 127.0.0.1. Takes some seconds, which nodes need to hear of each other.
 */
export async function startRedisCluster(): Promise<RedisCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-redis-cluster-'));
  const nodes: Node[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.down('SIGKILL')));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (let n = 0; n <= MASTERS; n++) nodes.push(await startNodeOnFreePorts(join(folder, `node-${n}`)));
    await connectNodes(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis+cluster://${nodes
      .slice(0, MASTERS)
      .map(({ port }) => `127.0.0.1:${port}`)
      .join(',')}`,
    nodes,
    holderOf: (key) => holderOf(nodes, key),
    flush: async () => {
      for (const { port, server } of nodes) {
        // A replica refuses it, and is flushed by its master.
        if (!server.hasExited()) await ask(port, (client) => client.flushall()).catch(() => undefined);
      }
    },
    stop,
  };
}

interface Node extends RedisClusterNode {
  readonly busPort: number;
  readonly server: ServerProcess;
}

async function startNodeOnFreePorts(folder: string): Promise<Node> {
  await mkdir(folder);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startNode(folder);
    } catch (error) {
      // The ports were free a moment ago; another process may have taken one since.
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function startNode(folder: string): Promise<Node> {
  const [port, busPort] = [await findFreePort(), await findFreePort()];
  const start = async (): Promise<ServerProcess> => {
    const started = startServerProcess(requireProgram('redis-server'), [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--daemonize', 'no'],
      ...['--maxmemory-policy', 'noeviction', '--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
      ...['--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
    ]);
    const isReady = () =>
      ask(port, (client) => client.ping()).then(
        () => true,
        () => false,
      );
    await waitUntilReady(started, { name: 'redis-server', limitMs: START_LIMIT_MS, isReady });
    return started;
  };
  let server = await start();
  return {
    ...{ port, busPort },
    get server() {
      return server;
    },
    down: (signal) => server.stop(signal),
    restart: async () => {
      await server.stop();
      server = await start();
    },
  };
}

/** Gives the masters a third of the slots each, makes them known to each other, and the last node a replica of the first. */
async function connectNodes(nodes: readonly Node[]): Promise<void> {
  const [first, replica] = [nodes[0]!, nodes[MASTERS]!];
  for (let n = 0; n < MASTERS; n++) {
    const from = Math.ceil((n * SLOTS) / MASTERS);
    const to = Math.ceil(((n + 1) * SLOTS) / MASTERS) - 1;
    await ask(nodes[n]!.port, (client) => client.cluster('ADDSLOTSRANGE', from, to));
    await ask(nodes[n]!.port, (client) => client.cluster('SET-CONFIG-EPOCH', n + 1));
  }
  for (const { port } of nodes.slice(1)) {
    await ask(port, (client) => client.call('CLUSTER', 'MEET', '127.0.0.1', first.port, first.busPort));
  }
  const id = await ask(first.port, (client) => client.cluster('MYID'));
  await becomes(() => ask(replica.port, (client) => client.cluster('REPLICATE', id as string)).then(() => true));
  for (const { port } of nodes) {
    await becomes(async () => {
      const [cluster, known] = await ask(port, (client) => Promise.all([client.cluster('INFO'), nodesOf(client)]));
      return String(cluster).includes('cluster_state:ok') && known.filter((line) => /slave/.test(line)).length === 1;
    });
  }
  await becomes(async () =>
    (await ask(replica.port, (client) => client.info('replication'))).includes('master_link_status:up'),
  );
}

async function holderOf(nodes: readonly Node[], key: string): Promise<RedisClusterNode> {
  for (const node of nodes) {
    const known = await ask(node.port, async (client) => ({
      ...{ slot: Number(await client.cluster('KEYSLOT', key)), lines: await nodesOf(client) },
    })).catch(() => undefined);
    const line = known?.lines.find((text) => isMasterOf(text, known.slot));
    const port = Number(/:(\d+)@/.exec(line ?? '')?.[1]);
    const holder = nodes.find((one) => one.port === port);
    if (holder !== undefined) return holder;
  }
  throw new Error(`no node says who holds ${key}`);
}

function isMasterOf(line: string, slot: number): boolean {
  const [, , flags = '', , , , , , ...ranges] = line.split(' ');
  if (!flags.includes('master') || flags.includes('fail')) return false;
  return ranges.some((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return from! <= slot && slot <= to!;
  });
}

const nodesOf = async (client: Redis): Promise<string[]> =>
  String(await client.cluster('NODES'))
    .split('\n')
    .filter((line) => line !== '');

async function ask<T>(port: number, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(port, '127.0.0.1', {
    lazyConnect: true,
    retryStrategy: () => null,
    enableReadyCheck: false,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await question(client);
  } finally {
    client.disconnect();
  }
}

async function becomes(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + JOIN_LIMIT_MS;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`the nodes of a Redis Cluster did not find each other: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
