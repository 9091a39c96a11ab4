import { afterEach, beforeEach } from '@jest/globals';
import { startDeliveries } from '../../../src/compose/server/deliveries.js';
import { type HttpSenderOptions, httpSender } from '../../../src/deliver/http/http-sender.js';
import { openBullmqDeliveryQueue } from '../../../src/queue/bullmq/bullmq-delivery-queue.js';
import type { DeliveryQueue } from '../../../src/queue/delivery-queue.js';
import { openEmbeddedDeliveryQueue } from '../../../src/queue/embedded/embedded-delivery-queue.js';
import type { Delivery } from '../../../src/store/delivery-store.js';
import { OutboundRelay } from '../../../src/worker/deliveries/relay-outbound.js';
import { createRedisSpace } from '../../servers/test-servers.js';
import type { Engine } from './engines.js';
import { OPERATOR, type UseCaseStand } from './use-case-stand.js';
import { type Answering, openReceiver, type Receiver } from './webhook-receiver.js';

export interface WorkerOptions extends Partial<HttpSenderOptions> {
  readonly retryDelaysMs?: readonly number[];
  readonly leaseMs?: number;
  /** A queue that is given work and never hands anything over, as a flushed Redis. */
  readonly lostQueue?: boolean;
}

export interface WebhookWorker {
  readonly attempted: readonly string[];
  stop(): Promise<void>;
}

const LOST_QUEUE: DeliveryQueue = {
  schedule: () => Promise.resolve(),
  consume: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** What brings events to endpoints, as a worker runs it, with the engine's own queue. */
export async function startWebhookWorker(
  engine: Engine,
  latchkey: UseCaseStand,
  options: WorkerOptions = {},
): Promise<WebhookWorker> {
  const attempted: string[] = [];
  const errors: Error[] = [];
  const { retryDelaysMs = [200, 200, 200], leaseMs, lostQueue, ...rules } = options;
  const running = await startDeliveries({
    store: latchkey.store,
    queue: lostQueue ? LOST_QUEUE : await openQueue(engine),
    sender: httpSender({ allowHttp: true, allowPrivate: true, ...rules }),
    source: '/latchkey',
    observer: { attempted: (_endpointId, id) => void attempted.push(id) },
    onError: (name, error) => void errors.push(new Error(name, { cause: error })),
    retryDelaysMs,
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });
  return {
    attempted,
    async stop() {
      await running.stop();
      if (errors.length > 0) throw errors[0];
    },
  };
}

async function openQueue({ name }: Engine): Promise<DeliveryQueue> {
  if (name === 'SQLite and the embedded queue') return openEmbeddedDeliveryQueue();
  const { url } = await createRedisSpace();
  return openBullmqDeliveryQueue({ redisUrl: url, onError: () => undefined });
}

/** Deletes every webhook that earlier tests of the suite left. */
export async function clearWebhooks({ services }: UseCaseStand): Promise<void> {
  for (const { id } of await services.webhooks.list(OPERATOR)) await services.webhooks.delete(OPERATOR, id);
}

export async function deliveriesOf({ services }: UseCaseStand, webhookId: string): Promise<readonly Delivery[]> {
  return (await services.webhookDeliveries.list(OPERATOR, { webhookId }, { limit: 1_000 })).items;
}

export interface WebhookStand {
  /** New for each test, on a database without webhooks and without flags that are not archived. */
  readonly latchkey: UseCaseStand;
  /** Opened and started here, receivers and workers end with the test. */
  receive(answering?: Answering, options?: { readonly tls: boolean }): Promise<Receiver>;
  work(options?: WorkerOptions): Promise<WebhookWorker>;
  create(url: string, types: readonly string[]): Promise<{ readonly id: string; readonly secret: string }>;
  /** Shares out what waits, and tells no queue; gives how many events there were. */
  relay(): Promise<number>;
  /** Verifies somebody's e-mail address. */
  unlock(userId: string): Promise<unknown>;
  /** States of a webhook's deliveries, newest first. */
  statesOf(webhookId: string): Promise<readonly string[]>;
}

/** Call it at the top of a suite. */
export function webhookStand(engine: Engine): WebhookStand {
  const ends: (() => Promise<void>)[] = [];
  let latchkey: UseCaseStand | undefined;
  beforeEach(async () => {
    latchkey = await engine.compose();
    await clearWebhooks(latchkey);
    await latchkey.clear();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  const there = (): UseCaseStand => {
    if (latchkey === undefined) throw new Error('the stand is there in tests only');
    return latchkey;
  };
  return {
    get latchkey() {
      return there();
    },
    receive: async (answering, options) => {
      const receiver = await openReceiver(answering, options);
      ends.push(() => receiver.close());
      return receiver;
    },
    work: async (options) => {
      const worker = await startWebhookWorker(engine, there(), options);
      ends.push(() => worker.stop());
      return worker;
    },
    create: async (url, types) => {
      const { endpoint, secret } = await there().services.webhooks.create(OPERATOR, { url, types });
      return { id: endpoint.id, secret };
    },
    relay: () =>
      new OutboundRelay({
        ...{ store: there().store, queue: { schedule: () => Promise.resolve() }, source: '/latchkey' },
        onError: (_position, error) => {
          throw error;
        },
      }).run(),
    unlock: (userId) => there().identify(userId, { emailVerified: true }),
    statesOf: async (id) => (await deliveriesOf(there(), id)).map(({ state }) => state),
  };
}
