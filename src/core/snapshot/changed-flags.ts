import { type JsonValue, sameJson } from '../values/json.js';
import type { CompiledFlag, Snapshot, WindowEdge } from './snapshot.js';

/**
 * Keys of the flags that changed themselves from one snapshot to the next, be it by a segment, a role's row or the list of
 * stages. The next one was compiled from the other and took over what is the same.
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
  return changed;
}

/** All by which a flag is decided, and its version, which grows with whatever else is said of it. */
function formOf({ flag, roleRows, segments }: CompiledFlag): string {
  const { id, version, active, archived } = flag;
  const byName = (some: ReadonlyMap<string, unknown>): readonly unknown[] =>
    [...some].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([id, version, active, archived, byName(roleRows), byName(segments)]);
}

/** Flags whose window opened or closed after `from`, until `to` inclusive. */
export function windowChanges({ windowEdges }: Snapshot, from: number, to: number): ReadonlySet<string> {
  const changed = new Set<string>();
  for (let i = firstAfter(windowEdges, from); i < windowEdges.length; i++) {
    const { at, flagKey } = windowEdges[i]!;
    if (at > to) break;
    changed.add(flagKey);
  }
  return changed;
}

/** The next instant after `now` at which some flag's window opens or closes; Infinity when none does. */
export function nextWindowChange({ windowEdges }: Snapshot, now: number): number {
  return windowEdges[firstAfter(windowEdges, now)]?.at ?? Infinity;
}

/** Where the edges after an instant begin. */
function firstAfter(edges: readonly WindowEdge[], instant: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]!.at > instant) high = middle;
    else low = middle + 1;
  }
  return low;
}
