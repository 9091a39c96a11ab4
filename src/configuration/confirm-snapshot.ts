import { compileSnapshot } from '../core/snapshot/compiling/compile-snapshot.js';
import { earnerDaysOf, type Snapshot } from '../core/snapshot/snapshot.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import { hasDaysOf, NO_ACTIONS, type UserState } from '../core/states/user-state.js';
import type { Transaction } from '../store/store.js';
import type { ConfigurationKeeper } from './configuration-keeper.js';

export interface ConfirmedSnapshot {
  readonly snapshot: Snapshot;
  /** The present instant by the database's clock, in epoch milliseconds. */
  readonly now: number;
}

/**
 * Confirms the configuration's revision, which cannot change then until the transaction ends, and gives its snapshot. Where the
 * keeper's is older, it is brought up to date within the transaction.
 */
export async function confirmSnapshot(tx: Transaction, keeper: ConfigurationKeeper): Promise<ConfirmedSnapshot> {
  const { revision, now } = await tx.configuration.confirmRevision();
  return { snapshot: await snapshotAt(tx, keeper, revision), now };
}

/** The snapshot of a revision that this transaction has confirmed, and before it has changed anything itself. */
export async function snapshotAt(tx: Transaction, keeper: ConfigurationKeeper, revision: number): Promise<Snapshot> {
  if (!keeper.holds(revision)) await keeper.follow(tx.configuration, revision);
  if (keeper.holds(revision) && keeper.snapshot.revision === revision) return keeper.snapshot;
  // Another epoch has begun, of which the keeper does not know yet, or knows only since a moment.
  return compileSnapshot({ ...(await tx.configuration.load()), revision }, keeper.snapshot);
}

/**
 * Locks users, reads their states and confirms the snapshot, in this order but by one round trip. What is read after the locks
 * is what is committed, and the configuration cannot change until the commit. Of the days of actions those are read that rules
 * window, and derived actions are counted as they are derived when the users are read: where the confirmed snapshot windows more than the
 * one that was held, or derives actions otherwise, the users are read again.
 */
export async function lockUsers(
  tx: Transaction,
  keeper: ConfigurationKeeper,
  userIds: readonly string[],
): Promise<ConfirmedSnapshot & { readonly states: ReadonlyMap<string, UserState> }> {
  const { windowedActions: held, derivations } = keeper.snapshot;
  const [states, confirmed] = await Promise.all([tx.users.lock(userIds, held), confirmSnapshot(tx, keeper)]);
  const { windowedActions } = confirmed.snapshot;
  if (hasDaysOf({ daysOf: held }, windowedActions) && confirmed.snapshot.derivations === derivations)
    return { states, ...confirmed };
  return { states: await tx.users.lock(userIds, windowedActions), ...confirmed };
}

/** {@link lockUsers} for organizations as earners: their rows first, since their revisions grow with what they earn. */
export async function lockOrganizations(
  tx: Transaction,
  keeper: ConfigurationKeeper,
  ids: readonly string[],
): Promise<
  ConfirmedSnapshot & {
    readonly states: ReadonlyMap<string, UserState>;
    readonly organizations: ReadonlyMap<string, OrganizationState>;
  }
> {
  const held = earnerDaysOf(keeper.snapshot);
  const derivations = keeper.snapshot.organizationEarners?.judging.derivations;
  const [organizations, states, confirmed] = await Promise.all([
    tx.organizations.lock(ids),
    tx.earners.lock(ids, held),
    confirmSnapshot(tx, keeper),
  ]);
  const wanted = earnerDaysOf(confirmed.snapshot);
  const isRead =
    wanted === undefined ||
    (hasDaysOf({ daysOf: held ?? NO_ACTIONS }, wanted) &&
      confirmed.snapshot.organizationEarners?.judging.derivations === derivations);
  if (isRead) return { organizations, states, ...confirmed };
  return { organizations, states: await tx.earners.lock(ids, wanted), ...confirmed };
}
