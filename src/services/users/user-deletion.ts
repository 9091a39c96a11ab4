import type { Call } from '../../calls/caller.js';
import { requireComment, requireName } from '../../calls/check-input.js';
import { encodeToken } from '../../calls/consistency/consistency-token.js';
import { unavailable } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import { ERASED, erasedText } from '../../core/history/erased.js';
import { isNobody, NO_ACTIONS } from '../../core/states/user-state.js';
import { ANY_ACTION } from '../../core/values/names.js';
import type { Notifier } from '../../notify/notifier.js';
import type { Store, Transaction } from '../../store/store.js';
import type { DeletedTotals } from '../../store/user-store.js';

export interface UserDeletionOptions {
  readonly store: Store;
  readonly notifier: Notifier;
  /** The most rows that one transaction removes; 1 or more. */
  readonly rowsPerTransaction?: number;
}

export interface DeleteUserInput {
  readonly userId: string;
  /** For the audit; 1…1,000 characters. */
  readonly comment: string;
}

export interface UserDeleted {
  /** Whether there was anything to remove. */
  readonly deleted: boolean;
  readonly consistencyToken: string;
}

const ROWS_PER_TRANSACTION = 5_000;
/** Entries of the audit may be large, and each is written anew. */
const ENTRIES_PER_TRANSACTION = 200;

/** Deletes users: see `docs/decisions/deleted-users.md`. */
export class UserDeletion {
  readonly #options: UserDeletionOptions;

  constructor(options: UserDeletionOptions) {
    this.#options = options;
  }

  /**
   * Removes what is stored about a user: in one transaction or, where there is very much, in several that each take the
   * user's lock. A call that was interrupted can be made again and goes on.
   *
   * In what others did, and in what the user did as an operator, the audit then says that there was somebody, and not who.
   *
   * What stays: sums over all deleted users, and an empty row with the revision and the instant of the deletion.
   * The revision keeps caches from taking the old state for the newer one; events that occurred up to the instant never
   * count, however late they arrive. Later events, and an identify, make the user anew.
   */
  async delete(call: Call, { userId, comment }: DeleteUserInput): Promise<UserDeleted> {
    authorize(call, 'DeleteUser');
    requireName('userId', userId, '/user_id');
    requireComment(comment, 'comment');
    const { store, notifier, rowsPerTransaction: limit = ROWS_PER_TRANSACTION } = this.#options;
    let deleted = false;
    let since: number | undefined;
    for (;;) {
      const { removed, changed, revision, at } = await store.transaction((tx) =>
        this.#removeSome(tx, call, { userId, comment }, since),
      );
      // Their sessions went with the first share: no server honours one any longer.
      if (since === undefined) await notifier.publish({ kind: 'tokens' });
      since = at;
      deleted ||= changed;
      if (changed) await notifier.publish({ kind: 'users', users: [{ id: userId, revision }] });
      if (removed < limit) {
        await this.#eraseFromAudit(call, userId, limit);
        const consistencyToken = encodeToken({ epoch: await store.epoch(), users: [[userId, revision]] });
        return { deleted, consistencyToken };
      }
      requireTime(call);
    }
  }

  /** Takes the person out of the audit, out of versions, and out of ledgers of others for whom they acted. */
  async #eraseFromAudit(call: Call, userId: string, limit: number): Promise<void> {
    const { store } = this.#options;
    const some = () =>
      store.transaction((tx) => tx.audit.erasePerson(userId, Math.min(limit, ENTRIES_PER_TRANSACTION)));
    while ((await some()) > 0) requireTime(call);
  }

  /** Removes one transaction's share; `since` is when the deletion began, undefined in the first transaction. */
  async #removeSome(tx: Transaction, call: Call, { userId, comment }: DeleteUserInput, since: number | undefined) {
    const { rowsPerTransaction: limit = ROWS_PER_TRANSACTION } = this.#options;
    const before = (await tx.users.lock([userId], NO_ACTIONS)).get(userId)!;
    if (since === undefined) await tx.tokens.forgetSessionsOf(userId);
    // The time is read under the lock, so that everything that was counted up to it is removed.
    const at = since ?? (await tx.now());
    const removed = await tx.users.remove(userId, { at, limit });
    const empty = isNobody(before);
    const changed = removed > 0 || !empty;
    if (!changed) return { removed, changed, revision: before.revision, at };
    await tx.users.advance([userId], new Map([[userId, at]]));
    if (since === undefined) {
      if (!empty) await tx.users.countDeleted();
      // The entry says that somebody was deleted, by whom and why. It is the first to forget who.
      const change = { before: undefined, after: undefined, comment: erasedText(comment, userId) };
      await recordAudit(tx, call, at, { action: 'user.delete', target: ERASED, ...change });
    }
    return { removed, changed, revision: before.revision + 1, at };
  }

  /** The sums of what all deleted users had. */
  async totals(call: Call): Promise<DeletedTotals> {
    authorize(call, 'GetDeletedTotals');
    const { actions, ...totals } = await this.#options.store.history.deletedTotals();
    return { ...totals, actions: new Map([...actions].filter(([action]) => action !== ANY_ACTION)) };
  }
}

function requireTime({ signal }: Call): void {
  if (signal?.aborted) throw unavailable('the call was cancelled while the user was being deleted; call again');
}
