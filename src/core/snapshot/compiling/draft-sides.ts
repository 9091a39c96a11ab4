import type { AccessRow, Flag } from '../../flags/flag.js';
import type { Dependencies } from '../dependencies.js';
import type { Snapshot } from '../snapshot.js';
import { compileChanges, EMPTY_SNAPSHOT } from './compile-snapshot.js';
import { storedConfiguration } from './stored-configuration.js';

/**
 * The snapshots of the configuration with and without a draft of one flag. Each has only what decisions on that flag can depend
 * on, so that few facts have to be read of each of very many users. `roleRows`: the flag's rows of roles on the whole platform with the
 * draft; left out, they stay as they are. `drafted`: the configuration with what else the draft changes; left out, nothing else.
 */
export function draftSides(
  present: Snapshot,
  draft: Flag,
  roleRows: readonly AccessRow[] = present.flags.get(draft.key)?.roleAccess ?? [],
  drafted = present,
): { readonly before: Snapshot; readonly after: Snapshot } {
  const dependencies = drafted.dependencies.with({ flags: new Map([[draft.key, { flag: draft }]]) });
  return {
    before: narrowTo(present, draft.key, present.dependencies),
    after: narrowTo(drafted, draft.key, dependencies, { flag: draft, roleRows }),
  };
}

interface Draft {
  readonly flag: Flag;
  readonly roleRows: readonly AccessRow[];
}

function narrowTo(present: Snapshot, flagKey: string, dependencies: Dependencies, draft?: Draft): Snapshot {
  const { decided, unlocked } = dependencies.scopeOf(flagKey);
  const stored = Array.from(decided.union(unlocked), (key) =>
    key === draft?.flag.key ? draft.flag : present.flags.get(key)!.stored,
  );
  const ids = new Set(stored.map(({ id }) => id));
  const { roleAccess, ...others } = storedConfiguration(present);
  const stay = roleAccess.filter(({ flagId }) => ids.has(flagId) && flagId !== draft?.flag.id);
  const rows = [...stay, ...(draft?.roleRows ?? [])];
  return compileChanges(EMPTY_SNAPSHOT, { ...others, flags: stored, roleAccess: rows }, present);
}
