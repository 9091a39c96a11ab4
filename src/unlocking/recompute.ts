import { randomUUID } from 'node:crypto';
import { announceEntries } from '../announcing/announcements.js';
import { EventLoopPauses } from '../calls/event-loop-pauses.js';
import { decide } from '../core/deciding/evaluate.js';
import { subjectOf } from '../core/deciding/subject.js';
import type { CompiledRule, Snapshot } from '../core/snapshot/snapshot.js';
import { type Cause, foldLedger, type LedgerEntry } from '../core/states/ledger.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import type { UserState } from '../core/states/user-state.js';
import { latch, type NewUnlock, nextLatchAt } from '../core/unlocking/latch.js';
import { forgottenUnlocks } from '../core/unlocking/ledger-change.js';
import type { RevisionOf } from '../notify/notifier.js';
import type { UserChange } from '../store/outbox-store.js';
import type { Transaction } from '../store/store.js';
import type { UserLedgerEntry } from '../store/user-store.js';
import { catchUp } from './catch-up.js';

/** A user whose stored state a transaction changes, or only looks at again. The user is locked in it. */
export interface Touched {
  /** As it was after the lock was taken. */
  readonly before: UserState;
  /** As it will be, but for what is recomputed here: the ledger, the timer, the revision. `before` where nothing changes. */
  readonly after: UserState;
  /** What brought the change about, as a whole. */
  readonly cause: Cause;
  /** What brought about that this rule holds, where that is more than `cause` says. */
  readonly causeOf?: (entry: CompiledRule) => Cause | undefined;
  /** Entries that the change itself makes: recorded after what time brought before, and before what follows from them. */
  readonly entries?: readonly LedgerEntry[];
}

export interface RecomputeOptions {
  readonly snapshot: Snapshot;
  /** The snapshot that decisions before the change rest on; `snapshot` when left out. */
  readonly snapshotBefore?: Snapshot;
  /** The database's now. */
  readonly now: number;
  /** Names the transaction in the outbox. */
  readonly batch: string;
  /** What else the transaction writes, to go along with what is written here. */
  readonly writes?: () => readonly Promise<unknown>[];
}

export interface Recomputed {
  /** Users for whom some decision on stored state flipped through this write; not what time alone had flipped before. */
  readonly changes: readonly UserChange[];
  /** The new revision of every user of whom anything but the timer changed. */
  readonly revisions: readonly RevisionOf[];
  /** Every touched user as now stored. */
  readonly users: readonly UserState[];
  /** What was added to ledgers, in order. */
  readonly entries: readonly UserLedgerEntry[];
}

export type RecomputeTransaction = Pick<Transaction, 'users' | 'organizations' | 'timers' | 'outbox' | 'outbound'>;

/**
 * Brings everything that follows from changed user state up to date, in the transaction that changes it: latches rules
 * that have become true into the ledger with their cause, sets timers, notes flipped decisions in the outbox, raises
 * revisions. Every path that can latch goes through here. A timer that was due before the write is fired first, on the
 * state before it: what time has brought is not lost to a change that came a moment later. Organizations are read, not
 * locked: a change of roles' inheritance is a change of the rules that read them.
 */
export async function recompute(
  tx: RecomputeTransaction,
  touched: readonly Touched[],
  options: RecomputeOptions,
): Promise<Recomputed> {
  const { snapshot, now, batch } = options;
  const timed = readsTime(snapshot);
  const ids = touched.map(({ before }) => before.id);
  const [organizations, overdue] = await Promise.all([
    organizationsOf(tx, touched),
    timed ? tx.timers.overdue(ids, now) : NONE_DUE,
  ]);
  const timeBatch = randomUUID();
  const entries: UserLedgerEntry[] = [];
  const byTime: UserChange[] = [];
  const changes: UserChange[] = [];
  const users: UserState[] = [];
  const revisions: RevisionOf[] = [];
  const timers: { readonly userId: string; readonly dueAt: number | undefined }[] = [];
  // Many users times many flags take seconds, and calls are answered by the same process.
  const pauses = new EventLoopPauses({});

  for (const one of touched) {
    if (pauses.due(snapshot.flags.size)) await pauses.take();
    const { after, cause } = one;
    const revision = one.before.revision + 1;
    const organizationBefore = organizations.get(one.before.organizationId);
    const organization = organizations.get(after.organizationId);
    const dueAt = overdue.get(after.id);
    // First of all, so that what is earned anew is earned after it.
    const forgotten = relocked(one.before, options);
    const entitled = withEntries(one.before, forgotten);
    const past = catchUp({ snapshot, user: entitled, organization: organizationBefore, dueAt, now });
    entries.push(...ofUser(after.id, forgotten), ...past.entries);
    const before = past.user;
    let changed = after !== one.before;
    if (dueAt !== undefined) {
      const was = { snapshot, user: one.before, organization: organizationBefore, at: dueAt - 1 };
      const flips = flipped(was, { snapshot, user: before, organization: organizationBefore, at: now });
      changed ||= any(flips);
      if (any(flips))
        byTime.push({ userId: after.id, batch: timeBatch, at: now, revision, ...flips, cause: { type: 'time' } });
    }

    const { entries: made = [] } = one;
    entries.push(...ofUser(after.id, made));
    const { ledger } = withEntries(before, made);
    const latched = latch(snapshot, { ...after, ledger }, organization, now);
    entries.push(...entriesOf(latched.unlocks, one, options));
    changed ||= latched.user.ledger !== one.before.ledger;
    if (changed) {
      const was = { snapshot: options.snapshotBefore ?? snapshot, user: before, organization: organizationBefore };
      const flips = flipped({ ...was, at: now }, { snapshot, user: latched.user, organization, at: now });
      if (any(flips)) changes.push({ userId: after.id, batch, at: now, revision, ...flips, cause });
      revisions.push({ id: after.id, revision });
    }
    users.push(changed ? { ...latched.user, revision } : one.before);
    if (timed) timers.push({ userId: after.id, dueAt: finite(nextLatchAt(snapshot, latched.user, organization, now)) });
  }

  const outbox = [...byTime, ...changes];
  await Promise.all([
    ...(options.writes?.() ?? []),
    ...(entries.length > 0 ? [tx.users.appendLedger(entries)] : []),
    announceEntries(tx, entries, snapshot),
    ...(timed ? [tx.timers.put(timers)] : []),
    ...(outbox.length > 0 ? [tx.outbox.append(outbox)] : []),
    tx.users.advance(revisions.map(({ id }) => id)),
  ]);
  return { changes, users, revisions, entries };
}

