import { setTimeout as sleep } from 'node:timers/promises';
import { STORE_ANSWERS_MS, storeAnswerWithin } from '../../calls/consistency/store-answer.js';
import { type Config, pulseFile } from '../../config/config.js';
import type { TlsConfig } from '../../config/tls-config.js';
import { httpSender } from '../../deliver/http/http-sender.js';
import { failureLog } from '../../observability/failure-log.js';
import type { Logger } from '../../observability/logger.js';
import { type MetricSources, Metrics } from '../../observability/metrics.js';
import { repeat } from '../watches/repeat.js';
import { RollbackWatch } from '../watches/rollback-watch.js';
import { watchTls } from '../watches/watch-tls.js';
import {
  openDeliveryQueue,
  openEventIntake,
  openNotifier,
  openStore,
  openWorkQueue,
  takeStore,
} from './open-adapters.js';
import { type Doors, openConnectionsOf, openDoors, openStreamsOf } from './open-doors.js';
import { adminToken, ticketSecrets } from './own-secrets.js';
import { passOnNotices } from './pass-on-notices.js';
import { type Composed, composeServices } from './services.js';
import { StoreLink, type StoreLinkOptions } from './store-link.js';
import { type RunningWorker, startWorker } from './worker.js';

/** How often a server says how it is, in milliseconds. */
const HEARTBEAT_MS = 10_000;

export interface RunningServer {
  /** The HOST:PORT that is listened on; undefined without the role. */
  readonly grpcAddress: string | undefined;
  /** Where flagd's clients are served; undefined without `FLAGD_ADDR`. */
  readonly flagdAddress: string | undefined;
  readonly httpAddress: string | undefined;
  /** Where health and metrics are served by themselves; undefined where REST alone serves them. */
  readonly opsAddress: string | undefined;
  readonly composed: Composed;
  /** The file that an embedded start keeps its admin token in; undefined when the token was given. */
  readonly adminTokenFile: string | undefined;
  readonly adminSecret: string;
  /** What this server's worker does; undefined without that role, and until a store that was away at the start is back. */
  readonly worker: () => RunningWorker | undefined;
  /** Says that it is not ready, waits for `DRAIN_DELAY_SECONDS`, then refuses new work, finishes what is under way within the limit, and closes everything. */
  stop(limitMs: number): Promise<void>;
}

/**
 * Starts everything that the configuration asks for. When a part fails to start, those that have started are stopped again.
 * `onUnusable` is called when a store that was away at the start comes back with a schema that this release must not run
 * on: the process should end then.
 */
export function startServer(
  config: Config,
  logger: Logger,
  onUnusable: (error: unknown) => void = () => undefined,
): Promise<RunningServer> {
  return startServerOn(openStore, { config, logger, onUnusable });
}

export interface ServerParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly onUnusable: (error: unknown) => void;
  /** How long a call waits for a store that does not answer, in milliseconds; `STORE_ANSWERS_MS` when left out. */
  readonly storeAnswersMs?: number;
}

/** {@link startServer} with a way of its own to open the store. */
export async function startServerOn(
  open: typeof openStore,
  { config, logger, ...parts }: ServerParts,
): Promise<RunningServer> {
  const ended: (() => Promise<unknown>)[] = [];
  const endAll = async (): Promise<void> => {
    for (const end of ended.reverse())
      await end().catch((error: unknown) => logger.warn({ err: error }, 'while stopping'));
  };
  try {
    const started = await start(config, logger, { open, onEnd: (end) => ended.push(end), ...parts });
    return { ...started, stop: (limitMs) => stop(started, { limitMs, delayMs: config.drainDelayMs }, endAll) };
  } catch (error) {
    await endAll();
    throw error;
  }
}

type Started = Omit<RunningServer, 'stop'> & Doors;

interface Hooks extends Omit<ServerParts, 'config' | 'logger'> {
  readonly open: typeof openStore;
  /** Takes what has to be closed at the end, the last first. */
  readonly onEnd: (end: () => Promise<unknown>) => void;
}

