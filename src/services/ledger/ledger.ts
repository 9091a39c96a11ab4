import { actorOf, type Call } from '../../calls/caller.js';
import { requireComment, requireName } from '../../calls/check-input.js';
import { invalidAt, notFound } from '../../calls/errors.js';
import { authorize, type Operation } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import type { CompiledFlag, Snapshot } from '../../core/snapshot/snapshot.js';
import type { Cause, Ledger, LedgerEntry } from '../../core/states/ledger.js';
import type { UserState } from '../../core/states/user-state.js';
import { type ManualKind, targetsOf } from '../../core/unlocking/ledger-change.js';
import { quote } from '../../core/values/json.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import type { LedgerOrder, UserLedgerEntry } from '../../store/user-store.js';
import { writeEarner } from '../../unlocking/earner-write.js';
import { type UserWriteOptions, type UserWritten, writeUser } from '../../unlocking/user-write.js';
import { mayKnowFlag, requireOwnOrganization } from '../access/caller-reach.js';
import { expectedIn } from '../access/expected-organization.js';
import { toldCause } from '../access/told-cause.js';
import { readOwnUser } from '../users/users.js';

export interface LedgerInput {
  /** '' where it is an organization's ledger. */
  readonly userId: string;
  /** Whose ledger it is where `userId` is ''. */
  readonly organizationId?: string;
  /** The flag's key, or its id. */
  readonly flag: string;
  /** The rule, or '' for the flag as a whole. */
  readonly ruleId: string;
  /** For the ledger and the audit; 1…1,000 characters. */
  readonly reason: string;
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
   * Gives a user or an organization a flag, or one of its rules, for good: whether or not they have earned it, and whatever a change
   * with RELOCK forgets. A revocation of it ends. Neither need be known. With a user, the organization is the one that the user is
   * expected in: while nobody has identified the user, it alone may.
   */
  grant(call: Call, input: LedgerInput): Promise<LedgerWritten> {
    return this.#write(call, 'granted', input);
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
    return this.#told(call, await store.history.ledger(userId, page));
  }

  /** The entries of the ledger of the user or, where `userId` is '', of the organization. */
  async unlocks(
    call: Call,
    of: Pick<LedgerInput, 'userId' | 'organizationId'>,
    page: PageRequest,
  ): Promise<Page<LedgerEntry>> {
    const { userId, organizationId = '' } = of;
    if (!isOfOrganization(of)) return this.userUnlocks(call, userId, page);
    authorize(call, 'ListUnlocks');
    requireName('organizationId', organizationId, '/organization_id');
    requireOwnOrganization(call, organizationId);
    return this.#told(call, await this.#options.store.history.organizationLedger(organizationId, page));
  }

