import { randomUUID } from 'node:crypto';
import { announceEntries } from '../announcing/announcements.js';
import { EventLoopPauses } from '../calls/event-loop-pauses.js';
import type { CountedValue } from '../core/counting/distinct-values.js';
import type { UserSpans } from '../core/counting/sequences.js';
import { changedFlags } from '../core/snapshot/comparing/changed-flags.js';
import { earnerDaysOf, type Snapshot } from '../core/snapshot/snapshot.js';
import type { DayZone } from '../core/states/day-zone.js';
import type { Cause } from '../core/states/ledger.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import type { Earner, UserActionDay, UserActionTotal, UserState } from '../core/states/user-state.js';
import { timeCanLatch } from '../core/unlocking/latch.js';
import type { RevisionOf } from '../notify/notifier.js';
import type { NewEvent } from '../store/event-store.js';
import type { OutboxWriter, UserChange } from '../store/outbox-store.js';
import type { Transaction } from '../store/store.js';
import type { EarnerWriter, UserLedgerEntry } from '../store/user-store.js';
import { causeOfEvent } from './event-course.js';
import { hasFlips } from './flips.js';
import { type HappenedTo, judgeEvents } from './judge-events.js';
import { type Judged, type Judging, judgeUser, type Touched } from './judge-user.js';
import { knownDerived } from './known-derived.js';
import type { Reversal } from './reverse-event.js';

/** A user who is written: changed, or looked at again, or to whom events happened. */
export type Written = Touched | HappenedTo;

export interface RecomputeOptions {
  readonly snapshot: Snapshot;
  /** The snapshot that decisions before the change rest on; `snapshot` when left out. */
  readonly snapshotBefore?: Snapshot;
  /** The present instant by the database's clock. */
  readonly now: number;
  /** Of which kind the touched ones are; users when left out. See `recomputeOrganizations`. */
  readonly earner?: Earner;
  /** Names the transaction in the outbox. */
  readonly batch: string;
  /**
   * Further writes of the transaction, which are sent together with those made here; given the events that were counted in the days of
   * another zone than UTC, with the zone.
   */
  readonly writes?: (zones: ReadonlyMap<NewEvent, string>) => readonly Promise<unknown>[];
}

export interface Recomputed {
  /** The users for whom this write flipped decisions on stored state, without what time had flipped before. */
  readonly changes: readonly UserChange[];
  /** The new revisions of the users of whom anything but the timer has changed. */
  readonly revisions: readonly RevisionOf[];
  /** All touched users as they are stored now. */
  readonly users: readonly UserState[];
  /** The entries that were added to ledgers, in order. */
  readonly entries: readonly UserLedgerEntry[];
}

export interface RecomputeTransaction extends Pick<Transaction, 'organizations' | 'timers' | 'outbound'> {
  readonly users: Omit<EarnerWriter, 'read' | 'lock' | 'remove' | 'timers'>;
  readonly outbox: Pick<OutboxWriter, 'append'>;
}

/**
 * Brings everything up to date that follows from changed states of users, in the transaction that changes them: records unlocks
 * with their causes, sets timers, writes flipped decisions to the outbox, and raises revisions. Everything that can latch goes
 * through here.
 *
 * A timer that was due before the write is fired first, on the state before it, so that what time has unlocked is not lost to a
 * change a moment later. Events are counted here, and the user is judged after each. Organizations are read, but not locked: a
 * change of what roles inherit counts as a change of the rules that read it, and starts a backfill.
 */