function ofUser(userId: string, entries: readonly LedgerEntry[]): readonly UserLedgerEntry[] {
  return entries.map((entry) => ({ userId, ...entry }));
}

function withEntries(user: UserState, entries: readonly LedgerEntry[]): UserState {
  return entries.length === 0 ? user : { ...user, ledger: foldLedger(entries, user.ledger) };
}

const NONE_DUE: ReadonlyMap<string, number> = new Map<string, number>();

/** Whether time alone can make any latching rule of this configuration true. */
export function readsTime({ latching }: Snapshot): boolean {
  return latching.some(({ rules }) =>
    rules.some(({ rule, conditions }) => rule.policy === 'LATCHING' && conditions.readsTime),
  );
}

async function organizationsOf(
  tx: RecomputeTransaction,
  touched: readonly Touched[],
): Promise<ReadonlyMap<string, OrganizationState>> {
  const ids = new Set(touched.flatMap(({ before, after }) => [before.organizationId, after.organizationId]));
  ids.delete('');
  return ids.size === 0 ? new Map() : tx.organizations.read([...ids]);
}

/** What RELOCK has forgotten since the user was last looked at. */
function relocked({ ledger }: UserState, { snapshot, now }: RecomputeOptions): readonly LedgerEntry[] {
  const stamp = { kind: 'relocked', earnedAt: now, recordedAt: now, cause: { type: 'backfill' } } as const;
  return forgottenUnlocks(snapshot, ledger).map((forgotten) => ({ ...forgotten, ...stamp }));
}

/** A rule that nothing but another flag's unlock made true has that unlock's cause. */
function entriesOf(
  unlocks: readonly NewUnlock[],
  { after, cause, causeOf }: Touched,
  { snapshot, now }: RecomputeOptions,
): readonly UserLedgerEntry[] {
  const causeOfFlag = new Map<string, Cause>();
  return unlocks.map(({ compiled, entry }) => {
    const slots = Array.from(entry.conditions.slotsRead, (index) => snapshot.slots.at(index));
    const chained = slots.map(({ definition, params }) =>
      definition.name === 'unlocked' ? causeOfFlag.get(String(params.flag)) : undefined,
    );
    const why = causeOf?.(entry) ?? chained.find((found) => found !== undefined) ?? cause;
    causeOfFlag.set(compiled.flag.key, why);
    return {
      userId: after.id,
      flagId: compiled.flag.id,
      ruleId: entry.rule.id,
      ruleVersion: entry.rule.version,
      kind: 'unlocked',
      earnedAt: now,
      recordedAt: now,
      cause: why,
    };
  });
}

interface Moment {
  readonly snapshot: Snapshot;
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
  readonly at: number;
}

type Flips = Pick<UserChange, 'unlocked' | 'locked'>;

const any = ({ unlocked, locked }: Flips): boolean => unlocked.length + locked.length > 0;
const finite = (at: number): number | undefined => (at === Infinity ? undefined : at);

/** Flags whose decision on stored state differs between two moments; at the same instant, the write flipped them. */
function flipped(before: Moment, after: Moment): Flips {
  const [past, present] = [before, after].map(({ snapshot, user, organization }) =>
    subjectOf(snapshot, user, organization, undefined),
  );
  const sameConfiguration = before.snapshot === after.snapshot;
  const unlocked: string[] = [];
  const locked: string[] = [];
  for (const { flag } of after.snapshot.flags.values()) {
    if (sameConfiguration && (flag.archived || !flag.active)) continue;
    const was = decide(before.snapshot, flag.key, past!, before.at).enabled;
    const is = decide(after.snapshot, flag.key, present!, after.at).enabled;
    if (is && !was) unlocked.push(flag.key);
    if (was && !is) locked.push(flag.key);
  }
  return { unlocked, locked };
}
