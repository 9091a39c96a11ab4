import type { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import { subjectInPassing } from '../../core/deciding/subject.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { UserState } from '../../core/states/user-state.js';
import { latch, nextLatchAt, timeCanLatch } from '../../core/unlocking/latch.js';
import { forgottenUnlocks } from '../../core/unlocking/ledger-change.js';

export interface LookedAt {
  readonly snapshot: Snapshot;
  readonly users: readonly UserState[];
  /** When the users' timers are due; a user without one is left out. */
  readonly timers: ReadonlyMap<string, number>;
  readonly organizations: ReadonlyMap<string, OrganizationState>;
  readonly now: number;
}

/**
 * Those of these users for whom a recompute would change something, each with the keys of the flags by which they were found: they
 * have earned what is not recorded, have an unlock that no longer counts, or have a wrong timer. Nothing is locked here: users
 * who are found are judged again under their locks.
 */
export async function outOfDate(
  { snapshot, users, timers, organizations, now }: LookedAt,
  pauses: EventLoopPauses,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const timed = timeCanLatch(snapshot);
  const subjectFor = subjectInPassing();
  const found = new Map<string, ReadonlySet<string>>();
  for (const user of users) {
    if (pauses.due(snapshot.latching.length + 1)) await pauses.take();
    const organization = organizations.get(user.organizationId);
    const { unlocks } = latch(snapshot, user, organization, now, { subjectFor });
    const forgotten = forgottenUnlocks(snapshot, user.ledger);
    const next = timed ? nextLatchAt(snapshot, user, organization, now, { subjectFor }) : undefined;
    const right = next === undefined || timerIsRight(timers.get(user.id), next, now);
    if (right && unlocks.length + forgotten.length === 0) continue;
    const flagIds = [...unlocks.map(({ compiled }) => compiled.flag.id), ...forgotten.map(({ flagId }) => flagId)];
    found.set(user.id, keysOf(snapshot, flagIds));
  }
  return found;
}

export function keysOf({ flagsById }: Snapshot, flagIds: readonly string[]): ReadonlySet<string> {
  return new Set(flagIds.map((id) => flagsById.get(id)?.flag.key).filter((key) => key !== undefined));
}

function timerIsRight(dueAt: number | undefined, next: number, now: number): boolean {
  // A timer that is due is set anew when it is fired.
  return (dueAt !== undefined && dueAt <= now) || (dueAt ?? Infinity) === next;
}
