import type { Flag } from '../core/flags/flag.js';
import type { Notifier } from '../notify/notifier.js';
import type { Store, Transaction } from '../store/store.js';
import type { ConfigurationKeeper } from './configuration-keeper.js';
import { announceConfiguration } from './configuration-write.js';

export interface FlagMarksOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/** These flags, which are locked, in the order of their ids, until the transaction ends. */
export async function lockFlags(tx: Transaction, flagIds: Iterable<string>): Promise<readonly Flag[]> {
  const flags: Flag[] = [];
  for (const id of [...new Set(flagIds)].toSorted((a, b) => (a < b ? -1 : 1))) {
    const flag = await tx.configuration.lockFlag(id);
    if (flag !== undefined) flags.push(flag);
  }
  return flags;
}

/**
 * Changes marks of flags in one transaction, and tells every server. A changed mark makes no new version of a flag. `change` is
 * given the locked flags, and gives those that it has changed. Gives how many have changed.
 */
export async function writeFlagMarks(
  { store, keeper, notifier }: FlagMarksOptions,
  flagIds: readonly string[],
  change: (tx: Transaction, flags: readonly Flag[]) => Promise<readonly Flag[]> | readonly Flag[],
): Promise<number> {
  const { changed, revision } = await store.transaction(async (tx) => {
    const changed = await change(tx, await lockFlags(tx, flagIds));
    if (changed.length === 0) return { changed, revision: undefined };
    const revision = await tx.configuration.advance();
    for (const flag of changed) await tx.configuration.putFlag(flag);
    return { changed, revision };
  });
  if (revision !== undefined) await announceConfiguration({ keeper, notifier }, revision);
  return changed.length;
}

/** The flag with, or without, the mark which says that not all users have been decided by its rules yet. */
export function markUnsettled({ unsettled: _, ...flag }: Flag, unsettled: boolean): Flag {
  return unsettled ? { ...flag, unsettled } : flag;
}

/**
 * Marks the flags that this server cannot compile: the users whom it judges by their last form have to be judged again by a
 * server that can compile them. Gives how many it has marked.
 */
export async function markUncompiled(options: FlagMarksOptions): Promise<number> {
  const { flags, failures } = options.keeper.snapshot;
  const unmarked = failures
    .flatMap(({ flagKey }) => flags.get(flagKey) ?? [])
    .filter(({ stored }) => !stored.unsettled);
  return writeFlagMarks(
    options,
    unmarked.map(({ stored }) => stored.id),
    (_, stored) => stored.filter(({ unsettled }) => !unsettled).map((flag) => markUnsettled(flag, true)),
  );
}
