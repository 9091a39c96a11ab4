import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { lockOrganizations, lockUsers } from '../../configuration/confirm-snapshot.js';
import { isOrganizationPartition } from '../../core/values/partition.js';
import type { Store } from '../../store/store.js';
import { FIRST_ORGANIZATION, FIRST_USER, type UserCursor } from '../../store/user-pages.js';

export interface SettleDerivedOptions {
  readonly store: Pick<Store, 'derived' | 'transaction'>;
  readonly keeper: ConfigurationKeeper;
  /** Awaited between small steps: resolves when there is nothing more urgent to do, or after a while in any case. */
  readonly giveWay: () => Promise<void>;
}

/** How many users one transaction locks, for which events of theirs have to wait. */
const USERS_PER_TRANSACTION = 100;

/**
 * Counts derived actions for good, for everybody whom a changed declaration concerns: whoever is locked is brought up to date. Until then
 * it is done whenever a user is read, which is right, too, but takes longer, and can be done only while the events are kept. Gives
 * whether everybody is up to date. It may be stopped anywhere, and run twice at the same time. Organizations come first: more is kept of
 * one than of a user, and it is read with each of its members.
 */
export async function settleDerived(
  { store, keeper, giveWay }: SettleDerivedOptions,
  signal?: AbortSignal,
): Promise<boolean> {
  const revision = await store.derived.unsettled();
  if (revision === undefined) return true;
  for (const first of [FIRST_ORGANIZATION, FIRST_USER]) {
    for (let after: UserCursor = first; ; ) {
      if (signal?.aborted) return false;
      await giveWay();
      const behind = await store.derived.behind(revision, after, USERS_PER_TRANSACTION);
      const last = behind.at(-1);
      if (last === undefined) break;
      const [earners, users] = [true, false].map((organizations) =>
        behind
          .filter(({ partition }) => isOrganizationPartition(partition) === organizations)
          .map(({ userId }) => userId),
      ) as [string[], string[]];
      if (users.length > 0) await store.transaction(async (tx) => void (await lockUsers(tx, keeper, users)));
      // Of one so much may be kept that others would have to wait for it.
      for (const id of earners) await store.transaction(async (tx) => void (await lockOrganizations(tx, keeper, [id])));
      after = last;
    }
  }
  await store.derived.settled(revision);
  return true;
}
