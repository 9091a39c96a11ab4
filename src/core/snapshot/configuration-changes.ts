import { readsChangedBy, segmentsRead } from './flag-reads.js';
import type { CompiledFlag, Snapshot } from './snapshot.js';

/**
 * Keys of the flags that a change of the configuration may decide differently: changed themselves, by a segment or a role's
 * row, by the list of stages, or through a flag that they require or whose unlock they read.
 */
export function changedFlags(before: Snapshot, after: Snapshot): ReadonlySet<string> {
  const changed = new Set<string>();
  const stagesChanged = JSON.stringify(before.stages) !== JSON.stringify(after.stages);
  for (const [key, compiled] of after.flags) {
    const past = before.flags.get(key);
    const same = past !== undefined && formOf(past) === formOf(compiled);
    if (!same || (stagesChanged && readsStages(compiled, after))) changed.add(key);
  }
  for (const key of before.flags.keys()) if (!after.flags.has(key)) changed.add(key);
  return withDependents(after, changed);
}

/** Flags whose window opened or closed after `from`, until `to` inclusive, and those that hang on them. */
export function windowChanges(snapshot: Snapshot, from: number, to: number): ReadonlySet<string> {
  const crossed = (at: number | undefined): boolean => at !== undefined && at > from && at <= to;
  const changed = new Set<string>();
  for (const { flag } of snapshot.flags.values()) {
    if (!flag.archived && (crossed(flag.startsAt) || crossed(flag.endsAt))) changed.add(flag.key);
  }
  return withDependents(snapshot, changed);
}

/** The next instant after `now` at which some flag's window opens or closes; Infinity when none does. */
export function nextWindowChange(snapshot: Snapshot, now: number): number {
  let next = Infinity;
  for (const { flag } of snapshot.flags.values()) {
    if (flag.archived) continue;
    for (const at of [flag.startsAt, flag.endsAt]) if (at !== undefined && at > now) next = Math.min(next, at);
  }
  return next;
}

function formOf(compiled: CompiledFlag): string {
  const { flag, rules, roleRows } = compiled;
  const { id, version, active, archived } = flag;
  const rows = [...roleRows].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([id, version, active, archived, rows, [...segmentsRead(compiled, rules)]]);
}

function readsStages({ rules }: CompiledFlag, snapshot: Snapshot): boolean {
  return rules.some((entry) => readsChangedBy(snapshot, entry, 'progress'));
}

function withDependents(snapshot: Snapshot, changed: Set<string>): ReadonlySet<string> {
  if (changed.size === 0) return changed;
  const dependents = new Map<string, string[]>();
  const depends = (key: string, on: string): void => {
    const known = dependents.get(on);
    if (known === undefined) dependents.set(on, [key]);
    else known.push(key);
  };
  for (const { flag, rules } of snapshot.flags.values()) {
    for (const { flagKey } of flag.prerequisites) depends(flag.key, flagKey);
    for (const { conditions } of rules) {
      for (const index of conditions.slotsRead) {
        const { definition, params } = snapshot.slots.at(index);
        if (definition.name === 'unlocked') depends(flag.key, String(params.flag));
      }
    }
  }
  // A set is walked in the order of insertion, what is added meanwhile included.
  for (const key of changed) for (const dependent of dependents.get(key) ?? []) changed.add(dependent);
  return changed;
}
