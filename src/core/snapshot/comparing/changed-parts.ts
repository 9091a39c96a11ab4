import { type JsonValue, sameJson } from '../../values/json.js';
import type { Snapshot } from '../snapshot.js';

/** What has changed of a configuration beside its flags: keys and names, of what is gone too. */
export interface ChangedParts {
  readonly segmentKeys: ReadonlySet<string>;
  readonly actions: ReadonlySet<string>;
  readonly stages: boolean;
}

type Parts = Pick<Snapshot, 'segments' | 'actions' | 'stages'>;

/** In what two configurations differ, their flags aside. */
export function changedParts(before: Parts, after: Parts): ChangedParts {
  return {
    segmentKeys: differing(before.segments, after.segments),
    actions: differing(before.actions, after.actions),
    stages: before.stages !== after.stages && !same(before.stages, after.stages),
  };
}

/** All that changed in any of several steps. */
export function joinedParts(steps: readonly ChangedParts[]): ChangedParts {
  return {
    segmentKeys: new Set(steps.flatMap(({ segmentKeys }) => [...segmentKeys])),
    actions: new Set(steps.flatMap(({ actions }) => [...actions])),
    stages: steps.some(({ stages }) => stages),
  };
}

function differing(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  const keys = new Set<string>();
  if (before === after) return keys;
  for (const [key, value] of after) if (!same(before.get(key), value)) keys.add(key);
  for (const key of before.keys()) if (!after.has(key)) keys.add(key);
  return keys;
}

/** Whether two members are the same; the next configuration mostly has the very object of the one before. */
function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  return one !== undefined && other !== undefined && sameJson(one as JsonValue, other as JsonValue);
}
