import type { Redis } from 'ioredis';
import type { NotifierState } from '../notifier.js';

const SUBSCRIBE_RETRY_MS = 1_000;

export interface ChannelSubscriptionOptions {
  readonly channel: string;
  /** How often to ask whether the connection still answers. */
  readonly heartbeatMs: number;
  readonly onMessage: (message: string) => void;
  readonly onState: (state: NotifierState) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps a client subscribed to one channel over its reconnections.
 *
 * It says `connected` once Redis has confirmed the subscription: what is published from then on arrives. Heartbeats find a
 * connection that died without a sign: when one is not answered, the client's socket timeout closes the connection.
 */
export class ChannelSubscription {
  readonly #client: Redis;
  readonly #options: ChannelSubscriptionOptions;
  readonly #heartbeat: NodeJS.Timeout;
  #state: NotifierState = 'disconnected';
  /** How many connections there have been, so that the answer of an earlier one is not taken for this one's. */
  #connection = 0;

  constructor(client: Redis, options: ChannelSubscriptionOptions) {
    this.#client = client;
    this.#options = options;
    client.on('ready', () => void this.#subscribe());
    client.on('close', () => {
      this.#connection += 1;
      this.#become('disconnected');
    });
    client.on('message', (channel: string, message: string) => {
      if (channel === options.channel) {
        options.onMessage(message);
      }
    });
    this.#heartbeat = setInterval(() => {
      if (client.status === 'ready') {
        // A failure needs no handling here: it closes the connection, which is noticed.
        client.ping().catch(() => undefined);
      }
    }, options.heartbeatMs);
    this.#heartbeat.unref();
  }

  get state(): NotifierState {
    return this.#state;
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#client.disconnect();
  }

  async #subscribe(): Promise<void> {
    const connection = this.#connection;
    try {
      await this.#client.subscribe(this.#options.channel);
      if (connection === this.#connection) {
        this.#become('connected');
      }
    } catch (error) {
      if (connection === this.#connection) {
        // The connection is there, but Redis refuses the subscription, for instance by an access list.
        this.#options.onError(error);
        setTimeout(() => {
          if (connection === this.#connection) {
            void this.#subscribe();
          }
        }, SUBSCRIBE_RETRY_MS).unref();
      }
    }
  }

  #become(state: NotifierState): void {
    if (this.#state !== state) {
      this.#state = state;
      this.#options.onState(state);
    }
  }
}
