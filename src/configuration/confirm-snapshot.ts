import { compileSnapshot } from '../core/snapshot/compile-snapshot.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { UserState } from '../core/states/user-state.js';
import type { Transaction } from '../store/store.js';
import type { ConfigurationKeeper } from './configuration-keeper.js';

export interface ConfirmedSnapshot {
  readonly snapshot: Snapshot;
  /** The database's now, in epoch milliseconds. */
  readonly now: number;
}

/** The snapshot of the revision that this transaction has confirmed and holds; brought up to it in here where ours is behind. */
export async function confirmSnapshot(tx: Transaction, keeper: ConfigurationKeeper): Promise<ConfirmedSnapshot> {
  const { revision, now } = await tx.configuration.confirmRevision();
  return { snapshot: await snapshotAt(tx, keeper, revision), now };
}

/** The snapshot of a revision that this transaction holds, before it changes anything itself. */
export async function snapshotAt(tx: Transaction, keeper: ConfigurationKeeper, revision: number): Promise<Snapshot> {
  if (!keeper.holds(revision)) await keeper.follow(tx.configuration, revision);
  if (keeper.holds(revision) && keeper.snapshot.revision === revision) return keeper.snapshot;
  // The store has begun another life, which the keeper has yet to learn of, or learned of just now.
  return compileSnapshot({ ...(await tx.configuration.load()), revision }, keeper.snapshot);
}

/**
 * Locks these users, reads their states and confirms the snapshot, in this order and at once: what is read after the locks
 * is what is committed, and the configuration is held until the commit.
 */
export async function lockUsers(
  tx: Transaction,
  keeper: ConfigurationKeeper,
  userIds: readonly string[],
): Promise<ConfirmedSnapshot & { readonly states: ReadonlyMap<string, UserState> }> {
  const [states, confirmed] = await Promise.all([tx.users.lock(userIds), confirmSnapshot(tx, keeper)]);
  return { states, ...confirmed };
}
