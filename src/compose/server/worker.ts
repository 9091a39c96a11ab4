import type { Call } from '../../calls/caller.js';
import { LatchkeyError } from '../../calls/errors.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { WebhookSender } from '../../deliver/sender.js';
import type { Notifier } from '../../notify/notifier.js';
import type { Logger } from '../../observability/logger.js';
import type { Metrics } from '../../observability/metrics.js';
import { DampedReports } from '../../outages/damped-reports.js';
import type { DeliveryQueue } from '../../queue/delivery-queue.js';
import type { EventIntakeQueue, WorkQueue } from '../../queue/queue.js';
import { BackfillWorker } from '../../worker/backfills/backfill-worker.js';
import { giveWayTo } from '../../worker/give-way.js';
import { VolumeTally } from '../../worker/inbox/action-volume.js';
import { LaneWorker } from '../../worker/inbox/lane-worker.js';
import { Sweeper } from '../../worker/inbox/sweeper.js';
import { TimerWorker } from '../../worker/timers/timer-worker.js';
import { fillSearch } from '../../worker/upkeep/fill-search.js';
import { tidyFlagMarks } from '../../worker/upkeep/flag-marks.js';
import { keepHouse } from '../../worker/upkeep/housekeeping.js';
import { settleDerived } from '../../worker/upkeep/settle-derived.js';
import { repeat } from '../watches/repeat.js';
import { OUTCOMES, startDeliveries } from './deliveries.js';
import type { Composed } from './services.js';

export interface WorkerParts {
  readonly composed: Composed;
  readonly queue: WorkQueue;
  /** The queue onto which producers of other systems put events; undefined without Redis, or where it is switched off. */
  readonly intake: EventIntakeQueue | undefined;
  readonly webhooks: { readonly queue: DeliveryQueue; readonly sender: WebhookSender; readonly source: string };
  readonly notifier: Notifier;
  readonly lanes: number;
  readonly retentionDays: number;
  readonly auditRetentionDays: number | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Logs a failure of work that no caller waits for; see `failureLog`. */
  readonly failed: (name: string, error: unknown) => void;
}

const LANES_AT_ONCE = 4;
const INTAKE_AT_ONCE = 8;
const SWEEP_EVERY_MS = SECOND_MS;
const TIMERS_EVERY_MS = SECOND_MS / 2;
const BACKFILLS_EVERY_MS = SECOND_MS / 2;
const DERIVED_EVERY_MS = 2 * SECOND_MS;
const VOLUME_EVERY_MS = 5 * SECOND_MS;
const SEARCH_EVERY_MS = 5 * SECOND_MS;
/** Of those who had reached stages before these were counted. */
const USERS_COUNTED_AT_ONCE = 200;
const HOUSE_EVERY_MS = 600 * SECOND_MS;

/** The caller of events that come by the queue: whoever can write to it has the scope `track`. */
const FOREIGN: Call = {
  caller: { kind: 'machine', tokenId: 'queue', scopes: new Set(['track']), organizationId: '' },
  requestId: 'queue',
};

export interface RunningWorker {
  /** The age of the oldest pending event, in milliseconds, as of the last sweep. */
  oldestPendingMs(): number;
  oldestDeliveryMs(): number;
  /** Does at once what is due and would be come to within seconds. */
  catchUp(): Promise<void>;
  /** Whether anything is being counted, unlocked or told to others just now. */
  busy(): boolean;
  stop(): Promise<void>;
}

