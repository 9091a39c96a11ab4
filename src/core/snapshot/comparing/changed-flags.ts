import { changedDerivations } from '../../counting/derivations.js';
import { type JsonValue, sameJson } from '../../values/json.js';
import type { CompiledFlag, Snapshot, WindowEdge } from '../snapshot.js';

/**
 * The keys of the flags that have changed themselves from one snapshot to the next, also by a segment, a row for a role, the list of
 * stages, the default time zone, or how an action is derived. The next one must have been compiled from the first, so that it shares
 * what is the same.
 */
export function changedFlags(before: Snapshot, after: Snapshot): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const key of after.flags.differences(before.flags)) {
    const [past, present] = [before.flags.get(key), after.flags.get(key)];
    if (past === undefined || present === undefined || formOf(past) !== formOf(present)) changed.add(key);
  }
  const stagesOf = ({ stages }: Snapshot): JsonValue => stages as unknown as JsonValue;
  if (!sameJson(stagesOf(before), stagesOf(after)))
    for (const key of after.readers.ofChange('progress')) changed.add(key);
  if (before.timeZone !== after.timeZone) for (const key of after.readers.ofChange('zone')) changed.add(key);
  for (const action of changedDerivations(before.derivations.all, after.derivations.all))
    for (const key of after.readers.ofAction(action)) changed.add(key);
  const [own, ownAfter] = [before, after].map(({ organizationEarners }) => organizationEarners?.judging);
  if (own !== undefined && ownAfter !== undefined && own !== ownAfter)
    for (const key of changedFlags(own, ownAfter)) changed.add(key);
  return changed;
}

/** A text with all by which a flag is decided, and with its version, which grows with any other change of the flag. */
function formOf({ flag, roleRows, segments }: CompiledFlag): string {
  const { id, version, active, archived } = flag;
  const byName = (some: ReadonlyMap<string, unknown>): readonly unknown[] =>
    [...some].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([id, version, active, archived, byName(roleRows), byName(segments)]);
}

/** The keys of the flags whose window opened or closed after `from`, and up to `to`. */
export function windowChanges({ windowEdges }: Snapshot, from: number, to: number): ReadonlySet<string> {
  const changed = new Set<string>();
  for (let i = firstAfter(windowEdges, from); i < windowEdges.length; i++) {
    const { at, flagKey } = windowEdges[i]!;
    if (at > to) break;
    changed.add(flagKey);
  }
  return changed;
}

/** The next instant after `now` at which a flag's window opens or closes; Infinity when none does. */
export function nextWindowChange({ windowEdges }: Snapshot, now: number): number {
  return windowEdges[firstAfter(windowEdges, now)]?.at ?? Infinity;
}

/** The index of the first edge after an instant. */
function firstAfter(edges: readonly WindowEdge[], instant: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]!.at > instant) high = middle;
    else low = middle + 1;
  }
  return low;
}
