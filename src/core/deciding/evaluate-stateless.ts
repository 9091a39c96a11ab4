import type { Snapshot } from '../snapshot/snapshot.js';
import { unknownUser } from '../states/user-state.js';
import type { Decision } from './decision.js';
import { evaluate } from './evaluate.js';

/** Reasons that no stored state can change: everything before the first line that looks at the user. */
const STATELESS: ReadonlySet<string> = new Set(['FLAG_NOT_FOUND', 'DISABLED']);

/**
 * The decision where it needs no stored state, for when there is none to be had; undefined where it would depend on it.
 */
export function evaluateStateless(snapshot: Snapshot, flagKey: string, now: number): Decision | undefined {
  return decideStateless(snapshot, flagKey, now, new Set());
}

function decideStateless(snapshot: Snapshot, flagKey: string, now: number, seen: Set<string>): Decision | undefined {
  seen.add(flagKey);
  const decision = evaluate(snapshot, flagKey, unknownUser(''), undefined, undefined, now);
  if (STATELESS.has(decision.reason)) return decision;
  if (decision.reason !== 'PREREQUISITE_FAILED') return undefined;
  // Any prerequisite that is off for everyone answers, whatever the others would say of a user, and for as long as it is.
  for (const prerequisite of snapshot.flags.get(flagKey)!.flag.prerequisites) {
    // One seen before had no answer: else it would have been the answer.
    if (seen.has(prerequisite.flagKey)) continue;
    const other = decideStateless(snapshot, prerequisite.flagKey, now, seen);
    if (other === undefined) continue;
    const until = Math.min(decision.validUntil ?? Infinity, other.validUntil ?? Infinity);
    return until === Infinity ? decision : { ...decision, validUntil: until };
  }
  return undefined;
}
