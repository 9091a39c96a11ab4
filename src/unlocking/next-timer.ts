import type { Snapshot } from '../core/snapshot/snapshot.js';
import { nextLatchAt } from '../core/unlocking/latch.js';
import type { StoredStates } from '../core/unlocking/touched-flags.js';

export interface NextTimerInput {
  readonly snapshot: Snapshot;
  readonly before: StoredStates;
  readonly after: StoredStates;
  /** When the user's timer is due, as stored; undefined where there is none. */
  readonly dueAt: number | undefined;
  readonly now: number;
  /** Keys of the flags whose part in it the change may have moved; undefined: that is not known. */
  readonly touched: ReadonlySet<string> | undefined;
}

/**
 * When time alone could next unlock something for the user; Infinity for never. The timer is the earliest of what every
 * rule waits for. Rules that the change does not matter to wait for what they waited for, which is no earlier than the timer
 * as it stands: so only where that was waiting for one that moved on has every rule to be asked.
 */
export function nextTimer({ snapshot, before, after, dueAt = Infinity, now, touched }: NextTimerInput): number {
  const next = (of: StoredStates, among?: ReadonlySet<string>): number =>
    nextLatchAt(snapshot, of.user, of.organization, now, { among });
  // One that was due says nothing any more.
  if (touched === undefined || dueAt <= now) return next(after);
  const moved = next(after, touched);
  return moved <= dueAt || next(before, touched) > dueAt ? Math.min(moved, dueAt) : next(after);
}
