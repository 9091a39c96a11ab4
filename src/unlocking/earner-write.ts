import { randomUUID } from 'node:crypto';
import { encodeToken } from '../calls/consistency/consistency-token.js';
import { lockOrganizations } from '../configuration/confirm-snapshot.js';
import type { UserState } from '../core/states/user-state.js';
import type { Transaction } from '../store/store.js';
import type { Touched } from './judge-user.js';
import { recomputeOrganizations } from './recompute-organizations.js';
import type { UserEditInput, UserWriteOptions } from './user-write.js';

export interface EarnerWritten {
  /** The organization as an earner, as stored now. */
  readonly earner: UserState;
  readonly consistencyToken: string;
}

/**
 * Changes what one organization has earned, with all that follows from it, in one transaction, as `writeUser` does for a user. `edit`
 * gives the change, or undefined where nothing changes; it may be run again, and must change nothing but the store.
 */
export async function writeEarner(
  { store, keeper, notifier }: UserWriteOptions,
  id: string,
  edit: (tx: Transaction, input: UserEditInput) => Promise<Touched | undefined>,
): Promise<EarnerWritten> {
  const { earner, revision, changed } = await store.transaction(async (tx) => {
    const { states, organizations, snapshot, now } = await lockOrganizations(tx, keeper, [id]);
    const before = states.get(id)!;
    const present = organizations.get(id)!.revision;
    const touched = await edit(tx, { before, snapshot, now });
    if (touched === undefined) return { earner: before, revision: present, changed: false };
    const options = { snapshot, organizations, now, batch: randomUUID() };
    const { users, revisions } = await recomputeOrganizations(tx, [touched], options);
    return { earner: users[0]!, revision: revisions[0]?.revision ?? present, changed: revisions.length > 0 };
  });
  if (changed) await notifier.publish({ kind: 'organizations', organizations: [{ id, revision }] });
  return { earner, consistencyToken: encodeToken({ epoch: await store.epoch(), organizations: [[id, revision]] }) };
}
