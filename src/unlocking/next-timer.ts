import type { SubjectFor } from '../core/deciding/subject.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import { nextLatchAt } from '../core/unlocking/latch.js';
import type { StoredStates } from '../core/unlocking/touched-flags.js';

export interface NextTimerInput {
  readonly snapshot: Snapshot;
  readonly before: StoredStates;
  readonly after: StoredStates;
  /** When the user's timer is due, as it is stored; undefined where there is none. */
  readonly dueAt: number | undefined;
  readonly now: number;
  /** The keys of the flags whose rules may wait for another instant after the change; undefined where any may. */
  readonly touched: ReadonlySet<string> | undefined;
  readonly subjectFor?: SubjectFor;
}

/**
 * When time alone could next unlock something for the user; Infinity for never. The timer is the earliest of the instants for
 * which the rules wait. A rule that the change does not touch waits for the same instant as before, which is no earlier than the
 * timer. So all rules have to be asked only where the timer may be that of a rule which now waits for a later instant.
 */
export function nextTimer(input: NextTimerInput): number {
  const { snapshot, before, after, dueAt = Infinity, now, touched, subjectFor } = input;
  const next = (of: StoredStates, among?: ReadonlySet<string>): number =>
    nextLatchAt(snapshot, of.user, of.organization, now, { among, ...(subjectFor && { subjectFor }) });
  // A timer that was due says nothing about other rules.
  if (touched === undefined || dueAt <= now) return next(after);
  const moved = next(after, touched);
  return moved <= dueAt || next(before, touched) > dueAt ? Math.min(moved, dueAt) : next(after);
}
