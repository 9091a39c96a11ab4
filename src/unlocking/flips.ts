import { decide } from '../core/deciding/evaluate.js';
import type { Subject } from '../core/deciding/subject.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { Cause } from '../core/states/ledger.js';
import type { PlacedChange } from '../store/outbox-store.js';

/** Flags that came on or went off for a user, and what brought it about. */
export interface Flips {
  readonly unlocked: readonly string[];
  readonly locked: readonly string[];
  readonly cause: Cause;
  readonly at: number;
}

/** The flags that are on for a subject at an instant, and when time may next flip one of all; Infinity: never. */
export function decideAll(snapshot: Snapshot, subject: Subject, at: number) {
  const on = new Set<string>();
  let nextAt = Infinity;
  for (const { flag } of snapshot.flags.values()) {
    if (flag.archived) continue;
    const { enabled, validUntil } = decide(snapshot, flag.key, subject, at);
    if (enabled) on.add(flag.key);
    if (validUntil !== undefined) nextAt = Math.min(nextAt, validUntil);
  }
  return { on, nextAt };
}

/** What the last row says of each flag: on, or off. */
export function verdictsOf(rows: readonly PlacedChange[]): ReadonlyMap<string, boolean> {
  const verdicts = new Map<string, boolean>();
  for (const { unlocked, locked } of rows) {
    for (const key of unlocked) verdicts.set(key, true);
    for (const key of locked) verdicts.set(key, false);
  }
  return verdicts;
}

/** The flags that are on once these verdicts are in. */
export function withVerdicts(on: ReadonlySet<string>, verdicts: ReadonlyMap<string, boolean>): ReadonlySet<string> {
  const changed = new Set(on);
  for (const [key, isOn] of verdicts) {
    if (isOn) changed.add(key);
    else changed.delete(key);
  }
  return changed;
}

/** What flipped from one set of flags that are on to another, leaving out some. */
export function differences(was: ReadonlySet<string>, is: ReadonlySet<string>, without: ReadonlySet<string>) {
  return {
    unlocked: [...is].filter((key) => !was.has(key) && !without.has(key)),
    locked: [...was].filter((key) => !is.has(key) && !without.has(key)),
  };
}
