import { randomUUID } from 'node:crypto';
import type { Call } from '../../calls/caller.js';
import { requireComment, requireName } from '../../calls/check-input.js';
import { encodeToken } from '../../calls/consistency/consistency-token.js';
import { unavailable } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { lockUsers } from '../../configuration/confirm-snapshot.js';
import type { UserState } from '../../core/states/user-state.js';
import { PARTITIONS } from '../../core/values/partition.js';
import type { Notifier } from '../../notify/notifier.js';
import type { Store, Transaction } from '../../store/store.js';
import type { Touched } from '../../unlocking/judge-user.js';
import { recompute } from '../../unlocking/recompute.js';

export interface OrganizationDeletionOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
  /** The most rows that one transaction removes; 1 or more. */
  readonly rowsPerTransaction?: number;
}

export interface DeleteOrganizationInput {
  readonly id: string;
  /** For the audit; 1…1,000 characters. */
  readonly comment: string;
}

export interface OrganizationDeleted {
  /** Whether there was anything to remove. */
  readonly deleted: boolean;
  readonly consistencyToken: string;
}

const ROWS_PER_TRANSACTION = 5_000;
/** How many users one transaction locks, for which events of theirs have to wait. */
const USERS_PER_TRANSACTION = 100;
/** How many partitions one statement looks through. */
const PARTITIONS_AT_ONCE = 256;

/** Deletes organizations: see `docs/decisions/deleted-users.md`. */
export class OrganizationDeletion {
  readonly #options: OrganizationDeletionOptions;

  constructor(options: OrganizationDeletionOptions) {
    this.#options = options;
  }

  /**
   * Removes what is stored about an organization, then the membership of its users, a few at a time. A call that was interrupted can be
   * made again and goes on. What stays is the audit, its users, and empty rows with the revision and the instant of the deletion: what
   * members did up to then counts for it no more, however late it arrives.
   */
  async delete(call: Call, { id, comment }: DeleteOrganizationInput): Promise<OrganizationDeleted> {
    authorize(call, 'DeleteOrganization');
    requireName('organizationId', id, '/id');
    requireComment(comment, 'comment');
    const { store, notifier, rowsPerTransaction: limit = ROWS_PER_TRANSACTION } = this.#options;
    let deleted = false;
    let since: number | undefined;
    let revision = 0;
    for (let removed = limit; removed >= limit; ) {
      requireTime(call);
      const some = await store.transaction((tx) => this.#removeSome(tx, call, { id, comment }, since));
      ({ removed, revision } = some);
      since = some.at;
      deleted ||= some.changed;
      if (!some.changed) continue;
      await notifier.publish({ kind: 'organizations', organizations: [{ id, revision }] });
      await notifier.publish({ kind: 'tokens' });
    }
    const left = await this.#releaseUsers(call, { id, comment }, deleted);
    if (left) revision = (await this.#removeSince(call, id)) ?? revision;
    const consistencyToken = encodeToken({ epoch: await store.epoch(), organizations: [[id, revision]] });
    return { deleted: deleted || left, consistencyToken };
  }

  /** Removes one transaction's share; `since` is when the deletion began, undefined in the first transaction. */
  async #removeSome(tx: Transaction, call: Call, { id, comment }: DeleteOrganizationInput, since: number | undefined) {
    const { rowsPerTransaction: limit = ROWS_PER_TRANSACTION } = this.#options;
    const before = (await tx.organizations.lock([id])).get(id)!;
    await tx.earners.lock([id], new Set());
    // The time is read under the locks, so that everything that was counted up to it is removed.
    const at = since ?? (await tx.now());
    const removed = await tx.earners.remove(id, { at, limit });
    const { version, access } = before;
    const described = version > 0 || access.length > 0;
    const revoked = await tx.tokens.revokeOf(id, at);
    const changed = removed > 0 || described || revoked > 0;
    if (!changed) return { removed, changed, revision: before.revision, at };
    if (described) {
      await tx.organizations.put({ id, attributes: {}, strictRoles: false, roles: [], version: 0 });
      await tx.organizations.dropAccess(access);
    }
    await tx.versions.drop({ kind: 'roles', id });
    await tx.organizations.advance([id]);
    await tx.earners.advance([id], new Map([[id, at]]));
    if (since === undefined) await this.#record(tx, call, { id, comment }, { revision: before.revision, version });
    return { removed, changed, revision: before.revision + 1, at };
  }

  /**
   * Removes what has counted for it while its users left, and has nothing count that they did up to now. Gives its revision where there
   * was anything.
   */
  async #removeSince(call: Call, id: string): Promise<number | undefined> {
    const { store, notifier, rowsPerTransaction: limit = ROWS_PER_TRANSACTION } = this.#options;
    let revision: number | undefined;
    for (let removed = limit; removed >= limit; ) {
      requireTime(call);
      const some = await store.transaction(async (tx) => {
        const before = (await tx.organizations.lock([id])).get(id)!;
        await tx.earners.lock([id], new Set());
        const at = await tx.now();
        const rows = await tx.earners.remove(id, { at, limit });
        if (rows === 0) return { removed: rows, revision: undefined };
        await tx.organizations.advance([id]);
        await tx.earners.advance([id], new Map([[id, at]]));
        return { removed: rows, revision: before.revision + 1 };
      });
      removed = some.removed;
      if (some.revision === undefined) continue;
      revision = some.revision;
      await notifier.publish({ kind: 'organizations', organizations: [{ id, revision }] });
    }
    return revision;
  }

