import type { Flag } from '../flags/flag.js';
import { compileChanges, EMPTY_SNAPSHOT } from './compile-snapshot.js';
import type { Dependencies } from './dependencies.js';
import type { Snapshot } from './snapshot.js';
import { storedConfiguration } from './stored-configuration.js';

/**
 * The snapshots of the configuration with and without a draft of one flag. Each has only what decisions on that flag can depend
 * on, so that few facts have to be read of each of very many users.
 */
export function draftSides(present: Snapshot, draft: Flag): { readonly before: Snapshot; readonly after: Snapshot } {
  const drafted = present.dependencies.with({ flags: new Map([[draft.key, { flag: draft }]]) });
  return {
    before: narrowTo(present, draft.key, present.dependencies),
    after: narrowTo(present, draft.key, drafted, draft),
  };
}

function narrowTo(present: Snapshot, flagKey: string, dependencies: Dependencies, draft?: Flag): Snapshot {
  const { decided, unlocked } = dependencies.scopeOf(flagKey);
  const stored = Array.from(decided.union(unlocked), (key) =>
    key === draft?.key ? draft : present.flags.get(key)!.stored,
  );
  const ids = new Set(stored.map(({ id }) => id));
  const { roleAccess, ...others } = storedConfiguration(present);
  const rows = roleAccess.filter(({ flagId }) => ids.has(flagId));
  return compileChanges(EMPTY_SNAPSHOT, { ...others, flags: stored, roleAccess: rows }, present);
}
