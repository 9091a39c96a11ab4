import { decide } from '../core/evaluate.js';
import { latch, nextLatchAt } from '../core/latch.js';
import type { Cause } from '../core/ledger.js';
import type { OrganizationState } from '../core/organization-state.js';
import type { CompiledRule, Snapshot } from '../core/snapshot.js';
import { type Subject, subjectOf } from '../core/subject.js';
import type { UserState } from '../core/user-state.js';
import type { RevisionOf } from '../notify/notifier.js';
import type { UserChange } from '../store/outbox-store.js';
import type { Transaction } from '../store/store.js';
import type { UserLedgerEntry } from '../store/user-store.js';

/** A user whose stored state a transaction changes. The user is locked in it. */
export interface Touched {
  /** As it was after the lock was taken. */
  readonly before: UserState;
  /** As it will be, but for what is recomputed here: the ledger, the timer, the revision. */
  readonly after: UserState;
  /** What brought the change about, as a whole. */
  readonly cause: Cause;
  /** What brought about that this rule holds; `cause` when left out. */
  readonly causeOf?: (entry: CompiledRule) => Cause;
}

export interface RecomputeOptions {
  readonly snapshot: Snapshot;
  /** The instant it is judged at, in epoch milliseconds: the database's now, or when a timer was due. */
  readonly at: number;
  /** The instant that decisions before the change are judged at; `at` when left out. Time's own flips need one earlier. */
  readonly beforeAt?: number;
  /** When it is recorded: the database's now. */
  readonly now: number;
  /** Names the transaction in the outbox. */
  readonly batch: string;
}

export interface Recomputed {
  /** Users for whom some decision on stored state flipped. */
  readonly changes: readonly UserChange[];
  /** Every touched user's new revision. */
  readonly revisions: readonly RevisionOf[];
}

type Tx = Pick<Transaction, 'users' | 'organizations' | 'timers' | 'outbox'>;

/**
 * Brings everything that follows from changed user state up to date, in the transaction that changes it: latches rules
 * that have become true into the ledger with their cause, sets timers, notes flipped decisions in the outbox, raises
 * revisions. Every path that can latch goes through here. Organizations are read, not locked: a change of roles'
 * inheritance is a change of the rules that read them.
 */
export async function recompute(tx: Tx, touched: readonly Touched[], options: RecomputeOptions): Promise<Recomputed> {
  const { snapshot, at, beforeAt = at, now, batch } = options;
  const organizations = await organizationsOf(tx, touched);
  const entries: UserLedgerEntry[] = [];
  const changes: UserChange[] = [];
  const timers: { userId: string; dueAt: number | undefined }[] = [];
  const timed = snapshot.latching.some((flag) => flag.rules.some(({ conditions }) => conditions.readsTime));

  for (const { before, after, cause, causeOf } of touched) {
    const organization = organizations.get(after.organizationId);
    const latched = latch(snapshot, after, organization, at);
    for (const { compiled, entry } of latched.unlocks) {
      entries.push({
        userId: after.id,
        flagId: compiled.flag.id,
        ruleId: entry.rule.id,
        ruleVersion: entry.rule.version,
        kind: 'unlocked',
        earnedAt: at,
        recordedAt: now,
        cause: causeOf?.(entry) ?? cause,
      });
    }
    const flips = flipped(
      snapshot,
      { subject: subjectOf(snapshot, before, organizations.get(before.organizationId), undefined), at: beforeAt },
      { subject: subjectOf(snapshot, latched.user, organization, undefined), at },
    );
    if (flips.unlocked.length + flips.locked.length > 0) changes.push({ userId: after.id, batch, at, ...flips, cause });
    if (timed) {
      const dueAt = nextLatchAt(snapshot, latched.user, organization, at);
      timers.push({ userId: after.id, dueAt: dueAt === Infinity ? undefined : dueAt });
    }
  }

  if (entries.length > 0) await tx.users.appendLedger(entries);
  if (timers.length > 0) await tx.timers.put(timers);
  if (changes.length > 0) await tx.outbox.append(changes);
  await tx.users.advance(touched.map(({ after }) => after.id));
  return { changes, revisions: touched.map(({ before }) => ({ id: before.id, revision: before.revision + 1 })) };
}

async function organizationsOf(tx: Tx, touched: readonly Touched[]): Promise<ReadonlyMap<string, OrganizationState>> {
  const ids = new Set(touched.flatMap(({ before, after }) => [before.organizationId, after.organizationId]));
  ids.delete('');
  return ids.size === 0 ? new Map() : tx.organizations.read([...ids]);
}

interface Moment {
  readonly subject: Subject;
  readonly at: number;
}

/** Flags whose decision on stored state differs between two moments; at the same instant, this write flipped them. */
function flipped(snapshot: Snapshot, before: Moment, after: Moment): Pick<UserChange, 'unlocked' | 'locked'> {
  const unlocked: string[] = [];
  const locked: string[] = [];
  for (const { flag } of snapshot.flags.values()) {
    if (flag.archived || !flag.active) continue;
    const was = decide(snapshot, flag.key, before.subject, before.at).enabled;
    const is = decide(snapshot, flag.key, after.subject, after.at).enabled;
    if (is && !was) unlocked.push(flag.key);
    if (was && !is) locked.push(flag.key);
  }
  return { unlocked, locked };
}
