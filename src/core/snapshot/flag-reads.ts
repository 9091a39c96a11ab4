import { referencesOf } from '../conditions/references.js';
import type { FactChange } from '../facts/fact-definition.js';
import type { JsonObject } from '../values/json.js';
import type { CompiledFlag, CompiledRule, Snapshot } from './snapshot.js';

/** The segments that these rules of a flag refer to, also through one another, by key; undefined for one that is missing. */
export function segmentsRead(
  { segments }: Pick<CompiledFlag, 'segments'>,
  rules: readonly CompiledRule[],
): ReadonlyMap<string, JsonObject | undefined> {
  const read = new Map<string, JsonObject | undefined>();
  const open = rules.flatMap(({ rule }) => referencesOf(rule.conditions).segments);
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (read.has(key)) continue;
    const conditions = segments.get(key);
    read.set(key, conditions);
    open.push(...referencesOf(conditions).segments);
  }
  return read;
}

/** Whether a rule reads a fact that this kind of change can change. */
export function readsChangedBy({ slots }: Snapshot, { conditions }: CompiledRule, change: FactChange): boolean {
  return Array.from(conditions.slotsRead).some((index) => slots.at(index).definition.changedBy.has(change));
}
