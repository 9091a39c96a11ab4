import { actorOf } from '../calls/caller.js';
import type { Config } from '../config/config.js';
import { ConfigError } from '../config/environment.js';
import { httpSender } from '../deliver/http/http-sender.js';
import type { GrpcDoor } from '../grpc/grpc-door.js';
import { openLocalNotifier } from '../notify/local/local-notifier.js';
import type { Notifier } from '../notify/notifier.js';
import { openRedisNotifier } from '../notify/redis/redis-notifier.js';
import { callLog } from '../observability/call-log.js';
import type { Logger } from '../observability/logger.js';
import { Metrics } from '../observability/metrics.js';
import { openBullmqDeliveryQueue } from '../queue/bullmq/bullmq-delivery-queue.js';
import { openBullmqEventIntake } from '../queue/bullmq/bullmq-event-intake.js';
import { openBullmqWorkQueue } from '../queue/bullmq/bullmq-work-queue.js';
import type { DeliveryQueue } from '../queue/delivery-queue.js';
import { openEmbeddedDeliveryQueue } from '../queue/embedded/embedded-delivery-queue.js';
import { openEmbeddedWorkQueue } from '../queue/embedded/embedded-work-queue.js';
import type { WorkQueue } from '../queue/queue.js';
import type { RestDoor } from '../rest/rest-door.js';
import type { EndedRequest } from '../rest/server/observer.js';
import { adminToken } from './admin-token.js';
import { listen } from './listen.js';
import { openStore } from './open-store.js';
import { type Composed, composeServices } from './services.js';
import { StoreLink } from './store-link.js';
import { type RunningWorker, startWorker } from './worker.js';

export interface RunningServer {
  /** HOST:PORT as listened on; undefined for a role that this server does not have. */
  readonly grpcAddress: string | undefined;
  readonly httpAddress: string | undefined;
  readonly composed: Composed;
  /** Where the embedded start keeps its admin token. */
  readonly adminTokenFile: string | undefined;
  readonly adminSecret: string;
  /** Refuses new work, finishes what is under way within the limit, and lets go of everything. */
  stop(limitMs: number): Promise<void>;
}

/**
 * Starts everything that this configuration says. What was begun is ended again when a later part fails. `onUnusable` is
 * told when a store that was away at the start comes back as one that this release must not run on: end the process then.
 */
export async function startServer(
  config: Config,
  logger: Logger,
  onUnusable: (error: unknown) => void = () => undefined,
): Promise<RunningServer> {
  const ended: (() => Promise<unknown>)[] = [];
  const endAll = async (): Promise<void> => {
    for (const end of ended.reverse())
      await end().catch((error: unknown) => logger.warn({ err: error }, 'while stopping'));
  };
  try {
    const started = await start(config, logger, { onEnd: (end) => ended.push(end), onUnusable });
    return { ...started, stop: (limitMs) => stop(started, limitMs, endAll) };
  } catch (error) {
    await endAll();
    throw error;
  }
}

type Started = Omit<RunningServer, 'stop'> & {
  readonly grpc: GrpcDoor | undefined;
  readonly rest: RestDoor | undefined;
};

interface Hooks {
  /** Collects what has to be ended, last first. */
  readonly onEnd: (end: () => Promise<unknown>) => void;
  readonly onUnusable: (error: unknown) => void;
}

