import { isSpread } from '../flags/distribution.js';
import type { CompiledFlag, Snapshot } from '../snapshot/snapshot.js';
import type { Decision } from './decision.js';

/**
 * Whether a flag is on for everybody with one and the same answer: whoever asks, whatever is stored of them or said by the call, at any
 * time, until the configuration changes. Then whoever asked may keep the answer under the flag's key alone. Law: `evaluate` gives the
 * same decision for every user, organization, context and instant. The rules do not matter, as they are not asked.
 */
export function answersForAll({ flag, roleRows }: CompiledFlag): boolean {
  const { active, archived, isEnabledGlobally, startsAt, endsAt, prerequisites, hasRows } = flag;
  return (
    isEnabledGlobally &&
    active &&
    !archived &&
    startsAt === undefined &&
    endsAt === undefined &&
    prerequisites.length === 0 &&
    // A first row, of whomever, marks the flag, and so makes another configuration.
    hasRows !== true &&
    roleRows.size === 0 &&
    !isSpread(flag.distribution)
  );
}

/**
 * The keys of the flags that answered the same for everybody and do no longer, or now do, though nothing changed but that they have rows
 * of users or organizations: nobody without a row is answered otherwise, but whoever asked may have kept one answer for all.
 */
export function standingChanges(before: Snapshot, after: Snapshot): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const key of after.flags.differences(before.flags)) {
    const [past, present] = [before.flags.get(key), after.flags.get(key)];
    if (past !== undefined && present !== undefined && answersForAll(past) !== answersForAll(present)) changed.add(key);
  }
  return changed;
}

/** Whether others get another variant by their buckets where this decision gives its own. */
export function choseByBucket({ flag, rules }: CompiledFlag, { enabled, ruleId }: Decision): boolean {
  if (!enabled) return false;
  const answering = ruleId === '' ? undefined : rules.find(({ rule }) => rule.id === ruleId);
  const { distribution } = answering?.distribution === undefined ? flag : answering.rule;
  return isSpread(distribution);
}
