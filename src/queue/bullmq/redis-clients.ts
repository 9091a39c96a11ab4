import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { OutageReport } from '../../outages/outage-report.js';
import { withTimeLimit } from '../../outages/time-limit.js';
import { namesCluster, namesSentinels, parseClusterUrl, parseSentinelUrl } from '../../redis/redis-address.js';

const RECONNECT_STEP_MS = 100;
const RECONNECT_LIMIT_MS = 1_000;

/** The nodes of a Cluster are asked that often which slots they have, besides whenever one has refused a command or is away. */
const SLOTS_REFRESH_MS = 5_000;

export type RedisClient = Redis | Cluster;
type ClientError = Error & { readonly lastNodeError?: Error };
type ClientOptions = Omit<RedisOptions, 'replyMapping' | 'retryStrategy'>;

export interface RedisClients {
  /** The client to hand to BullMQ. */
  readonly client: RedisClient;
  /** Whether this error was reported already, by the connection it came from. */
  isReported(error: unknown): boolean;
  /** Resolves when the client is ready, when its first attempt has failed, or after this long. */
  settled(limitMs: number): Promise<void>;
  /** Lets go of the client and of every copy that was made of it, within a second. */
  disconnect(): void;
}

/** Opens a client for producers: a command that cannot be sent now fails, and a connection that is silent for 2 s is closed. */
export function openProducerClients(redisUrl: string, onError: (error: unknown) => void): RedisClients {
  return openClients(redisUrl, onError, {
    connectionName: 'latchkey-producer',
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    socketTimeout: 2_000,
  });
}

/** Opens clients for a consumer: commands wait for the connection. A timeout above 10 s leaves time for blocking reads. */
export function openConsumerClients(redisUrl: string, onError: (error: unknown) => void): RedisClients {
  return openClients(redisUrl, onError, {
    connectionName: 'latchkey-consumer',
    maxRetriesPerRequest: null,
    socketTimeout: 15_000,
  });
}

function openClients(redisUrl: string, onError: (error: unknown) => void, options: ClientOptions): RedisClients {
  const reported = new WeakSet<object>();
  const clients: RedisClient[] = [];
  const adopt = <Client extends RedisClient>(client: Client): Client => {
    clients.push(client);
    if (client instanceof Cluster) endClusterEvenBetweenAttempts(client);
    else endEvenBetweenAttempts(client);
    const outage = new OutageReport(onError);
    client.on('ready', () => outage.succeeded());
    // This listener is never removed: an 'error' event without one is written to the console.
    client.on('error', (error: ClientError) => {
      reported.add(error);
      // The client of a Cluster says that no node told which slots it has, and why beside the message alone.
      if (error.lastNodeError !== undefined) error.cause ??= error.lastNodeError;
      outage.failed(error);
    });
    return client;
  };

  const client = adopt(connect(redisUrl, options));
  // BullMQ copies the client for its blocking reads. While Redis is away it does not close the copy, so copies are kept here.
  if (client instanceof Cluster) {
    const duplicate = client.duplicate.bind(client);
    override(client, 'duplicate', (...changes: Parameters<Cluster['duplicate']>) => adopt(duplicate(...changes)));
  } else {
    const duplicate = client.duplicate.bind(client);
    override(client, 'duplicate', (changes?: Partial<RedisOptions>) => adopt(duplicate(changes)));
  }

  return {
    client,
    isReported: (error) => typeof error === 'object' && error !== null && reported.has(error),
    settled: (limitMs) => settled(client, limitMs),
    disconnect: () => {
      for (const one of clients) {
        one.disconnect();
        // BullMQ may be about to connect the client of a Cluster again.
        if (one instanceof Cluster) override(one, 'connect', () => Promise.reject(new Error('closed')));
      }
    },
  };
}

function connect(redisUrl: string, options: ClientOptions): RedisClient {
  if (namesSentinels(redisUrl)) return new Redis({ ...parseSentinelUrl(redisUrl), ...options });
  if (!namesCluster(redisUrl)) return new Redis(redisUrl, options);
  const { nodes, ...access } = parseClusterUrl(redisUrl);
  const { enableOfflineQueue, ...ofNodes } = options;
  return new Cluster([...nodes], {
    enableOfflineQueue,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    // Names are left as they are, for certificates to be checked against, and are looked up whenever a node is connected to.
    dnsLookup: (address, callback) => callback(null, address),
    redisOptions: { ...access, ...ofNodes },
  });
}

const retryDelayMs = (times: number): number => Math.min(times * RECONNECT_STEP_MS, RECONNECT_LIMIT_MS);

/**
 * Makes disconnect() always lead to an 'end' event, for which BullMQ's close() waits. Between two attempts to connect the
 * driver would cancel the next attempt without the event. So the attempt is made, and is the last one.
 */
function endEvenBetweenAttempts(client: Redis): void {
  let isEnding = false;
  const disconnect = client.disconnect.bind(client);
  client.options.retryStrategy = (times) => (isEnding ? null : retryDelayMs(times));
  client.on('connect', () => {
    if (isEnding) {
      disconnect();
    }
  });
  override(client, 'disconnect', (reconnect = false) => {
    if (client.status === 'reconnecting' && !reconnect) {
      isEnding = true;
    } else if (client.status !== 'end') {
      disconnect(reconnect);
    }
  });
}

/**
 * The same for the client of a Cluster, which says 'end' when its last node has gone: never where it has none, as between two
 * attempts to connect. When several go at once it is 'close' again afterwards, and keeps commands that nobody will send.
 */
function endClusterEvenBetweenAttempts(client: Cluster): void {
  let isEnded = false;
  const disconnect = client.disconnect.bind(client);
  client.options.clusterRetryStrategy = retryDelayMs;
  client.on('connecting', () => {
    isEnded = false;
  });
  client.on('end', () => {
    isEnded = true;
  });
  client.on('close', () => {
    if (isEnded) client.status = 'end';
  });
  override(client, 'disconnect', (reconnect = false) => {
    const hasNode = client.nodes().length > 0;
    disconnect(reconnect);
    if (hasNode || reconnect) return;
    client.status = 'end';
    process.nextTick(() => client.emit('end'));
  });
}

/** Replaces a method of the client. The property must be writable and configurable for the proxy that BullMQ makes of it. */
function override<Client extends RedisClient, Name extends 'connect' | 'disconnect' | 'duplicate'>(
  client: Client,
  name: Name,
  value: Client[Name],
): void {
  Object.defineProperty(client, name, { value, writable: true, configurable: true });
}

async function settled(client: RedisClient, limitMs: number): Promise<void> {
  if (client.status === 'ready') return;
  const { promise: heard, resolve } = Promise.withResolvers<void>();
  const hear = (): void => resolve();
  client.once('ready', hear);
  client.once('error', hear);
  await withTimeLimit(limitMs, heard, () => undefined);
  client.off('ready', hear);
  client.off('error', hear);
}
