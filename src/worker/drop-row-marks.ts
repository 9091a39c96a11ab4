import type { ConfigurationKeeper } from '../configuration/configuration-keeper.js';
import { announceConfiguration } from '../configuration/configuration-write.js';
import type { Notifier } from '../notify/notifier.js';
import type { Store, Transaction } from '../store/store.js';

export interface RowMarksOptions {
  readonly store: Pick<Store, 'configuration' | 'transaction'>;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/** Flags that one transaction locks. */
const CHUNK = 100;

/**
 * Takes the mark of users' and organizations' rows off the flags that have none any more, whether they were removed or
 * their users were deleted. Gives how many flags.
 */
export async function dropRowMarks(
  { store, keeper, notifier }: RowMarksOptions,
  signal?: AbortSignal,
): Promise<number> {
  const marked = [...keeper.snapshot.flagsById.values()].filter(({ flag }) => flag.hasRows).map(({ flag }) => flag.id);
  const bare = (await store.configuration.withoutRows(marked)).toSorted();
  let dropped = 0;
  for (let from = 0; from < bare.length && !signal?.aborted; from += CHUNK) {
    const some = bare.slice(from, from + CHUNK);
    const { revision, flags } = await store.transaction((tx) => dropSome(tx, some));
    dropped += flags;
    if (revision !== undefined) await announceConfiguration({ keeper, notifier }, revision);
  }
  return dropped;
}

async function dropSome(
  tx: Transaction,
  flagIds: readonly string[],
): Promise<{ readonly flags: number; readonly revision?: number }> {
  const flags = [];
  for (const id of flagIds) {
    const flag = await tx.configuration.lockFlag(id);
    if (flag?.hasRows) flags.push(flag);
  }
  // Whoever puts a row locks the flag first: what has none now has none until the commit.
  const bare = new Set(await tx.configuration.withoutRows(flags.map(({ id }) => id)));
  if (bare.size === 0) return { flags: 0 };
  const revision = await tx.configuration.advance();
  for (const { hasRows: _, ...flag } of flags) if (bare.has(flag.id)) await tx.configuration.putFlag(flag);
  return { flags: bare.size, revision };
}
