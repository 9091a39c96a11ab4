import { randomUUID } from 'node:crypto';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { laneOf, laneRange, organizationPartitionOf, partitionOf } from '../../core/values/partition.js';
import type { Notifier } from '../../notify/notifier.js';
import type { WorkQueue } from '../../queue/queue.js';
import type { EventKey, NewEvent } from '../../store/event-store.js';
import { type Store, StoreUnavailable, type Transaction } from '../../store/store.js';
import type { VolumeTally } from './action-volume.js';
import { BurialBrake, isSame } from './burial-brake.js';
import { type CountedBatch, countForOrganizations, countForUsers } from './count-batch.js';

export interface LaneWorkerOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
  /** Told of the lanes of organizations that have got work by what their members did. */
  readonly queue: Pick<WorkQueue, 'wake'>;
  /** How many lanes there are of users, 1…4096, and as many after these of organizations; the same for every worker of a database. */
  readonly lanes: number;
  /** For how many days events are kept, and can be taken back. */
  readonly retentionDays: number;
  /** How many events one transaction counts at most; 1,000 when left out. What is counted does not depend on it. */
  readonly batchSize?: number;
  /** Told of events of users that were counted; left out, nobody is. */
  readonly volume?: Pick<VolumeTally, 'add'>;
  readonly observer: LaneObserver;
}

export interface LaneObserver {
  /** Called when a batch was committed, with how many events it counted and how long its transaction took. */
  counted(events: number, durationMs: number): void;
  /** Called when an event was put aside. */
  buried(event: EventKey, reason: string): void;
}

/** How many events one transaction counts at most, unless the options say otherwise. */
const BATCH_SIZE = 1_000;

type BatchOutcome =
  | { readonly counted: number; readonly all: boolean }
  | { readonly error: unknown; readonly events: readonly NewEvent[] };

/**
 * Counts a lane's pending events and records the unlocks, each batch in one transaction. It takes whatever is pending, so it does
 * not matter what woke it or how often. Two workers may work on one lane: the lane's lock makes them take turns.
 */
export class LaneWorker {
  readonly #options: LaneWorkerOptions;
  readonly #brake: BurialBrake;
  #underWay = 0;

  constructor(options: LaneWorkerOptions) {
    this.#options = options;
    this.#brake = new BurialBrake((lane, culprit) => this.#probe(lane, culprit));
  }

  /** Whether it is counting events. */
  get counting(): boolean {
    return this.#underWay > 0;
  }