  /** A page as the caller may see it, without entries of flags that they may not know of: it may be shorter than was asked for. */
  #told(call: Call, { items, ...more }: Page<LedgerEntry>): Page<LedgerEntry> {
    const { flagsById } = this.#options.keeper.snapshot;
    const known = items.filter(({ flagId }) => mayKnowFlag(call, flagsById.get(flagId)?.flag));
    return { ...more, items: known.map((entry) => ({ ...entry, cause: toldCause(call, entry.cause) })) };
  }

  /** A flag's entries in the ledgers of all users and organizations. */
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

  async #write(call: Call, kind: ManualKind, input: LedgerInput): Promise<LedgerWritten> {
    authorize(call, OPERATIONS[kind]);
    const { userId, organizationId = '' } = input;
    // A user who is given something may be expected in an organization.
    if (kind === 'granted' && userId !== '') return this.#writeUser(call, kind, input, organizationId);
    return isOfOrganization(input)
      ? this.#writeOrganization(call, kind, input, organizationId)
      : this.#writeUser(call, kind, input);
  }

  async #writeUser(call: Call, kind: ManualKind, input: LedgerInput, organizationId = ''): Promise<LedgerWritten> {
    const { userId, flag, reason } = input;
    requireName('userId', userId, '/user_id');
    if (organizationId !== '') requireName('organizationId', organizationId, '/organization_id');
    requireComment(reason, 'reason');
    const cause = causeOf(call, reason);
    let made: Pick<LedgerWritten, 'flagId' | 'entries'> = { flagId: '', entries: [] };
    const written = await writeUser(this.#options, userId, cause, async (tx, { before, snapshot, now }) => {
      const compiled = flagOf(snapshot, flag);
      made = entriesFor(compiled, { kind, input, ledger: before.ledger, now, cause });
      const after =
        organizationId === '' ? before : expectedIn(before, { organizationId, pointer: '/organization_id' });
      if (made.entries.length === 0 && after === before) return undefined;
      if (after !== before) await tx.users.expect([userId], organizationId);
      const audited = auditOf({ kind, compiled, whose: { userId }, before, entries: made.entries, reason });
      const expected = after === before ? {} : { expectedOrganization: organizationId };
      await recordAudit(tx, call, now, { ...audited, after: { ...audited.after, ...expected } });
      return { entries: made.entries, after };
    });
    return { ...written, ...made };
  }

  async #writeOrganization(call: Call, kind: ManualKind, input: LedgerInput, id: string): Promise<LedgerWritten> {
    requireName('organizationId', id, '/organization_id');
    requireOwnOrganization(call, id);
    requireComment(input.reason, 'reason');
    const cause = causeOf(call, input.reason);
    let made: Pick<LedgerWritten, 'flagId' | 'entries'> = { flagId: '', entries: [] };
    const { earner, consistencyToken } = await writeEarner(this.#options, id, async (tx, { before, snapshot, now }) => {
      const { flag } = flagOf(snapshot, input.flag);
      const compiled = snapshot.organizationEarners?.judging.flagsById.get(flag.id);
      if (compiled === undefined)
        throw invalidAt(
          '/flag',
          `organizations earn no rule of the flag ${quote(flag.key)}; put an access row to give it to one`,
        );
      made = entriesFor(compiled, { kind, input, ledger: before.ledger, now, cause });
      if (made.entries.length === 0) return undefined;
      const whose = { organizationId: id };
      await recordAudit(
        tx,
        call,
        now,
        auditOf({ kind, compiled, whose, before, entries: made.entries, reason: input.reason }),
      );
      return { before, after: before, entries: made.entries, cause };
    });
    return { user: earner, newlyUnlocked: [], newlyLocked: [], consistencyToken, ...made };
  }
}

/** Whether a ledger is asked for by an organization alone. Throws INVALID where it is asked for by both. */
function isOfOrganization({ userId, organizationId = '' }: Pick<LedgerInput, 'userId' | 'organizationId'>): boolean {
  if (userId !== '' && organizationId !== '')
    throw invalidAt('/organization_id', `${quote(organizationId)} stands beside user_id; give one of the two`);
  return organizationId !== '';
}

function causeOf({ caller }: Call, reason: string): Cause {
  return { type: 'manual', actor: actorOf(caller), reason };
}

interface Entering {
  readonly kind: ManualKind;
  readonly input: LedgerInput;
  /** As it stands. */
  readonly ledger: Ledger;
  readonly now: number;
  readonly cause: Cause;
}

/** The entries that are due. Rejects with NOT_FOUND where neither the flag nor the ledger has the rule. */
function entriesFor(
  compiled: CompiledFlag,
  { kind, input: { ruleId }, ledger, now, cause }: Entering,
): Pick<LedgerWritten, 'flagId' | 'entries'> {
  const targets = targetsOf(kind, compiled, ledger, ruleId);
  if (targets === undefined) throw notFound(`the flag ${quote(compiled.flag.key)} has no rule ${quote(ruleId)}`);
  const flagId = compiled.flag.id;
  return {
    flagId,
    entries: targets.map((target) => ({ flagId, ...target, kind, earnedAt: now, recordedAt: now, cause })),
  };
}

interface Audited {
  readonly kind: ManualKind;
  readonly compiled: CompiledFlag;
  readonly whose: { readonly userId: string } | { readonly organizationId: string };
  readonly before: UserState;
  readonly entries: readonly LedgerEntry[];
  readonly reason: string;
}

function auditOf({ kind, compiled: { flag }, whose, before, entries, reason }: Audited) {
  const standings = before.ledger.get(flag.id);
  return {
    action: ACTIONS[kind],
    target: flag.key,
    before: {
      ...whose,
      rules: entries.map(({ ruleId }) => ({ ruleId, state: standings?.get(ruleId)?.state ?? null })),
    },
    after: { ...whose, rules: entries.map(({ ruleId }) => ({ ruleId, kind })) },
    comment: reason,
  };
}

function flagOf({ flags, flagsById }: Snapshot, keyOrId: string): CompiledFlag {
  const compiled = flags.get(keyOrId) ?? flagsById.get(keyOrId);
  if (compiled === undefined) throw notFound(`no flag ${quote(keyOrId)}`);
  return compiled;
}
