import { actorOf, type Call } from '../../calls/caller.js';
import { requireComment, requireName } from '../../calls/check-input.js';
import { notFound } from '../../calls/errors.js';
import { authorize, type Operation } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import type { CompiledFlag, Snapshot } from '../../core/snapshot/snapshot.js';
import type { Cause, LedgerEntry } from '../../core/states/ledger.js';
import { type ManualKind, targetsOf } from '../../core/unlocking/ledger-change.js';
import { quote } from '../../core/values/json.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import type { LedgerOrder, UserLedgerEntry } from '../../store/user-store.js';
import { type UserWriteOptions, type UserWritten, writeUser } from '../../unlocking/user-write.js';
import { expectedIn } from '../access/expected-organization.js';
import { readOwnUser } from '../users/users.js';

export interface LedgerInput {
  readonly userId: string;
  /** The flag's key, or its id. */
  readonly flag: string;
  /** The rule, or '' for the flag as a whole. */
  readonly ruleId: string;
  /** For the ledger and the audit; 1…1,000 characters. */
  readonly reason: string;
}

export interface GrantInput extends LedgerInput {
  /** Not '': the organization that the user is expected in. While nobody has identified the user, it alone may. */
  readonly organizationId?: string;
}

export interface LedgerWritten extends UserWritten {
  readonly flagId: string;
  /** The entries that were made; none where the user stood so already. */
  readonly entries: readonly LedgerEntry[];
}

const OPERATIONS = {
  granted: 'GrantUnlock',
  revoked: 'RevokeUnlock',
  rearmed: 'RearmUnlock',
} as const satisfies Record<ManualKind, Operation>;

const ACTIONS: Readonly<Record<ManualKind, string>> = {
  granted: 'unlock.grant',
  revoked: 'unlock.revoke',
  rearmed: 'unlock.rearm',
};

/** What the ledger holds of a user and of a flag, and what operators do to it by hand. */
export class LedgerService {
  readonly #options: UserWriteOptions & { readonly store: Store };

  constructor(options: UserWriteOptions) {
    this.#options = options;
  }

  /**
   * Gives a user a flag, or one of its rules, for good: whether or not they have earned it, and whatever a change with
   * RELOCK forgets. A revocation of it ends. The user need not be known.
   */
  grant(call: Call, input: GrantInput): Promise<LedgerWritten> {
    return this.#write(call, 'granted', input, input.organizationId);
  }

  /**
   * Bars a user from a rule until it is granted or rearmed: it neither turns the flag on nor latches. Without a rule, bars
   * the user from every rule that the flag has now and every rule of it in their ledger, and takes a grant of the flag away.
   * Access rows and other lines of the order of evaluation may still turn the flag on.
   */
  revoke(call: Call, input: LedgerInput): Promise<LedgerWritten> {
    return this.#write(call, 'revoked', input);
  }

  /**
   * Forgets a user's unlock, grant or revocation of a rule, or of the whole flag. A rule that is true for the user at that
   * moment unlocks at once.
   */
  rearm(call: Call, input: LedgerInput): Promise<LedgerWritten> {
    return this.#write(call, 'rearmed', input);
  }

  /** The entries of a user's ledger, oldest first. */
  async userUnlocks(call: Call, userId: string, page: PageRequest): Promise<Page<LedgerEntry>> {
    authorize(call, 'ListUnlocks');
    const { store } = this.#options;
    await readOwnUser(store, call, userId);
    return store.history.ledger(userId, page);
  }

  /** A flag's entries in the ledgers of all users. */
  async flagUnlocks(
    call: Call,
    flag: string,
    page: PageRequest,
    order: LedgerOrder,
  ): Promise<Page<UserLedgerEntry> & { readonly flagId: string }> {
    authorize(call, 'ListFlagUnlocks');
    const { store } = this.#options;
    const stored = await store.configuration.flag(flag);
    if (stored === undefined) throw notFound(`no flag ${quote(flag)}`);
    return { flagId: stored.id, ...(await store.history.flagLedger(stored.id, page, order)) };
  }

  async #write(
    call: Call,
    kind: ManualKind,
    { userId, flag, ruleId, reason }: LedgerInput,
    organizationId = '',
  ): Promise<LedgerWritten> {
    authorize(call, OPERATIONS[kind]);
    requireName('userId', userId, '/user_id');
    if (organizationId !== '') requireName('organizationId', organizationId, '/organization_id');
    requireComment(reason, 'reason');
    const cause: Cause = { type: 'manual', actor: actorOf(call.caller), reason };
    let made: Pick<LedgerWritten, 'flagId' | 'entries'> = { flagId: '', entries: [] };
    const written = await writeUser(this.#options, userId, cause, async (tx, { before, snapshot, now }) => {
      const compiled = flagOf(snapshot, flag);
      const targets = targetsOf(kind, compiled, before.ledger, ruleId);
      if (targets === undefined) throw notFound(`the flag ${quote(compiled.flag.key)} has no rule ${quote(ruleId)}`);
      const flagId = compiled.flag.id;
      const entries = targets.map((target) => ({ flagId, ...target, kind, earnedAt: now, recordedAt: now, cause }));
      made = { flagId, entries };
      const after =
        organizationId === '' ? before : expectedIn(before, { organizationId, pointer: '/organization_id' });
      if (entries.length === 0 && after === before) return undefined;
      if (after !== before) await tx.users.expect([userId], organizationId);
      const standing = (ids: readonly string[]) =>
        ids.map((id) => ({ ruleId: id, state: before.ledger.get(flagId)?.get(id)?.state ?? null }));
      await recordAudit(tx, call, now, {
        action: ACTIONS[kind],
        target: compiled.flag.key,
        before: { userId, rules: standing(entries.map((entry) => entry.ruleId)) },
        after: {
          ...{ userId, rules: entries.map((entry) => ({ ruleId: entry.ruleId, kind })) },
          ...(after === before ? {} : { expectedOrganization: organizationId }),
        },
        comment: reason,
      });
      return { entries, after };
    });
    return { ...written, ...made };
  }
}

function flagOf({ flags, flagsById }: Snapshot, keyOrId: string): CompiledFlag {
  const compiled = flags.get(keyOrId) ?? flagsById.get(keyOrId);
  if (compiled === undefined) throw notFound(`no flag ${quote(keyOrId)}`);
  return compiled;
}
