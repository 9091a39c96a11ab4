import { randomUUID } from 'node:crypto';
import type { Call } from '../../calls/caller.js';
import { unavailable } from '../../calls/errors.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { lockUsers } from '../../configuration/confirm-snapshot.js';
import { movedRoles, presentTarget, type RoleMove } from '../../core/states/role-change.js';
import type { Notifier } from '../../notify/notifier.js';
import type { Store, Transaction } from '../../store/store.js';
import type { Touched } from '../../unlocking/judge-user.js';
import { recompute } from '../../unlocking/recompute.js';
import { profileOf } from '../../unlocking/user-write.js';

export interface MoveOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/** How many users one transaction locks, for which events of theirs have to wait. */
const USERS_PER_TRANSACTION = 100;

/**
 * Gives all members who have a role the one to which it is moved, a few in each transaction; gives how many. It may be stopped anywhere
 * and begun again: whoever was not reached has the role that goes, which inherits the other one meanwhile. It ends by itself where
 * somebody else has ended the move and the other role is gone since.
 */
export async function moveMembers(
  { store, keeper, notifier }: MoveOptions,
  { signal }: Call,
  organizationId: string,
  move: RoleMove,
): Promise<number> {
  let moved = 0;
  for (;;) {
    if (signal?.aborted)
      throw unavailable(`the call was cancelled while members were being moved, ${moved} so far; call again`);
    const { items } = await store.members.list(organizationId, { limit: USERS_PER_TRANSACTION }, move.from);
    if (items.length === 0) return moved;
    const revisions = await store.transaction((tx) => moveSome(tx, keeper, { organizationId, move, userIds: items }));
    if (revisions === undefined) return moved;
    moved += revisions.length;
    if (revisions.length > 0) await notifier.publish({ kind: 'users', users: revisions });
  }
}

async function moveSome(
  tx: Transaction,
  keeper: ConfigurationKeeper,
  {
    organizationId,
    move,
    userIds,
  }: { readonly organizationId: string; readonly move: RoleMove; readonly userIds: readonly string[] },
) {
  const { states, snapshot, now } = await lockUsers(tx, keeper, userIds);
  // Another change of the roles may have been made since. From here on none is, until this is committed.
  const organization = (await tx.organizations.read([organizationId])).get(organizationId)!;
  const to = presentTarget(organization, move);
  if (to === undefined) return undefined;
  const touched: Touched[] = [];
  for (const before of states.values()) {
    // Whoever has left since, or was given other roles, is left alone.
    if (before.organizationId !== organizationId || !before.roles.includes(move.from)) continue;
    const after = { ...before, roles: movedRoles(before.roles, { from: move.from, to }) };
    touched.push({ before, after, cause: { type: 'organization' } });
  }
  await tx.users.putProfiles(touched.map(({ after }) => profileOf(after)));
  return (await recompute(tx, touched, { snapshot, now, batch: randomUUID() })).revisions;
}
