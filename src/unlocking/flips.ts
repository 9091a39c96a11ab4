import { decideAlone } from '../core/deciding/evaluate.js';
import { subjectOf } from '../core/deciding/subject.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { StoredStates } from '../core/unlocking/touched-flags.js';

/** The keys of the flags that came on for a user, and of those that went off. */
export interface Flips {
  readonly unlocked: readonly string[];
  readonly locked: readonly string[];
}

export const NO_FLIPS: Flips = { unlocked: [], locked: [] };

/** What is stored at a moment, with the configuration and the instant at which it is decided. */
export interface Moment extends StoredStates {
  readonly snapshot: Snapshot;
  readonly at: number;
}

export function hasFlips({ unlocked, locked }: Flips): boolean {
  return unlocked.length + locked.length > 0;
}

/**
 * The flags whose decision on stored state differs between two moments, ordered by key. Where both moments are at the same
 * instant, a write flipped them. `among` has the keys of all flags whose decision can differ; undefined for any.
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
    const was = decideAlone(before.snapshot, key, past!, before.at).enabled;
    const is = decideAlone(after.snapshot, key, present!, after.at).enabled;
    if (is && !was) unlocked.push(key);
    if (was && !is) locked.push(key);
  }
  return { unlocked, locked };
}
