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
 * It says `connected` only once Redis has confirmed the subscription, so that whatever is published from then on arrives.
 * Heartbeats find a connection that died in silence: the client's socket timeout ends it when one is not answered.
 */
export class ChannelSubscription {
  readonly #client: Redis;
  readonly #options: ChannelSubscriptionOptions;
  readonly #heartbeat: NodeJS.Timeout;
  #state: NotifierState = 'disconnected';
  /** Counts connections: what began on an earlier one says nothing about this one. */
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
        // A failure shows as a closed connection.
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
        // Refused, by an access list for instance, while the connection stands.
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
