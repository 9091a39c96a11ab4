import { Redis, type RedisOptions } from 'ioredis';
import { OutageReport } from '../../outages/outage-report.js';
import { withTimeLimit } from '../../outages/time-limit.js';
import { namesSentinels, parseSentinelUrl } from '../../redis/redis-address.js';

const RECONNECT_STEP_MS = 100;
const RECONNECT_LIMIT_MS = 1_000;

export interface RedisClients {
  /** The client to hand to BullMQ. */
  readonly client: Redis;
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

function openClients(
  redisUrl: string,
  onError: (error: unknown) => void,
  options: Omit<RedisOptions, 'replyMapping'>,
): RedisClients {
  const reported = new WeakSet<object>();
  const clients: Redis[] = [];
  const adopt = (client: Redis): Redis => {
    clients.push(client);
    endEvenBetweenAttempts(client);
    const outage = new OutageReport(onError);
    client.on('ready', () => outage.succeeded());
    // This listener is never removed: an 'error' event without one is written to the console.
    client.on('error', (error: Error) => {
      reported.add(error);
      outage.failed(error);
    });
    return client;
  };

  const client = adopt(
    namesSentinels(redisUrl) ? new Redis({ ...parseSentinelUrl(redisUrl), ...options }) : new Redis(redisUrl, options),
  );
  // BullMQ copies the client for its blocking reads. While Redis is away it does not close the copy, so copies are kept here.
  const duplicate = client.duplicate.bind(client);
  override(client, 'duplicate', (changes?: Partial<RedisOptions>) => adopt(duplicate(changes)));

  return {
    client,
    isReported: (error) => typeof error === 'object' && error !== null && reported.has(error),
    settled: (limitMs) => settled(client, limitMs),
    disconnect: () => {
      for (const one of clients) {
        one.disconnect();
      }
    },
  };
}

/**
 * Makes disconnect() always lead to an 'end' event, for which BullMQ's close() waits. Between two attempts to connect the
 * driver would cancel the next attempt without the event. So the attempt is made, and is the last one.
 */
function endEvenBetweenAttempts(client: Redis): void {
  let isEnding = false;
  const disconnect = client.disconnect.bind(client);
  client.options.retryStrategy = (times) => (isEnding ? null : Math.min(times * RECONNECT_STEP_MS, RECONNECT_LIMIT_MS));
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

/** Replaces a method of the client. The property must be writable and configurable for the proxy that BullMQ makes of it. */
function override<Name extends 'disconnect' | 'duplicate'>(
  client: Redis,
  name: Name,
  value: (...args: Parameters<Redis[Name]>) => ReturnType<Redis[Name]>,
): void {
  Object.defineProperty(client, name, { value, writable: true, configurable: true });
}

async function settled(client: Redis, limitMs: number): Promise<void> {
  if (client.status === 'ready') return;
  const { promise: heard, resolve } = Promise.withResolvers<void>();
  const hear = (): void => resolve();
  client.once('ready', hear);
  client.once('error', hear);
  await withTimeLimit(limitMs, heard, () => undefined);
  client.off('ready', hear);
  client.off('error', hear);
}
