import { compileSnapshot } from '../compile-snapshot.js';
import type { Configuration, Flag } from '../flag.js';
import { scopeOf } from '../flag-scope.js';
import type { Snapshot } from '../snapshot.js';

/**
 * The configuration as it is and as a draft of one flag would make it, each compiled with no more than decisions on that
 * flag can depend on: who looks at very many users reads few facts of each.
 *
 * @param previous for flags that this version cannot compile; see `compileSnapshot`
 */
export function draftSides(
  configuration: Configuration,
  draft: Flag,
  previous: Snapshot | undefined,
): { readonly before: Snapshot; readonly after: Snapshot } {
  const others = configuration.flags.filter(({ id }) => id !== draft.id);
  return {
    before: narrowTo(configuration, draft.key, previous),
    after: narrowTo({ ...configuration, flags: [...others, draft] }, draft.key, previous),
  };
}

function narrowTo(configuration: Configuration, flagKey: string, previous: Snapshot | undefined): Snapshot {
  // What a flag depends on is known once it is compiled: one that keeps its last form depends on what that one does.
  const { decided, unlocked } = scopeOf(compileSnapshot(configuration, previous), flagKey);
  const flags = configuration.flags.filter(({ key }) => decided.has(key) || unlocked.has(key));
  return compileSnapshot({ ...configuration, flags }, previous);
}