  /** Makes its users members of none, and drops the rows that it has for users; gives whether there were any. */
  async #releaseUsers(call: Call, { id, comment }: DeleteOrganizationInput, audited: boolean): Promise<boolean> {
    const { store, notifier } = this.#options;
    let any = false;
    for (let first = 0; first < PARTITIONS; first += PARTITIONS_AT_ONCE) {
      const userIds = await store.userPages.naming(id, { first, last: first + PARTITIONS_AT_ONCE - 1 });
      for (let i = 0; i < userIds.length; i += USERS_PER_TRANSACTION) {
        requireTime(call);
        const some = userIds.slice(i, i + USERS_PER_TRANSACTION);
        const revisions = await store.transaction(async (tx) => {
          const released = await this.#release(tx, id, some);
          // An organization of which nothing is stored but who is in it.
          if (!any && !audited) await this.#record(tx, call, { id, comment });
          return released;
        });
        if (revisions.length > 0) await notifier.publish({ kind: 'users', users: revisions });
        any = true;
      }
    }
    return any;
  }

  async #record(tx: Transaction, call: Call, { id, comment }: DeleteOrganizationInput, before?: object) {
    const change = { before, after: undefined, comment };
    await recordAudit(tx, call, await tx.now(), { action: 'organization.delete', target: id, ...change });
  }

  async #release(tx: Transaction, id: string, userIds: readonly string[]) {
    const { states, snapshot, now } = await lockUsers(tx, this.#options.keeper, userIds);
    const touched: Touched[] = [];
    for (const before of states.values()) {
      const after = released(before, id);
      const rows = before.access.filter(({ managedBy }) => managedBy === id);
      await tx.users.dropAccess(rows.map((row) => ({ ...row, userId: before.id, role: '', organizationId: '' })));
      if (before.expectedOrganization === id) await tx.users.expect([before.id], '');
      if (before.organizationId === id) {
        await tx.users.leave([before.id]);
        await tx.users.putMembership(before.id, { organizationId: '', since: now });
      }
      touched.push({ before, after, cause: { type: 'organization' } });
    }
    return (await recompute(tx, touched, { snapshot, now, batch: randomUUID() })).revisions;
  }
}

/** The user without the organization. Roles stay: they are the user's, and mean what they mean elsewhere. */
function released({ expectedOrganization, ...user }: UserState, id: string): UserState {
  return {
    ...user,
    ...(expectedOrganization !== undefined && expectedOrganization !== id ? { expectedOrganization } : {}),
    organizationId: user.organizationId === id ? '' : user.organizationId,
    access: user.access.filter(({ managedBy }) => managedBy !== id),
  };
}

function requireTime({ signal }: Call): void {
  if (signal?.aborted) throw unavailable('the call was cancelled while the organization was being deleted; call again');
}