  /** Works on a lane until nothing is pending in it; gives how many events were counted. Rejects as the store does. */
  async process(lane: number, signal?: AbortSignal): Promise<number> {
    let counted = 0;
    const { batchSize = BATCH_SIZE } = this.#options;
    let limit = batchSize;
    // A lane with one batch is read from its beginning. A busy one is then read from random places, so that no partition starves,
    // and so is one with events that nothing may be done about.
    const { first } = laneRange(lane, this.#options.lanes);
    let startAt = this.#brake.isOn ? randomPartition(lane, this.#options.lanes) : first;
    while (!signal?.aborted) {
      const outcome = await this.#batch(lane, startAt, limit);
      if ('error' in outcome) {
        const { error, events } = outcome;
        if (error instanceof StoreUnavailable || events.length === 0) throw error;
        // An event of this batch cannot be counted: batches are halved until that event is alone and can be put aside.
        if (events.length > 1) limit = Math.ceil(events.length / 2);
        else if (await this.#brake.allows(lane, events[0]!, error)) await this.#bury(lane, events[0]!, error);
        continue;
      }
      counted += outcome.counted;
      if (outcome.counted > 0) this.#brake.counted();
      if (outcome.all && outcome.counted < limit) return counted;
      if (limit === batchSize) startAt = randomPartition(lane, this.#options.lanes);
      limit = Math.min(limit * 2, batchSize);
    }
    return counted;
  }

  /** Runs one transaction; gives how many events it counted, or its failure with the events it had taken, which may be none. */
  async #batch(lane: number, startAt: number, limit: number): Promise<BatchOutcome> {
    const { store, notifier, queue, observer, lanes } = this.#options;
    const startedAt = performance.now();
    let events: readonly NewEvent[] = [];
    let batch: CountedBatch | undefined;
    this.#underWay++;
    try {
      batch = await store.transaction(async (tx) => {
        events = [];
        const locking = tx.inbox.lockLane(lane);
        const taking = tx.inbox.take(laneRange(lane, lanes), startAt, limit);
        // Where the lane cannot be locked, the events are not awaited: a failure to read them must not be reported, too.
        taking.catch(() => undefined);
        if (!(await locking)) return undefined;
        events = await taking;
        return events.length === 0 ? undefined : this.#count(tx, lane, events);
      });
    } catch (error) {
      return { error, events };
    } finally {
      this.#underWay--;
    }
    if (batch === undefined) return { counted: 0, all: true };
    const { notices, organizationIds, counted } = batch;
    observer.counted(counted, performance.now() - startedAt);
    // Which of them are left, where some are, is not known here.
    if (lane < lanes && counted === events.length) this.#options.volume?.add(events);
    for (const notice of notices) await notifier.publish(notice);
    if (organizationIds.length > 0) await queue.wake(this.#lanesOf(organizationIds));
    return { counted, all: counted === events.length };
  }

  #count(tx: Transaction, lane: number, events: readonly NewEvent[], finished?: readonly EventKey[]) {
    const { keeper, retentionDays, lanes } = this.#options;
    const options = { keeper, retentionDays, ...(finished && { finished }) };
    return lane < lanes ? countForUsers(tx, events, options) : countForOrganizations(tx, events, options);
  }

  #lanesOf(organizationIds: readonly string[]): ReadonlySet<number> {
    return new Set(organizationIds.map((id) => laneOf(organizationPartitionOf(id), this.#options.lanes)));
  }

  /** Does all that counting this event takes, for a user who is not there; and then nothing of it. Gives whether the event is pending. */
  async #probe(lane: number, culprit: NewEvent): Promise<boolean> {
    const { store } = this.#options;
    const undo = new Error('all went well, and is rolled back');
    const { action, receivedAt } = culprit;
    const harmless = { userId: `probe-${randomUUID()}`, source: '', id: 'probe', action, value: 0, properties: {} };
    const probing = store.transaction(async (tx) => {
      if (!(await isPending(tx, lane, culprit))) return false;
      await this.#count(tx, lane, [{ ...harmless, occurredAt: receivedAt, receivedAt }], [culprit]);
      throw undo;
    });
    return probing.catch((error: unknown) => {
      if (error !== undo) throw error;
      return true;
    });
  }

  /** Puts aside the event that failed alone, if it is still pending: by now another one may be the lane's first. */
  async #bury(lane: number, culprit: NewEvent, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    const { store, observer } = this.#options;
    const buried = await store.transaction(async (tx) => {
      if (!(await isPending(tx, lane, culprit))) return false;
      await tx.inbox.bury(culprit, reason);
      return true;
    });
    if (!buried) return;
    this.#brake.buried(error);
    // Only the event's key is logged: the rest is about a person, and is kept with the dead letter.
    const { userId, source, id, contribution } = culprit;
    observer.buried({ userId, source, id, ...(contribution === undefined ? {} : { contribution }) }, reason);
  }
}

/** Locks the lane; tells whether the event is pending in it. */
async function isPending(tx: Transaction, lane: number, event: NewEvent): Promise<boolean> {
  if (!(await tx.inbox.lockLane(lane))) return false;
  const partition = (event.contribution === undefined ? partitionOf : organizationPartitionOf)(event.userId);
  const pending = await tx.inbox.take({ first: partition, last: partition }, partition, BATCH_SIZE);
  return pending.some((one) => isSame(one, event));
}

/** A random partition of the lane to begin with, so that no partition is always the last. */
function randomPartition(lane: number, lanes: number): number {
  const { first, last } = laneRange(lane, lanes);
  return first + Math.floor(Math.random() * (last - first + 1));
}
