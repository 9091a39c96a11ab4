import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import type { UserState } from '../core/states/user-state.js';
import { latch, nextLatchAt } from '../core/unlocking/latch.js';
import type { UserLedgerEntry } from '../store/user-store.js';

export interface CatchUpInput {
  readonly snapshot: Snapshot;
  /** The user as stored, which was so before `dueAt` already. */
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
  /** When the user's timer was due; undefined where none is. */
  readonly dueAt: number | undefined;
  readonly now: number;
  /** The keys of the flags whose rules are judged; left out for all. */
  readonly among?: ReadonlySet<string> | undefined;
}

/** How many instants are judged: a rule may be due every hour. After these only the present instant is judged. */
const MOST_LOOKS = 1_000;

/**
 * Finds what time alone has unlocked up to now: gives the user with these unlocks, and the entries for the ledger. The user is
 * judged at each instant at which something became due, however long ago that was.
 */
export function catchUp({ snapshot, user, organization, dueAt, now, among }: CatchUpInput): {
  readonly user: UserState;
  readonly entries: readonly UserLedgerEntry[];
} {
  const entries: UserLedgerEntry[] = [];
  let current = user;
  let at = dueAt ?? Infinity;
  for (let looks = 1; at <= now; looks++) {
    const latched = latch(snapshot, current, organization, at, { among });
    for (const { compiled, entry } of latched.unlocks) {
      entries.push({
        userId: user.id,
        flagId: compiled.flag.id,
        ruleId: entry.rule.id,
        ruleVersion: entry.rule.version,
        kind: 'unlocked',
        earnedAt: at,
        recordedAt: now,
        cause: { type: 'time' },
      });
    }
    current = latched.user;
    const next = nextLatchAt(snapshot, current, organization, at);
    at = looks < MOST_LOOKS || at === now ? next : Math.max(next, now);
  }
  return { user: current, entries };
}
