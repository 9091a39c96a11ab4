import { decide } from '../core/deciding/evaluate.js';
import { subjectOf } from '../core/deciding/subject.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { StoredStates } from '../core/unlocking/touched-flags.js';

/** Flags that came on for a user, and that went off, by key. */
export interface Flips {
  readonly unlocked: readonly string[];
  readonly locked: readonly string[];
}

export const NO_FLIPS: Flips = { unlocked: [], locked: [] };

/** What is stored at a moment, by which configuration it is decided, and for which instant. */
export interface Moment extends StoredStates {
  readonly snapshot: Snapshot;
  readonly at: number;
}

export function hasFlips({ unlocked, locked }: Flips): boolean {
  return unlocked.length + locked.length > 0;
}

/**
 * The flags whose decision on stored state differs between two moments, in the order of keys; between two at the same
 * instant, a write flipped them. `among` has all that could, by key; undefined: look at every flag.
 */
export function flipsBetween(before: Moment, after: Moment, among: ReadonlySet<string> | undefined): Flips {
  if (among?.size === 0) return NO_FLIPS;
  const [past, present] = [before, after].map(({ snapshot, user, organization }) =>
    subjectOf(snapshot, user, organization),
  );
  const sameConfiguration = before.snapshot === after.snapshot;
  const unlocked: string[] = [];
  const locked: string[] = [];
  for (const key of among === undefined ? after.snapshot.flags.keys() : [...among].toSorted()) {
    const flag = after.snapshot.flags.get(key)?.flag;
    if (flag === undefined || (sameConfiguration && (flag.archived || !flag.active))) continue;
    const was = decide(before.snapshot, key, past!, before.at).enabled;
    const is = decide(after.snapshot, key, present!, after.at).enabled;
    if (is && !was) unlocked.push(key);
    if (was && !is) locked.push(key);
  }
  return { unlocked, locked };
}
