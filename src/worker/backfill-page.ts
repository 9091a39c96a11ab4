import type { EventLoopPauses } from '../calls/event-loop-pauses.js';
import { subjectInPassing } from '../core/deciding/subject.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import type { UserState } from '../core/states/user-state.js';
import { latch, nextLatchAt } from '../core/unlocking/latch.js';
import { forgottenUnlocks } from '../core/unlocking/ledger-change.js';
import { readsTime } from '../unlocking/recompute.js';

export interface LookedAt {
  readonly snapshot: Snapshot;
  readonly users: readonly UserState[];
  /** When their timers are due; nothing for who has none. */
  readonly timers: ReadonlyMap<string, number>;
  readonly organizations: ReadonlyMap<string, OrganizationState>;
  readonly now: number;
}

/**
 * Those of these users for whom a recompute would change anything: something is earned and not recorded, an unlock counts no
 * longer, or the timer stands wrong. Nothing is locked here; whoever is found is looked at again under the lock.
 */
export async function outOfDate(
  { snapshot, users, timers, organizations, now }: LookedAt,
  pauses: EventLoopPauses,
): Promise<readonly string[]> {
  const timed = readsTime(snapshot);
  const subjectFor = subjectInPassing();
  const found: string[] = [];
  for (const user of users) {
    if (pauses.due(snapshot.latching.length + 1)) await pauses.take();
    const organization = organizations.get(user.organizationId);
    if (
      forgottenUnlocks(snapshot, user.ledger).length > 0 ||
      latch(snapshot, user, organization, now, subjectFor).unlocks.length > 0 ||
      (timed && !timerIsRight(timers.get(user.id), nextLatchAt(snapshot, user, organization, now, subjectFor), now))
    ) {
      found.push(user.id);
    }
  }
  return found;
}

function timerIsRight(dueAt: number | undefined, next: number, now: number): boolean {
  // One that is due is fired by whoever fires timers, and set anew.
  return (dueAt !== undefined && dueAt <= now) || (dueAt ?? Infinity) === next;
}
