import type { Call, Caller } from '../../calls/caller.js';
import { checkComment } from '../../calls/check-input.js';
import { encodeToken } from '../../calls/consistency/consistency-token.js';
import { forbidden } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { announceConfiguration } from '../../configuration/configuration-write.js';
import type { DayKnowledge } from '../../configuration/day-knowledge.js';
import type { FlippedFlag } from '../../core/deciding/decision.js';
import type { AccessRow, Flag } from '../../core/flags/flag.js';
import type { Fault } from '../../core/values/fault.js';
import type { Notifier, RevisionOf } from '../../notify/notifier.js';
import { KeyTaken } from '../../store/configuration-store.js';
import type { Store } from '../../store/store.js';
import { type AccessInput, type ExpectedInput, parseAccessRows, parseExpectedRows } from '../access/access-rows.js';
import { managerOf, mayKnow } from '../access/caller-reach.js';
import { checkFlagName, type FlagDraft, saysAnything } from './flag-draft.js';
import { type FlagWriteInput, type FlagWriteOutcome, writeFlag } from './flag-write.js';

export interface SetFlagInput extends FlagDraft {
  /**
   * The version that the flag must have, 0 if it must not exist yet; undefined for any. Another one is refused even where
   * nothing would change.
   */
  readonly expectedVersion: number | undefined;
  /** Not '': the id that the flag of this key had at the expected version. */
  readonly expectedId?: string | undefined;
  /** Whether the key of an archived flag is given to a new one; see {@link FlagWriteInput}. */
  readonly startAnew?: boolean | undefined;
  readonly comment: string;
  readonly access: readonly AccessInput[];
  readonly removeAccess: readonly AccessInput[];
  /** See {@link FlagWriteInput}. */
  readonly expectedRows?: FlagWriteInput['expectedRows'];
  /** The same as callers give it; not both. */
  readonly expectedAccess?: ExpectedInput | undefined;
}

export interface FlagWritten {
  /** The flag as it is now; an organization is not shown the platform's policy. */
  readonly flag: Flag;
  /** The rows that were put, as they are now. */
  readonly access: readonly AccessRow[];
  /** What is allowed but probably not meant. */
  readonly warnings: readonly Fault[];
  /** The backfill that this change has started; undefined where no user can have earned anything by it. */
  readonly backfillId: string | undefined;
  /**
   * The flags that this write turned on, or off, for users whose own rows it changes, as decided on stored state. Other users
   * are told by streams.
   */
  readonly newlyUnlocked: readonly FlippedFlag[];
  readonly newlyLocked: readonly FlippedFlag[];
  readonly consistencyToken: string;
}

export interface FlagServiceOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
  readonly dayKnowledge: Pick<DayKnowledge, 'read'>;
  readonly retentionDays: number;
  /** Whether the properties of counted events are dropped. */
  readonly propertiesDropped: boolean;
}

/** Creates and changes flags and their access rows. */
export class FlagService {
  readonly #options: FlagServiceOptions;

  constructor(options: FlagServiceOptions) {
    this.#options = options;
  }

  /**
   * Creates or changes a flag and its access rows, in one transaction. The same call once more changes nothing. Rejects with
   * CONFLICT, which tells the present version, when the flag is not at the expected one; with INVALID and all faults.
   */
  async set(call: Call, request: SetFlagInput): Promise<FlagWritten> {
    authorize(call, 'SetFlag');
    const checked = checkedInput(call.caller, request);
    const { store, keeper, dayKnowledge, retentionDays, propertiesDropped } = this.#options;
    const kept = { retentionDays, propertiesDropped };
    const input = { ...checked, kept, known: await dayKnowledge.read() };
    const write = () => store.transaction((tx) => writeFlag(tx, call, input, keeper));
    const outcome = await write().catch((error: unknown) => {
      // Another call has created the flag meanwhile: this one now changes it, or is told of it.
      if (error instanceof KeyTaken) return write();
      throw error;
    });
    await this.#announce(outcome);

    const { flag, access, warnings, backfillId, flips, revision, named } = outcome;
    const consistencyToken = encodeToken({
      epoch: await store.epoch(),
      configuration: revision,
      users: pairs(named.users),
      organizations: pairs(named.organizations),
    });
    const told = ({ flagKey }: FlippedFlag): boolean => mayKnow(call, flagKey, keeper.snapshot);
    return {
      ...{ flag, access, warnings, backfillId, consistencyToken },
      newlyUnlocked: flips.unlocked.filter(told),
      newlyLocked: flips.locked.filter(told),
    };
  }

  async #announce({ configuration, revision, changed }: FlagWriteOutcome): Promise<void> {
    const { keeper, notifier } = this.#options;
    const { users, organizations } = changed;
    if (configuration !== undefined) await announceConfiguration({ keeper, notifier }, revision, configuration);
    if (users.length > 0) await notifier.publish({ kind: 'users', users });
    if (organizations.length > 0) await notifier.publish({ kind: 'organizations', organizations });
  }
}

/** Checks a request by itself, in the order in which a caller should be told what is wrong. */
function checkedInput(caller: Caller, request: SetFlagInput): Omit<FlagWriteInput, 'known' | 'kept'> {
  checkFlagName(request.keyOrId);
  checkComment(request.comment);
  const manager = managerOf(caller, 'SetFlag');
  if (manager !== '' && saysAnything(request.input)) {
    throw forbidden('only the platform changes a flag; an organization puts access rows of its own on delegated flags');
  }
  if (manager !== '' && request.startAnew === true) throw forbidden('only the platform starts a flag anew');
  const { expectedAccess, ...rest } = request;
  const rows = parseAccessRows(request.access, request.removeAccess, manager);
  const expected = expectedAccess && { expectedRows: parseExpectedRows(expectedAccess, rows, manager) };
  return { ...rest, manager, rows, ...expected };
}

function pairs(revisions: readonly RevisionOf[]): readonly (readonly [string, number])[] {
  return revisions.map(({ id, revision }) => [id, revision] as const);
}
