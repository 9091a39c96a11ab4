import { type Call, type Overrides, overridesOf } from '../../calls/caller.js';
import { invalid } from '../../calls/errors.js';
import type { Decision } from '../../core/deciding/decision.js';
import { overriddenDecision } from '../../core/deciding/evaluate.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { quote } from '../../core/values/json.js';

/** What a call decides by itself, by flag, with the configuration by which it was made: one call may ask for very many users. */
const made = new WeakMap<
  Overrides,
  { readonly snapshot: Snapshot; readonly decisions: ReadonlyMap<string, Decision> }
>();

/** The decisions that a call has made itself; undefined for none. Throws INVALID for a flag, or a variant, that there is not. */
export function overriddenBy({ caller }: Call, snapshot: Snapshot): ReadonlyMap<string, Decision> | undefined {
  const overrides = overridesOf(caller);
  if (overrides === undefined) return undefined;
  const known = made.get(overrides);
  if (known?.snapshot === snapshot) return known.decisions;
  const decisions = new Map<string, Decision>();
  for (const [flagKey, variant] of overrides) decisions.set(flagKey, decisionOf(snapshot, flagKey, variant));
  made.set(overrides, { snapshot, decisions });
  return decisions;
}

function decisionOf(snapshot: Snapshot, flagKey: string, variant: string): Decision {
  const compiled = snapshot.flags.get(flagKey);
  if (compiled === undefined || compiled.flag.archived) {
    throw invalid(`the call overrides ${quote(flagKey)}, and there is no such flag; leave it out`);
  }
  const decision = overriddenDecision(compiled, variant);
  if (decision !== undefined) return decision;
  const variants = compiled.flag.variants.map(({ key }) => quote(key)).join(', ');
  throw invalid(`the call overrides ${quote(flagKey)} as ${quote(variant)}, which is none of its variants ${variants}`);
}