async function start(config: Config, logger: Logger, hooks: Hooks): Promise<Started> {
  const { open, onEnd, onUnusable, storeAnswersMs } = hooks;
  if (config.testOverrides)
    logger.warn(
      'TEST_OVERRIDES is on: calls with a token of the scope test decide flags by themselves; no production server has that',
    );
  const token = await adminToken(config);
  const metrics = new Metrics();
  const failed = failureLog(logger);
  const letGo = takeStore(config.database);
  onEnd(async () => letGo());
  const sqlStore = await open(config.database, {
    onPoolWait: (waitedMs) => metrics.poolWaited(waitedMs),
    dropProperties: config.dropProperties,
  });
  onEnd(() => sqlStore.close());
  const notifier = await openNotifier(config, logger);
  onEnd(() => notifier.close());
  const queue = await openWorkQueue(config, logger);
  onEnd(() => queue.close());

  const sender = httpSender(config.webhooks);
  const composed = composeServices({
    config,
    sender,
    ticketSecrets: await ticketSecrets(config),
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
    onError: failed,
    ...(storeAnswersMs === undefined ? {} : { storeAnswersMs }),
    onOlder: (older) => rollbacks.suspect(older),
  });
  const { epoch } = composed;
  const rollbacks = new RollbackWatch({ store: sqlStore, epoch, path: pulseFile(config), logger, failed });
  onEnd(() => Promise.resolve(composed.states.close()));
  onEnd(() => Promise.resolve(composed.services.streams.close()));
  onEnd(() => Promise.resolve(composed.services.live.close()));
  const link = new StoreLink({
    ...{ config, sqlStore, composed, rollbacks, adminSecret: token.secret, logger, failed, onUnusable },
  });
  const unsubscribe = await passOnNotices(notifier, composed, link, logger);
  onEnd(unsubscribe);
  await link.start();
  onEnd(() => link.stop());
  onEnd(announceNode({ composed, link, failed }));

  let worker: RunningWorker | undefined;
  if (config.roles.has('worker')) {
    const deliveryQueue = await openDeliveryQueue(config, logger);
    onEnd(() => deliveryQueue.close());
    const webhooks = { queue: deliveryQueue, sender, source: config.webhooks.source };
    const { lanes, retentionDays, auditRetentionDays } = config;
    const own = { intake: openEventIntake(config, logger), webhooks, lanes, retentionDays, auditRetentionDays };
    onEnd(async () => worker?.stop());
    await link.whenUsable(async () => {
      worker = await startWorker({ ...own, composed, queue, notifier, metrics, logger, failed });
    });
  }
  metrics.watch(metricSources(composed));
  if (config.roles.has('worker')) metrics.watchWorker(() => worker);
  const doors = await openDoors(config, { composed, metrics, logger, link });
  const { grpc, flagd, rest, operations } = doors;
  metrics.doors.watch({ openStreams: () => openStreamsOf(doors), openConnections: () => openConnectionsOf(doors) });
  const onRenewed = (tls: TlsConfig): void => {
    for (const door of [grpc, flagd, rest, operations]) door?.renewTls(tls);
    logger.info('the TLS files have changed: new connections are served with them');
  };
  onEnd(watchTls({ tls: config.tls, onRenewed, onError: failed }));
  return {
    ...doors,
    grpcAddress: doors.grpc?.address,
    flagdAddress: doors.flagd?.address,
    httpAddress: doors.rest?.address,
    opsAddress: doors.operations?.address,
    composed,
    adminTokenFile: token.file,
    adminSecret: token.secret,
    worker: () => worker,
  };
}

/** Has other servers know how this one is, until it ends. */
function announceNode({
  composed: { store, node },
  link,
  failed,
}: Pick<StoreLinkOptions, 'composed' | 'failed'> & { readonly link: StoreLink }): () => Promise<void> {
  const stop = repeat({
    name: 'saying how this server is',
    everyMs: HEARTBEAT_MS,
    run: async () => {
      if (link.reachable) await store.nodes.announce(node.report());
    },
    onError: failed,
  });
  return async () => {
    await stop();
    // Where the store is away, the others notice in a minute that this server is silent.
    if (link.reachable) await storeAnswerWithin(STORE_ANSWERS_MS, store.nodes.leave(node.id)).catch(() => undefined);
  };
}

/** The values that are read at each scrape of the metrics. */
function metricSources({ services, store, states }: Composed): MetricSources {
  const { keeper, streams, live, evaluateStreams } = services;
  return {
    deadLetters: () => store.events.deadLetterCount(),
    snapshotRevision: () => keeper.snapshot.revision,
    snapshotAgeMs: () => keeper.confirmedAgeMs(),
    compileFailures: () => keeper.snapshot.failures.length,
    cachedStates: () => states.sizes(),
    openStreams: () => ({ watch: streams.size, administration: live.size, evaluate: evaluateStreams.size }),
    streamBacklog: () => streams.backlog + live.backlog,
  };
}

async function stop(
  { grpc, flagd, rest, operations }: Started,
  { limitMs, delayMs }: { readonly limitMs: number; readonly delayMs: number },
  endAll: () => Promise<void>,
): Promise<void> {
  // A load balancer is told first, and has time to notice, since each connection that is refused is a call that fails.
  grpc?.setServing(false);
  flagd?.setServing(false);
  rest?.leave();
  operations?.leave();
  await sleep(delayMs);
  await Promise.all([grpc?.drain(limitMs), flagd?.drain(limitMs), rest?.drain(limitMs)]);
  await operations?.drain(limitMs);
  await endAll();
}
