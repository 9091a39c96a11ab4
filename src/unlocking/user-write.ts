import { randomUUID } from 'node:crypto';
import { encodeToken } from '../calls/consistency-token.js';
import type { ConfigurationKeeper } from '../configuration/configuration-keeper.js';
import { lockUsers } from '../configuration/confirm-snapshot.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { Cause, LedgerEntry } from '../core/states/ledger.js';
import type { UserState } from '../core/states/user-state.js';
import type { Notifier } from '../notify/notifier.js';
import type { Store, Transaction } from '../store/store.js';
import { recompute } from './recompute.js';

export interface UserWriteOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/** What an edit of one user makes of their state, or adds to their ledger; `undefined` where nothing changes. */
export type UserEdit = (
  tx: Transaction,
  input: UserEditInput,
) => Promise<UserState | { readonly entries: readonly LedgerEntry[] } | undefined>;

export interface UserEditInput {
  /** As it is, locked. */
  readonly before: UserState;
  readonly snapshot: Snapshot;
  /** The database's now. */
  readonly now: number;
}

export interface UserWritten {
  /** As now stored: with its new unlocks, at its new revision. */
  readonly user: UserState;
  /** Flags whose decision on stored state came on through this write. */
  readonly newlyUnlocked: readonly string[];
  /** Flags whose decision on stored state went off through this write. */
  readonly newlyLocked: readonly string[];
  readonly consistencyToken: string;
}

/**
 * Changes one user in one transaction, with all that follows from it: the user's lock, the confirmed configuration, the
 * change itself, the recompute. Notifies after the commit. `edit` may run again, and only touches the store.
 */
export async function writeUser(
  { store, keeper, notifier }: UserWriteOptions,
  userId: string,
  cause: Cause,
  edit: UserEdit,
): Promise<UserWritten> {
  const written = await store.transaction(async (tx) => {
    const { states, snapshot, now } = await lockUsers(tx, keeper, [userId]);
    const before = states.get(userId)!;
    const made = await edit(tx, { before, snapshot, now });
    const configuration = snapshot.revision;
    if (made === undefined) return { user: before, unlocked: [], locked: [], configuration, changed: false };
    const options = { snapshot, now, batch: randomUUID() };
    const touched = 'entries' in made ? { before, after: before, ...made } : { before, after: made };
    const { changes, users } = await recompute(tx, [{ ...touched, cause }], options);
    const { unlocked = [], locked = [] } = changes[0] ?? {};
    return { user: users[0]!, unlocked, locked, configuration, changed: true };
  });
  const { user, unlocked, locked, configuration, changed } = written;
  const { id, revision } = user;
  if (changed) await notifier.publish({ kind: 'users', users: [{ id, revision }] });
  const consistencyToken = encodeToken({ epoch: await store.epoch(), configuration, users: [[id, revision]] });
  return { user, newlyUnlocked: unlocked, newlyLocked: locked, consistencyToken };
}
