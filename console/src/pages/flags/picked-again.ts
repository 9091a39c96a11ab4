import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';

/** Flags that are still to be changed after a change of many. */
export interface LeftFlags {
  /** Those for which it failed, and was told. */
  readonly failed: readonly FeatureFlag[];
  /** Those that were not come to. */
  readonly untried: readonly FeatureFlag[];
}

/**
 * What is picked after a change of many: what is left of it, by key. Who tries again has been told of failures, and changes those flags as
 * they are by now; those that were not come to stay as they were picked, so that what others have changed of them is still told.
 */
export function pickedAgain(
  { failed, untried }: LeftFlags,
  present: readonly FeatureFlag[],
): ReadonlyMap<string, FeatureFlag> {
  const now = new Map(present.map((flag) => [flag.key, flag]));
  const again = [...failed.map((flag) => now.get(flag.key) ?? flag), ...untried];
  return new Map(again.map((flag) => [flag.key, flag]));
}
