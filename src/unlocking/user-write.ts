import { randomUUID } from 'node:crypto';
import { encodeToken } from '../calls/consistency/consistency-token.js';
import type { ConfigurationKeeper } from '../configuration/configuration-keeper.js';
import { lockUsers } from '../configuration/confirm-snapshot.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { Cause, LedgerEntry } from '../core/states/ledger.js';
import type { UserState } from '../core/states/user-state.js';
import type { Notifier } from '../notify/notifier.js';
import type { Store, Transaction } from '../store/store.js';
import type { UserProfile } from '../store/user-store.js';
import { recompute } from './recompute.js';

export interface UserWriteOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/** Entries for the ledger, and the state apart from them where the edit has changed that, too. */
export interface LedgerEdit {
  readonly entries: readonly LedgerEntry[];
  readonly after?: UserState;
}

/** Edits one user: gives the state after the edit, or entries for the ledger, or undefined where nothing changes. */
export type UserEdit = (tx: Transaction, input: UserEditInput) => Promise<UserState | LedgerEdit | undefined>;

export interface UserEditInput {
  /** The user's state when the lock was taken. */
  readonly before: UserState;
  readonly snapshot: Snapshot;
  /** The present instant by the database's clock. */
  readonly now: number;
}

export interface UserWritten {
  /** The user as stored now, with new unlocks and the new revision. */
  readonly user: UserState;
  /** The keys of the flags that this write turned on, as decided on stored state. */
  readonly newlyUnlocked: readonly string[];
  /** The keys of the flags that this write turned off, likewise. */
  readonly newlyLocked: readonly string[];
  readonly consistencyToken: string;
}

/**
 * Changes one user, with all that follows from it, in one transaction: it locks the user, confirms the configuration, makes the
 * edit, and recomputes. After the commit it publishes a notice. `edit` may be run again, and must change nothing but the store.
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

/** What of a user's state is the profile. */
export function profileOf(user: UserState): UserProfile {
  const { id, organizationId, roles, joinedAt, emailVerified, attributes, timeZone } = user;
  const { identified, expectedOrganization } = user;
  return {
    ...{ userId: id, organizationId, roles, emailVerified, attributes, identified: identified === true },
    ...(joinedAt === undefined ? {} : { joinedAt }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(expectedOrganization === undefined ? {} : { expectedOrganization }),
  };
}
