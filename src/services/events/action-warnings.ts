import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Fault } from '../../core/values/fault.js';
import { isJsonObject, type JsonObject, quote } from '../../core/values/json.js';
import { didYouMean } from '../../core/values/nearest-name.js';

/** How many warnings a call may give, and at how many of its actions is looked. */
const MAX_WARNINGS = 50;

/** How many unknown actions are remembered for a snapshot. */
const MAX_REMEMBERED = 2_000;

/** The hint at a known action that is spelt nearly like an unknown one, or ''. It is found by comparing with every known action. */
const nearest = new WeakMap<Snapshot, Map<string, string>>();

/**
 * Warnings for the actions of events: one for each action that no rule reads, that is not declared and counts as no other, but that is spelt nearly
 * like one that is known. Such an event is counted, but unlocks nothing.
 */
export function actionWarnings(
  actions: Iterable<{ readonly action: unknown; readonly pointer: string }>,
  snapshot: Snapshot,
): readonly Fault[] {
  const warnings: Fault[] = [];
  const seen = new Set<string>();
  for (const { action, pointer } of actions) {
    if (typeof action !== 'string' || seen.has(action)) continue;
    if (seen.size >= MAX_WARNINGS) break;
    seen.add(action);
    const near = nearTo(action, snapshot);
    if (near === '') continue;
    warnings.push({ pointer, message: `no rule reads the action ${quote(action)} and nobody declared it${near}` });
  }
  return warnings;
}

function nearTo(action: string, snapshot: Snapshot): string {
  const { readers, actions, derivations } = snapshot;
  if (actions.has(action) || readers.ofAction(action).size > 0 || derivations.isSource(action)) return '';
  const remembered = nearest.get(snapshot) ?? new Map<string, string>();
  nearest.set(snapshot, remembered);
  let near = remembered.get(action);
  if (near === undefined) {
    near = didYouMean(action, new Set([...actions.keys(), ...readers.actionsRead(), ...derivations.sources()]));
    if (remembered.size < MAX_REMEMBERED) remembered.set(action, near);
  }
  return near;
}

/** Warnings for events that do not count as a derived action, although they seem to be meant to: one for each action. */
export function derivedWarnings(
  events: Iterable<{ readonly action: unknown; readonly properties: unknown; readonly pointer: string }>,
  { derivations }: Snapshot,
): readonly Fault[] {
  const warnings: Fault[] = [];
  const seen = new Set<string>();
  for (const { action, properties, pointer } of events) {
    if (warnings.length >= MAX_WARNINGS) break;
    if (typeof action !== 'string' || !isJsonObject(properties) || !derivations.isSource(action)) continue;
    for (const doubt of derivations.doubtsOf(action, properties as JsonObject)) {
      if (seen.has(`${action} ${doubt}`)) continue;
      seen.add(`${action} ${doubt}`);
      warnings.push({ pointer, message: `the event ${doubt}` });
    }
  }
  return warnings;
}