/** Starts everything that turns events and time into unlocks. */
export async function startWorker(parts: WorkerParts): Promise<RunningWorker> {
  const { composed, queue, intake, webhooks, notifier, lanes, retentionDays, auditRetentionDays, metrics, logger } =
    parts;
  const { failed: onError } = parts;
  const { store } = composed;
  const { keeper, events } = composed.services;
  const abort = new AbortController();
  let oldestMs = 0;
  let underWay = 0;
  const during = async <T>(work: Promise<T>): Promise<T> => {
    underWay++;
    return work.finally(() => underWay--);
  };

  const volume = new VolumeTally(store.volume);
  const worker = new LaneWorker({
    volume,
    store,
    keeper,
    notifier,
    queue,
    lanes,
    retentionDays,
    observer: {
      counted: (count, durationMs) => metrics.eventsCounted(count, durationMs),
      buried: (event, reason) => {
        metrics.eventBuried();
        logger.error({ event, reason }, 'an event cannot be counted and was put aside; see it with ListDeadLetters');
      },
    },
  });
  const sweeper = new Sweeper({
    store,
    worker,
    queue,
    lanes,
    onOldest: (ageMs) => {
      oldestMs = ageMs;
    },
  });
  const giveWay = (): Promise<void> => giveWayTo({ counting: () => worker.counting, oldestPendingMs: () => oldestMs });
  const backfills = new BackfillWorker({
    store,
    keeper,
    notifier,
    giveWay,
    observer: {
      lookedAt: (users, changed) => metrics.usersBackfilled(users, changed),
      failed: (userId, error) =>
        logger.error({ err: error, userId }, 'a user cannot be brought up to date with a changed rule'),
      done: ({ id, flagId, done, unlocked, relocked, failed, busyMs }) =>
        logger.info({ backfill: id, flagId, users: done, unlocked, relocked, failed, busyMs }, 'a backfill is done'),
    },
  });
  const timerReports = new DampedReports((userId, error, leftOut) =>
    logger.error(
      { err: error, userId, leftOut },
      'what time brings to this user cannot be recorded; it is tried again',
    ),
  );
  const timers = new TimerWorker({
    ...{ store, keeper, notifier },
    onError: (userId, error) => timerReports.failed(userId, error),
  });

  await queue.consume(async (lane) => void (await during(worker.process(lane, abort.signal))), {
    concurrency: LANES_AT_ONCE,
    onError: (error) => onError('a lane', error),
  });
  await intake?.consume((data) => takeForeign(events, data), {
    concurrency: INTAKE_AT_ONCE,
    onError: (error) => onError('the event queue', error),
  });
  const deliveries = await startDeliveries({
    ...{ store, ...webhooks, onError },
    observer: {
      attempted: (endpointId, deliveryId, state, error) => {
        metrics.deliveryAttempted(OUTCOMES[state]);
        if (state === 'failed')
          logger.warn({ endpointId, deliveryId, error }, 'a delivery was given up; see ListDeliveries');
      },
    },
  });
  const sweep = (signal: AbortSignal) => during(sweeper.sweep(signal));
  const fireTimers = (signal: AbortSignal) => during(timers.run(signal));
  const backfill = (signal: AbortSignal) => during(backfills.run(signal));
  const settle = (signal: AbortSignal) => during(settleDerived({ store, keeper, giveWay }, signal));
  const loops = [
    repeat({ name: 'the sweep', everyMs: SWEEP_EVERY_MS, run: sweep, onError }),
    repeat({ name: 'firing timers', everyMs: TIMERS_EVERY_MS, run: fireTimers, onError }),
    repeat({ name: 'backfilling', everyMs: BACKFILLS_EVERY_MS, run: backfill, onError }),
    repeat({ name: 'counting derived actions anew', everyMs: DERIVED_EVERY_MS, run: settle, onError }),
    repeat({
      name: 'storing how often actions are done',
      everyMs: VOLUME_EVERY_MS,
      run: () => volume.store(),
      onError,
    }),
    repeat({
      name: 'filling by what users are found',
      everyMs: SEARCH_EVERY_MS,
      run: (signal) => fillSearch({ store, giveWay }, signal),
      onError,
    }),
    repeat({
      name: 'housekeeping',
      everyMs: HOUSE_EVERY_MS,
      run: async (signal) => {
        while (!signal.aborted && (await store.onboarding.countSome(USERS_COUNTED_AT_ONCE))) await giveWay();
        await keepHouse({ store, keeper, retentionDays, auditRetentionDays, giveWay }, signal);
        await tidyFlagMarks({ store, keeper, notifier }, signal);
      },
      onError,
    }),
  ];
  return {
    oldestPendingMs: () => oldestMs,
    oldestDeliveryMs: () => deliveries.oldestPendingMs(),
    async catchUp() {
      for (const work of [sweep, settle, backfill, fireTimers]) await work(abort.signal);
    },
    busy: () => underWay > 0,
    async stop() {
      abort.abort();
      await Promise.all([...loops.map((stop) => stop()), intake?.close(), queue.close(), deliveries.stop()]);
      await volume.store().catch((error: unknown) => onError('storing how often actions are done', error));
    },
  };
}

/** Takes events from the queue. A job that can never be taken fails for good; after any other failure it is tried again. */
async function takeForeign(events: Composed['services']['events'], data: unknown): Promise<void> {
  try {
    await events.intake(FOREIGN, data);
  } catch (error) {
    const permanent = error instanceof LatchkeyError && error.code === 'INVALID';
    throw permanent ? Object.assign(error, { permanent }) : error;
  }
}