export async function recompute(
  tx: RecomputeTransaction,
  touched: readonly Written[],
  { snapshot, snapshotBefore = snapshot, earner = 'user', now, batch, writes }: RecomputeOptions,
): Promise<Recomputed> {
  const timed = timeCanLatch(snapshot);
  const happened = touched.filter((one) => 'events' in one).filter(({ reversal }) => reversal === undefined);
  const { derivations } = snapshot;
  const [organizations, dueAt, known] = await Promise.all([
    organizationsOf(tx, touched, snapshot),
    timed ? tx.timers.dueAt(touched.map(({ before }) => before.id)) : NO_TIMERS,
    derivations.all.size > 0 && happened.length > 0 ? knownDerived(tx.users, happened, derivations) : undefined,
  ]);
  const judging: Judging = { snapshot, snapshotBefore, reconfigured: reconfigured(snapshotBefore, snapshot), now };
  const timeBatch = randomUUID();
  const entries: UserLedgerEntry[] = [];
  const byTime: UserChange[] = [];
  const changes: UserChange[] = [];
  const users: UserState[] = [];
  const advanced: UserState[] = [];
  const totals: UserActionTotal[] = [];
  const days: UserActionDay[] = [];
  const distinct: CountedValue[] = [];
  const spans: UserSpans[] = [];
  const forgotten: Omit<UserSpans, 'spans'>[] = [];
  const zones = new Map<NewEvent, string>();
  const reversals: (Reversal & { readonly userId: string })[] = [];
  const dayZones: (readonly [userId: string, dayZone: DayZone])[] = [];
  const timers: { readonly userId: string; readonly dueAt: number | undefined }[] = [];
  // Many users times many flags may take seconds, in which this process has to answer calls, too.
  const pauses = new EventLoopPauses({});
  let looks = 0;

  for (const one of touched) {
    if (pauses.due(looks)) await pauses.take();
    const organization = (of: UserState) => organizations.get(of.organizationId);
    const timer = dueAt.get(one.before.id);
    let judged: Judged;
    if ('events' in one) {
      const around = { organization: organization(one.before), dueAt: timer, known: known?.(one.before.id) };
      const judgedEvents = judgeEvents(one, judging, around);
      totals.push(...judgedEvents.counted.totals);
      days.push(...judgedEvents.counted.days);
      distinct.push(...judgedEvents.counted.distinct);
      spans.push(...judgedEvents.counted.spans);
      for (const [event, zone] of judgedEvents.zones) zones.set(event, zone);
      if (one.reversal !== undefined) reversals.push({ userId: one.before.id, ...one.reversal });
      if (judgedEvents.dayZone !== undefined) dayZones.push([one.before.id, judgedEvents.dayZone]);
      judged = judgedEvents;
    } else {
      const around = { organizationBefore: organization(one.before), organization: organization(one.after) };
      judged = judgeUser(one, judging, { ...around, dueAt: timer });
    }
    looks = judged.flags + 1;
    const { id } = one.before;
    const { user, flipped, flippedByTime } = judged;
    const change = { userId: id, at: now, revision: user.revision };
    for (const action of judged.forgotten ?? NOTHING) forgotten.push({ userId: id, action });
    entries.push(...judged.entries);
    if (hasFlips(flippedByTime))
      byTime.push({ ...change, batch: timeBatch, ...flippedByTime, cause: { type: 'time' } });
    if (hasFlips(flipped)) changes.push({ ...change, batch, ...flipped, cause: causeOf(one) });
    if (user !== one.before) advanced.push(user);
    users.push(user);
    if (timed) timers.push({ userId: id, dueAt: judged.dueAt === Infinity ? undefined : judged.dueAt });
  }

  const outbox = [...byTime, ...changes];
  if (forgotten.length > 0) await tx.users.dropCounted(forgotten);
  await Promise.all([
    ...(writes?.(zones) ?? []),
    ...reversals.flatMap((reversal) => takingBack(tx, reversal)),
    ...(entries.length > 0 ? [tx.users.appendLedger(entries)] : []),
    announceEntries(tx, entries, snapshot, earner),
    ...(timed ? [tx.timers.put(timers)] : []),
    ...(outbox.length > 0 ? [tx.outbox.append(outbox)] : []),
    ...(totals.length > 0 ? [tx.users.putTotals(totals)] : []),
    ...(days.length > 0 ? [tx.users.addDays(days)] : []),
    ...(distinct.length > 0 ? [tx.users.addDistinctValues(distinct)] : []),
    ...(spans.length > 0 ? [tx.users.putSpans(spans)] : []),
    ...dayZones.map(([userId, dayZone]) => tx.users.putDayZone(userId, dayZone)),
    tx.users.advance(
      advanced.map(({ id }) => id),
      new Map(advanced.map(({ id, writtenAt = now }) => [id, writtenAt])),
    ),
  ]);
  const revisions = advanced.map(({ id, revision }) => ({ id, revision }));
  return { changes, users, revisions, entries };
}

/** What flips come from: of events the last one. */
function causeOf(one: Written): Cause {
  if (!('events' in one)) return one.cause;
  const last = one.events.at(-1)!;
  return causeOfEvent(one.reversal === undefined ? last : { ...last, action: one.reversal.original.action });
}

/** Writes what an event that takes back another leaves no more: before what it leaves is written. */
function takingBack(
  { users }: RecomputeTransaction,
  { userId, gone, days, freed }: Reversal & { readonly userId: string },
): readonly Promise<unknown>[] {
  return [
    ...(gone.length > 0 ? [users.forgetActions(userId, gone)] : []),
    ...(days.length > 0 ? [users.takeDays(days)] : []),
    ...(freed.length > 0 ? [users.dropDistinctValues(freed)] : []),
  ];
}

/** The keys of the flags that two configurations may decide otherwise, or of which other rules hold. */
export function reconfigured(before: Snapshot, after: Snapshot): ReadonlySet<string> {
  return before === after ? NO_FLAGS : after.dependencies.withDependents(changedFlags(before, after));
}

/** All states whose organizations are read. */
function statesOf(one: Written): readonly UserState[] {
  return 'events' in one ? [one.before] : [one.before, one.after];
}

const NO_TIMERS: ReadonlyMap<string, number> = new Map<string, number>();
const NO_FLAGS: ReadonlySet<string> = new Set<string>();
const NOTHING: readonly never[] = [];

async function organizationsOf(
  tx: RecomputeTransaction,
  touched: readonly Written[],
  snapshot: Snapshot,
): Promise<ReadonlyMap<string, OrganizationState>> {
  const ids = new Set(touched.flatMap(statesOf).map(({ organizationId }) => organizationId));
  ids.delete('');
  if (ids.size === 0) return new Map();
  return tx.organizations.read([...ids], earnerDaysOf(snapshot));
}
