import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Reason } from '../core/deciding/decision.js';
import { DoorMetrics } from './door-metrics.js';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const NS_PER_SECOND = 1e9;

type StateKind = 'users' | 'organizations';

/** Values that are read at each scrape, in contrast to what is counted when it happens. */
export interface MetricSources {
  readonly deadLetters: () => Promise<number>;
  readonly snapshotRevision: () => number;
  /** How long ago the store last confirmed the snapshot, in milliseconds. */
  readonly snapshotAgeMs: () => number;
  readonly compileFailures: () => number;
  readonly cachedStates: () => {
    readonly users: number;
    readonly organizations: number;
    readonly userBytes: number;
    readonly organizationBytes: number;
  };
  readonly openStreams: () => Readonly<Record<'watch' | 'administration' | 'evaluate', number>>;
  /** About how many flags' news are held back for readers of streams. */
  readonly streamBacklog: () => number;
}

/** Values that only a worker knows. */
export interface WorkerSource {
  /** The age of the oldest pending event in milliseconds, 0 without any. */
  oldestPendingMs(): number;
  /** The age of the oldest due delivery to a webhook, likewise. */
  oldestDeliveryMs(): number;
}

/** All metrics, and their text in Prometheus' format. */
export class Metrics {
  readonly registry = new Registry();
  readonly doors = new DoorMetrics(this.registry);
  readonly #events: Counter<'outcome'>;
  readonly #batches: Histogram;
  readonly #backfilled: Counter<'outcome'>;
  readonly #deliveries: Counter<'outcome'>;
  readonly #poolWait: Histogram;
  /** Decisions by reason, as plain numbers that each scrape reads: a labelled counter costs more than a decision. */
  readonly #decisions = new Map<Reason, number>();
  #staleDecisions = 0;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry, prefix: 'latchkey_' });
    this.#events = new Counter({
      name: 'latchkey_events_total',
      help: 'Events that workers counted or put aside.',
      labelNames: ['outcome'],
      registers,
    });
    this.#batches = new Histogram({
      name: 'latchkey_event_batch_duration_seconds',
      help: 'Transactions that counted events.',
      buckets: SECONDS,
      registers,
    });
    this.#backfilled = new Counter({
      name: 'latchkey_backfilled_users_total',
      help: 'Users whom backfills looked at: those who changed, and those who did not.',
      labelNames: ['outcome'],
      registers,
    });
    this.#deliveries = new Counter({
      name: 'latchkey_webhook_attempts_total',
      help: 'Attempts at deliveries to webhooks: delivered, retried later, or failed for good.',
      labelNames: ['outcome'],
      registers,
    });
    this.#poolWait = new Histogram({
      name: 'latchkey_store_pool_wait_seconds',
      help: 'How long statements waited for a connection.',
      buckets: SECONDS,
      registers,
    });
    this.#registerDecisions();
    this.#registerEventLoopDelay();
  }

  eventsCounted(events: number, durationMs: number): void {
    this.#events.inc({ outcome: 'counted' }, events);
    this.#batches.observe(durationMs / 1000);
  }

  eventBuried(): void {
    this.#events.inc({ outcome: 'dead' });
  }

  usersBackfilled(users: number, changed: number): void {
    this.#backfilled.inc({ outcome: 'changed' }, changed);
    this.#backfilled.inc({ outcome: 'unchanged' }, users - changed);
  }

  deliveryAttempted(outcome: 'delivered' | 'retried' | 'failed'): void {
    this.#deliveries.inc({ outcome });
  }

  poolWaited(waitMs: number): void {
    this.#poolWait.observe(waitMs / 1000);
  }

  decided(reason: Reason, stale: boolean, decisions = 1): void {
    this.#decisions.set(reason, (this.#decisions.get(reason) ?? 0) + decisions);
    if (stale) this.#staleDecisions += decisions;
  }

  /** An observer that counts what the caches of states do. Call once. */
  cacheObserver() {
    const registers = [this.registry];
    const labelNames = ['kind', 'outcome'] as const;
    const states = new Counter({
      name: 'latchkey_cache_states_total',
      help: 'States asked for: hit, miss, or answered stale because the store was away.',
      labelNames,
      registers,
    });
    const loads = new Counter({
      name: 'latchkey_cache_loads_total',
      help: 'Calls to the store for states, by outcome.',
      labelNames,
      registers,
    });
    const counts = { hit: { users: 0, organizations: 0 } };
    new Gauge({
      name: 'latchkey_cache_hits',
      help: 'States answered from memory, young enough, since the start.',
      labelNames: ['kind'],
      registers,
      collect() {
        for (const kind of ['users', 'organizations'] as const) this.set({ kind }, counts.hit[kind]);
      },
    });
    return {
      hits: (kind: StateKind, count: number) => {
        counts.hit[kind] += count;
      },
      misses: (kind: StateKind, count: number) => states.inc({ kind, outcome: 'miss' }, count),
      loads: (kind: StateKind) => loads.inc({ kind, outcome: 'begun' }),
      loadFailures: (kind: StateKind, outcome: string) => loads.inc({ kind, outcome }),
      staleAnswers: (kind: StateKind, count: number) => states.inc({ kind, outcome: 'stale' }, count),
    };
  }

  /** Registers the values that are read at each scrape. Call once. */
  watch(sources: MetricSources): void {
    this.#gauge('latchkey_dead_letters', 'Events put aside; NaN while the store is away.', sources.deadLetters);
    this.#gauge('latchkey_snapshot_revision', 'Revision of the configuration in use.', sources.snapshotRevision);
    this.#gauge('latchkey_snapshot_age_seconds', 'Since the store confirmed it.', () => sources.snapshotAgeMs() / 1000);
    this.#gauge('latchkey_compile_failures', 'Flags kept in an older form.', sources.compileFailures);
    this.#gauge('latchkey_cached_users', 'User states held.', () => sources.cachedStates().users);
    this.#gauge(
      'latchkey_cached_organizations',
      'Organization states held.',
      () => sources.cachedStates().organizations,
    );
    new Gauge({
      name: 'latchkey_cached_bytes',
      help: 'About how many bytes of memory the states held take.',
      labelNames: ['kind'],
      registers: [this.registry],
      collect() {
        const { userBytes, organizationBytes } = sources.cachedStates();
        this.set({ kind: 'users' }, userBytes);
        this.set({ kind: 'organizations' }, organizationBytes);
      },
    });
    this.#gauge(
      'latchkey_stream_backlog',
      'About how many bytes are held back for streams whose readers do not keep up.',
      sources.streamBacklog,
    );
    new Gauge({
      name: 'latchkey_open_streams',
      help: 'Streams that are open: watch (Watch and /api/stream), administration (WatchAdmin), evaluate (EvaluateStream).',
      labelNames: ['kind'],
      registers: [this.registry],
      collect() {
        for (const [kind, open] of Object.entries(sources.openStreams())) this.set({ kind }, open);
      },
    });
  }

  /**
   * Registers what only a worker knows. Call once where one is to run, and nowhere else: a server that knows nothing of the
   * inbox would report an age of 0. Until the worker has started, which waits for the store, the values are NaN.
   */
  watchWorker(worker: () => WorkerSource | undefined): void {
    const seconds = (ms: number | undefined): number => (ms === undefined ? Number.NaN : ms / 1000);
    this.#gauge('latchkey_inbox_oldest_seconds', 'Age of the oldest pending event.', () => {
      return seconds(worker()?.oldestPendingMs());
    });
    this.#gauge('latchkey_webhook_oldest_pending_seconds', 'Age of the oldest pending delivery to a webhook.', () => {
      return seconds(worker()?.oldestDeliveryMs());
    });
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  #gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await Promise.resolve(read()).catch(() => Number.NaN));
      },
    });
  }

  #registerDecisions(): void {
    const decisions = this.#decisions;
    const stale = (): number => this.#staleDecisions;
    new Gauge({
      name: 'latchkey_decisions',
      help: 'Decisions since the start, by reason.',
      labelNames: ['reason'],
      registers: [this.registry],
      collect() {
        for (const [reason, count] of decisions) this.set({ reason }, count);
      },
    });
    new Gauge({
      name: 'latchkey_stale_decisions',
      help: 'Decisions since the start that rested on unconfirmed state.',
      registers: [this.registry],
      collect() {
        this.set(stale());
      },
    });
  }

  #registerEventLoopDelay(): void {
    const delay = monitorEventLoopDelay({ resolution: 20 });
    delay.enable();
    new Gauge({
      name: 'latchkey_event_loop_delay_seconds',
      help: 'How late the event loop was, since the last look.',
      labelNames: ['quantile'],
      registers: [this.registry],
      collect() {
        for (const [quantile, percentile] of [
          ['0.5', 50],
          ['0.99', 99],
          ['1', 100],
        ] as const) {
          this.set({ quantile }, delay.percentile(percentile) / NS_PER_SECOND);
        }
        delay.reset();
      },
    });
  }
}
