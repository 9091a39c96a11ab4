import type { SubjectFor } from '../core/deciding/subject.js';
import type { CompiledRule, Snapshot } from '../core/snapshot/snapshot.js';
import type { Cause } from '../core/states/ledger.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import type { UserState } from '../core/states/user-state.js';
import { latch, type NewUnlock, nextLatchAt } from '../core/unlocking/latch.js';
import type { UserLedgerEntry } from '../store/user-store.js';

export interface CatchUpInput {
  readonly snapshot: Snapshot;
  /** The user as stored, which was so before `dueAt` already. */
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
  /** When the user's timer was due; undefined where none is. */
  readonly dueAt: number | undefined;
  /** Up to which instant time is caught up with; `now` when left out. */
  readonly until?: number;
  /** The present instant, at which what is found is recorded. */
  readonly now: number;
  /** The keys of the flags whose rules are judged; left out for all. */
  readonly among?: ReadonlySet<string> | undefined;
  readonly subjectFor?: SubjectFor;
}

export interface CaughtUp {
  readonly user: UserState;
  readonly entries: readonly UserLedgerEntry[];
  /** When time alone could next unlock something, later than the instant up to which time was caught up with. */
  readonly dueAt: number;
}

/** How many instants are judged: a rule may be due every hour. After these only the last instant is judged. */
const MOST_LOOKS = 1_000;

/**
 * Finds what time alone has unlocked up to an instant: gives the user with these unlocks, and the entries for the ledger. The user is
 * judged at each instant at which something became due, however long ago that was.
 */
export function catchUp(input: CatchUpInput): CaughtUp {
  const { snapshot, user, organization, dueAt = Infinity, now, until = now, among, subjectFor } = input;
  const looking = subjectFor === undefined ? {} : { subjectFor };
  const entries: UserLedgerEntry[] = [];
  let current = user;
  let at = dueAt;
  for (let looks = 1; at <= until; looks++) {
    const latched = latch(snapshot, current, organization, at, { among, ...looking });
    entries.push(
      ...unlockEntries(user.id, latched.unlocks, { earnedAt: at, recordedAt: now, cause: { type: 'time' } }),
    );
    current = latched.user;
    const next = nextLatchAt(snapshot, current, organization, at, looking);
    at = looks < MOST_LOOKS || at === until ? next : Math.max(next, until);
  }
  return { user: current, entries, dueAt: at };
}

/** The ledger's entries for rules that have become true; `causes` has those of another cause than the others. */
export function unlockEntries(
  userId: string,
  unlocks: readonly NewUnlock[],
  stamp: Pick<UserLedgerEntry, 'earnedAt' | 'recordedAt' | 'cause'>,
  causes?: ReadonlyMap<CompiledRule, Cause>,
): readonly UserLedgerEntry[] {
  return unlocks.map(({ compiled: { flag }, entry }) => {
    const { id: ruleId, version: ruleVersion } = entry.rule;
    const cause = causes?.get(entry) ?? stamp.cause;
    return { userId, flagId: flag.id, ruleId, ruleVersion, kind: 'unlocked', ...stamp, cause };
  });
}