async function start(config: Config, logger: Logger, { onEnd, onUnusable }: Hooks): Promise<Started> {
  const token = await adminToken(config);
  const metrics = new Metrics();
  const sqlStore = await openStore(config.database, (waitedMs) => metrics.poolWaited(waitedMs));
  onEnd(() => sqlStore.close());
  const notifier = await openNotifier(config, logger);
  onEnd(() => notifier.close());
  const queue = await openQueue(config, logger);
  onEnd(() => queue.close());

  const sender = httpSender(config.webhooks);
  const composed = composeServices({
    config,
    sender,
    sharedSecret: token.secret,
    store: sqlStore,
    queue,
    notifier,
    metrics,
    onSwap: ({ revision, failures }) => {
      logger.info({ revision }, 'configuration');
      for (const failure of failures)
        logger.error(failure, 'a flag cannot be compiled by this version and keeps its last form');
      link.save();
    },
    onError: (what, error) => logger.warn({ err: error }, `${what} failed`),
  });
  onEnd(() => Promise.resolve(composed.states.close()));
  onEnd(() => Promise.resolve(composed.services.streams.close()));
  const link = new StoreLink({ config, sqlStore, composed, adminSecret: token.secret, logger, onUnusable });
  const unsubscribe = await listen(notifier, composed, link, logger);
  onEnd(unsubscribe);
  await link.start();
  onEnd(() => link.stop());

  let worker: RunningWorker | undefined;
  if (config.roles.has('worker')) {
    const connection = {
      redisUrl: config.redisUrl ?? '',
      onError: (error: unknown) => logger.warn({ err: error }, 'the event queue'),
    };
    const intake = config.redisUrl !== undefined && config.queueIntake ? openBullmqEventIntake(connection) : undefined;
    const { lanes, retentionDays } = config;
    const deliveryQueue = await openDeliveryQueue(config, logger);
    onEnd(() => deliveryQueue.close());
    const webhooks = { queue: deliveryQueue, sender, source: config.webhooks.source };
    const parts = { composed, queue, intake, webhooks, notifier, lanes, retentionDays, metrics, logger };
    onEnd(async () => worker?.stop());
    await link.whenUsable(async () => {
      worker = await startWorker(parts);
    });
  }
  const { keeper, streams, evaluateStreams } = composed.services;
  metrics.watch({
    oldestPendingMs: () => worker?.oldestPendingMs() ?? 0,
    oldestDeliveryMs: () => worker?.oldestDeliveryMs() ?? 0,
    deadLetters: () => sqlStore.events.deadLetterCount(),
    snapshotRevision: () => keeper.snapshot.revision,
    snapshotAgeMs: () => keeper.confirmedAgeMs(),
    compileFailures: () => keeper.snapshot.failures.length,
    cachedStates: () => composed.states.sizes(),
    openStreams: () => ({ watch: streams.size, evaluate: evaluateStreams.size }),
    streamBacklog: () => streams.backlog,
  });
  const doors = await openDoors(config, { composed, metrics, logger, link });
  return {
    ...doors,
    grpcAddress: doors.grpc?.address,
    httpAddress: doors.rest?.address,
    composed,
    adminTokenFile: token.file,
    adminSecret: token.secret,
  };
}

interface DoorParts {
  readonly composed: Composed;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly link: StoreLink;
}

/** Neither door can be opened by trying again: whoever started this process has to choose another address. */
async function opened<T>(variable: string, opening: Promise<T>): Promise<T> {
  return opening.catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${reason}; ${variable} says where to listen`);
  });
}

async function openDoors(config: Config, { composed, metrics, logger, link }: DoorParts) {
  const { services } = composed;
  const { tls } = config;
  // A door that this server does not have is not even loaded.
  const grpc = config.roles.has('grpc')
    ? await opened(
        'GRPC_ADDR',
        import('../grpc/grpc-door.js').then(({ openGrpcDoor }) =>
          openGrpcDoor({ services, address: config.grpcAddress, tls, observer: callLog('grpc', metrics, logger) }),
        ),
      )
    : undefined;
  try {
    const rest = config.roles.has('rest')
      ? await opened(
          'HTTP_ADDR',
          import('../rest/rest-door.js').then(({ openRestDoor }) =>
            openRestDoor({
              services,
              address: config.httpAddress,
              tls,
              jwt: config.jwt,
              ready: () => ({ ready: services.keeper.loaded, degraded: !link.reachable }),
              metrics: () => metrics.text(),
              observer: { callEnded: restCallLog(metrics, logger) },
              onSyncError: (error) => logger.warn({ err: error }, 'what a JWT says could not be written to its user'),
              requestsPerMinute: config.httpRequestsPerMinute,
              corsOrigins: config.corsOrigins,
            }),
          ),
        )
      : undefined;
    return { grpc, rest };
  } catch (error) {
    await grpc?.drain(0);
    throw error;
  }
}

function restCallLog(metrics: Metrics, logger: Logger): (request: EndedRequest) => void {
  const log = callLog('rest', metrics, logger);
  return ({ method, route, status, caller, ...rest }) =>
    log({
      ...rest,
      operation: `${method} ${route}`,
      code: String(status),
      actor: caller === undefined ? '' : actorOf(caller),
      unauthenticated: status === 401,
    });
}

async function stop({ grpc, rest }: Started, limitMs: number, endAll: () => Promise<void>): Promise<void> {
  await Promise.all([grpc?.drain(limitMs), rest?.drain(limitMs)]);
  await endAll();
}

function openNotifier({ redisUrl }: Config, logger: Logger): Promise<Notifier> {
  const onError = (error: unknown): void => logger.warn({ err: error }, 'the notifier');
  return redisUrl === undefined
    ? Promise.resolve(openLocalNotifier({ onError }))
    : openRedisNotifier({ redisUrl, onError });
}

function openQueue({ redisUrl }: Config, logger: Logger): Promise<WorkQueue> | WorkQueue {
  if (redisUrl === undefined) return openEmbeddedWorkQueue();
  return openBullmqWorkQueue({ redisUrl, onError: (error) => logger.warn({ err: error }, 'the queue') });
}

function openDeliveryQueue({ redisUrl }: Config, logger: Logger): Promise<DeliveryQueue> | DeliveryQueue {
  if (redisUrl === undefined) return openEmbeddedDeliveryQueue();
  return openBullmqDeliveryQueue({ redisUrl, onError: (error) => logger.warn({ err: error }, 'the delivery queue') });
}
