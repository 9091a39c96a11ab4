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

export interface FlagMarksChange {
  /** Gives those of the locked flags that are to change. */
  readonly among: (tx: Transaction, flags: readonly Flag[]) => Promise<readonly Flag[]> | readonly Flag[];
  /** Gives the flag as it is from this revision on. */
  readonly change: (flag: Flag, revision: number) => Flag;
}

/**
 * Changes marks of flags in one transaction, and tells every server. A changed mark makes no new version of a flag. Gives how
 * many have changed.
 */
export async function writeFlagMarks(
  { store, keeper, notifier }: FlagMarksOptions,
  flagIds: readonly string[],
  { among, change }: FlagMarksChange,
): Promise<number> {
  const { changed, revision } = await store.transaction(async (tx) => {
    const changed = await among(tx, await lockFlags(tx, flagIds));
    if (changed.length === 0) return { changed, revision: undefined };
    const revision = await tx.configuration.advance();
    for (const flag of changed) await tx.configuration.putFlag(change(flag, revision));
    return { changed, revision };
  });
  if (revision !== undefined) await announceConfiguration({ keeper, notifier }, revision);
  return changed.length;
}

/** The flag with the mark which says that not all users have been decided by its rules, as is noted at this revision. */
export function markUnsettled(flag: Flag, revision: number): Flag {
  return { ...flag, unsettledSince: revision };
}

/** The flag without that mark. */
export function markSettled({ unsettledSince: _, ...flag }: Flag): Flag {
  return flag;
}

/**
 * Marks the flags that this server cannot compile: the users whom it judges by their last form have to be judged again by a
 * server that can compile them. One that is marked is marked anew while a backfill is under way that would take the mark off,
 * since it may be past those users. Gives how many it has marked.
 */
export async function markUncompiled(options: FlagMarksOptions): Promise<number> {
  const { flags, failures } = options.keeper.snapshot;
  const uncompiled = failures.flatMap(({ flagKey }) => flags.get(flagKey)?.stored ?? []);
  const newest = new Map<string, number>();
  for (const { id: flagId } of uncompiled) {
    // A later backfill has a later revision, or the same.
    const { items } = await options.store.backfills.list({ limit: 1 }, { flagId, unfinished: true });
    for (const { revision } of items) newest.set(flagId, revision);
  }
  const concerned = ({ id, unsettledSince }: Flag): boolean =>
    unsettledSince === undefined || unsettledSince <= (newest.get(id) ?? -1);
  return writeFlagMarks(
    options,
    uncompiled.filter(concerned).map(({ id }) => id),
    { among: (_, stored) => stored.filter(concerned), change: markUnsettled },
  );
}
