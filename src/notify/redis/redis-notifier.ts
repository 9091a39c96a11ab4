import { randomUUID } from 'node:crypto';
import { Redis, type RedisOptions } from 'ioredis';
import { OutageReport } from '../../outages/outage-report.js';
import { withTimeLimit } from '../../outages/time-limit.js';
import {
  type ClusterAddress,
  DEFAULT_REDIS_PREFIX,
  namesCluster,
  namesSentinels,
  parseClusterUrl,
  parseSentinelUrl,
} from '../../redis/redis-address.js';
import type { Notice, Notifier, NotifierState, Unsubscribe } from '../notifier.js';
import { ChannelSubscription } from './channel-subscription.js';
import { decodeNotice, encodeNotice } from './notice-message.js';

/** Under the port's 250 ms, with room for a busy event loop. */
const PUBLISH_LIMIT_MS = 200;
const FIRST_CONNECTION_LIMIT_MS = 1_000;
/** How long a command may go unanswered before the connection is closed. */
const SILENCE_LIMIT_MS = 2_000;
const HEARTBEAT_MS = 5_000;
const RECONNECT_STEP_MS = 100;
const RECONNECT_LIMIT_MS = 1_000;

type ClientOptions = Omit<RedisOptions, 'replyMapping' | 'retryStrategy'>;

export interface RedisNotifierOptions {
  /** `redis://…`, `rediss://…`, by Sentinels `redis+sentinel://…`, or of a Cluster `redis+cluster://…`. */
  readonly redisUrl: string;
  /**
   * The prefix of the channel's name, by default `latchkey`. It is followed by `:N` where the URL names the database number N,
   * since Redis shares channels between its databases.
   */
  readonly prefix?: string;
  /** Told of failures, once per outage and connection, and of listeners that throw; must not throw. */
  readonly onError: (error: unknown) => void;
  /** How often a subscription is checked on which nothing arrives; default 5 s. */
  readonly heartbeatMs?: number;
}

/**
 * Opens the notifier over Redis publish/subscribe, for any number of servers.
 *
 * Resolves within about a second even when Redis is down, and connects when it comes up. This server's own listeners are
 * told directly, when Redis is down too, and each notice once; the other servers are told by Redis, at most once. The
 * messages are JSON: the notice's fields, and `from`, the sender's random name.
 */
export async function openRedisNotifier(options: RedisNotifierOptions): Promise<Notifier> {
  const notifier = new RedisNotifier(options);
  await notifier.firstConnection();
  return notifier;
}

interface Subscriber {
  readonly tell: (notice: Notice) => void;
  readonly onState: (state: NotifierState) => void;
}

class RedisNotifier implements Notifier {
  readonly #server = randomUUID();
  readonly #channel: string;
  readonly #onError: (error: unknown) => void;
  readonly #publisher: Redis;
  readonly #subscription: ChannelSubscription;
  readonly #subscribers = new Set<Subscriber>();
  readonly #outage: OutageReport;
  #onFirstConnection: () => void = () => undefined;
  #closed: boolean = false;

  constructor(options: RedisNotifierOptions) {
    this.#onError = options.onError;
    this.#outage = new OutageReport(options.onError);
    this.#publisher = connect(options, { connectionName: 'latchkey-notices-out' });
    const client = connect(options, { connectionName: 'latchkey-notices-in', autoResubscribe: false });
    this.#channel = channelOf(options.prefix ?? DEFAULT_REDIS_PREFIX, this.#publisher.options.db ?? 0);
    this.#subscription = new ChannelSubscription(client, {
      channel: this.#channel,
      heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
      onMessage: (message) => this.#receive(message),
      onState: (state) => this.#tellState(state),
      onError: options.onError,
    });
  }

  /** Resolves when this server hears the others, or after a second. */
  async firstConnection(): Promise<void> {
    const { promise: connected, resolve } = Promise.withResolvers<void>();
    this.#onFirstConnection = resolve;
    await withTimeLimit(FIRST_CONNECTION_LIMIT_MS, connected, () => undefined);
  }

  async publish(notice: Notice): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#tell(notice);
    if (this.#publisher.status !== 'ready') {
      return;
    }
    await withTimeLimit(PUBLISH_LIMIT_MS, this.#send(encodeNotice(this.#server, notice)), () => undefined);
  }

  subscribe(tell: (notice: Notice) => void, onState: (state: NotifierState) => void): Promise<Unsubscribe> {
    const subscriber = { tell, onState };
    this.#subscribers.add(subscriber);
    this.#guard(() => onState(this.#subscription.state));
    return Promise.resolve(() => {
      this.#subscribers.delete(subscriber);
      return Promise.resolve();
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#subscribers.clear();
    this.#subscription.close();
    this.#publisher.disconnect();
    return Promise.resolve();
  }

  /** Never rejects. */
  async #send(messages: readonly string[]): Promise<void> {
    try {
      await Promise.all(messages.map((message) => this.#publisher.publish(this.#channel, message)));
      this.#outage.succeeded();
    } catch (error) {
      if (!this.#closed) this.#outage.failed(error);
    }
  }

  #receive(message: string): void {
    const received = decodeNotice(message);
    if (received !== undefined && received.from !== this.#server) {
      this.#tell(received.notice);
    }
  }

  #tell(notice: Notice): void {
    for (const subscriber of [...this.#subscribers]) {
      this.#guard(() => subscriber.tell(notice));
    }
  }

  #tellState(state: NotifierState): void {
    if (state === 'connected') {
      this.#onFirstConnection();
    }
    for (const subscriber of [...this.#subscribers]) {
      this.#guard(() => subscriber.onState(state));
    }
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#onError(error);
    }
  }
}

function channelOf(prefix: string, database: number): string {
  return database === 0 ? `${prefix}:notices` : `${prefix}:notices:${database}`;
}

function connect({ redisUrl, onError }: RedisNotifierOptions, more: ClientOptions): Redis {
  const client = openClient(redisUrl, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    socketTimeout: SILENCE_LIMIT_MS,
    ...more,
  });
  const outage = new OutageReport(onError);
  client.on('ready', () => outage.succeeded());
  client.on('error', (error: Error) => outage.failed(error));
  return client;
}

function openClient(redisUrl: string, settings: ClientOptions): Redis {
  if (namesCluster(redisUrl)) return openNodeOf(parseClusterUrl(redisUrl), settings);
  const options = { ...settings, retryStrategy: retryDelayMs };
  return namesSentinels(redisUrl)
    ? new Redis({ ...parseSentinelUrl(redisUrl), ...options })
    : new Redis(redisUrl, options);
}

/**
 * Opens a client of any one node of a Cluster, and of the next one when that is lost: each node of a Cluster passes on to all
 * others what is published on it. So a lost connection is seen, as it is not where the driver's own client of Clusters
 * subscribes again by itself.
 */
function openNodeOf({ nodes, ...access }: ClusterAddress, settings: ClientOptions): Redis {
  let present = Math.floor(Math.random() * nodes.length);
  const client = new Redis({
    ...{ ...nodes[present], ...access, ...settings },
    retryStrategy: (times) => {
      present = (present + 1) % nodes.length;
      Object.assign(client.options, nodes[present]);
      return retryDelayMs(times);
    },
  });
  return client;
}

const retryDelayMs = (times: number): number => Math.min(times * RECONNECT_STEP_MS, RECONNECT_LIMIT_MS);
