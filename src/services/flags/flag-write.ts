import { randomUUID } from 'node:crypto';
import { announceFlag } from '../../announcing/announcements.js';
import type { Call } from '../../calls/caller.js';
import { notFound } from '../../calls/errors.js';
import { recordAudit } from '../../calls/record-audit.js';
import { requireVersion } from '../../calls/stale-version.js';
import { backfillChanges } from '../../configuration/backfill-start.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { type LockedConfiguration, lockConfiguration } from '../../configuration/configuration-write.js';
import type { AccessRow, Flag } from '../../core/flags/flag.js';
import type { FlippedFlag, FlippedFlags } from '../../core/flags/flipped-flag.js';
import { compileSnapshot } from '../../core/snapshot/compile-snapshot.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { UserState } from '../../core/states/user-state.js';
import type { Fault } from '../../core/values/fault.js';
import { quote } from '../../core/values/json.js';
import type { RevisionOf } from '../../notify/notifier.js';
import type { Transaction } from '../../store/store.js';
import { recompute } from '../../unlocking/recompute.js';
import {
  type AccessChange,
  accessAfter,
  accessChange,
  lockRowOwners,
  type RowOwners,
  usersChanged,
  writeAccess,
} from '../access/access-change.js';
import { isRoleRow, type NamedRows } from '../access/access-rows.js';
import { requireDelegated } from '../access/caller-reach.js';
import { checkDrafted, checkNamed, draftedFlag, type FlagDraft, saysAnything, warningsOf } from './flag-draft.js';

export interface FlagWriteInput extends FlagDraft {
  /** 0: must not exist yet; undefined: whatever it is. */
  readonly expectedVersion: number | undefined;
  /** Not '': the id that the flag of this key had at the expected version. */
  readonly expectedId?: string | undefined;
  readonly comment: string;
  readonly rows: NamedRows;
  /** Who manages the rows: '' the platform, else the organization. */
  readonly manager: string;
}

/** What was written, and who has to be told of it; nobody where nothing was to be changed. */
export interface FlagWriteOutcome {
  /** As the caller may see it. */
  readonly flag: Flag;
  /** The rows that the call put, as they now are. */
  readonly access: readonly AccessRow[];
  readonly warnings: readonly Fault[];
  readonly backfillId: string | undefined;
  readonly flips: FlippedFlags;
  /** The configuration's, of this change where it is one. */
  readonly revision: number;
  readonly configurationChanged: boolean;
  /** Users and organizations whose rows the call names, each with its present revision, and those of them that changed. */
  readonly named: Revisions;
  readonly changed: Revisions;
}

export interface Revisions {
  readonly users: readonly RevisionOf[];
  readonly organizations: readonly RevisionOf[];
}

/** What of the flag and its rows is to be written, held against what stands. */
interface FlagChange {
  /** Undefined where the call creates it. */
  readonly before: Flag | undefined;
  readonly after: Flag;
  /** It is another version. */
  readonly flagChanged: boolean;
  /** No user's and no organization's row was there before this call's: the flag takes its mark, without another version. */
  readonly marked: boolean;
  readonly access: AccessChange;
}

/**
 * One write of a flag and its rows, in its transaction; locks are taken in the order that `Transaction` says. Only what differs
 * from what stands is written: a write that says what is there changes nothing at all.
 */
export async function writeFlag(
  tx: Transaction,
  call: Call,
  input: FlagWriteInput,
  keeper: ConfigurationKeeper,
): Promise<FlagWriteOutcome> {
  const owners = await lockRowOwners(tx, input.rows);
  requireMembers(input.manager, owners);
  const existing = await lockExisting(tx, input);
  const now = await tx.now();
  const change = await changeOf(tx, input, existing, { owners, now });
  const redecided = change.flagChanged || [...change.access.put, ...change.access.drop].some(isRoleRow);
  const configurationChanged = redecided || change.marked;
  // From here on the configuration is this transaction's: what it is checked against cannot change under it.
  const configuration = await lockConfiguration(tx, keeper, configurationChanged);
  const { revision, snapshot } = configuration;
  const warnings = checkChange(input, change, snapshot);
  await storeFlag(tx, change, configuration);
  const organizations = await writeAccess(tx, change.access);
  const snapshotAfter = redecided ? compileSnapshot(await tx.configuration.load(), snapshot) : snapshot;
  const users = usersChanged(change.access, owners);
  const flips = await recomputeUsers(tx, users, change, { snapshot: snapshotAfter, snapshotBefore: snapshot, now });
  await auditChange(tx, call, now, change, input.comment);
  const backfilled = { before: snapshot, revision, reason: 'flag', now } as const;
  const [backfillId] = change.flagChanged ? await backfillChanges(tx, backfilled) : [];
  const changed = { users: users.map(({ id, revision }) => ({ id, revision: revision + 1 })), organizations };
  return {
    flag: flagShownTo(input.manager, change.after),
    access: input.rows.put.map((row) => ({ ...row, flagId: change.after.id })),
    ...{ warnings, backfillId, flips, revision, configurationChanged, changed },
    named: presentRevisions(owners, changed),
  };
}

function requireMembers(manager: string, { users }: RowOwners): void {
  if (manager === '') return;
  const foreign = [...users.values()].find(({ organizationId }) => organizationId !== manager);
  if (foreign !== undefined) throw notFound(`no user ${quote(foreign.id)}`);
}

/** The flag as it is, locked; undefined where the call is to create it. Rejects a call that may not, or that is stale. */
async function lockExisting(tx: Transaction, input: FlagWriteInput): Promise<Flag | undefined> {
  const { keyOrId, manager, expectedVersion, expectedId } = input;
  const existing = await tx.configuration.lockFlag(keyOrId);
  if (existing === undefined && manager !== '') throw notFound(`no flag ${quote(keyOrId)}`);
  checkNamed(input, existing);
  requireDelegated(manager, existing);
  // Only now: the refusal tells the flag as it is, which is not for everybody.
  const present = existing && flagShownTo(manager, existing);
  requireVersion(keyOrId, expectedVersion, { kind: 'flag', value: present }, expectedId);
  return existing;
}

/** An organization is told which flag it puts rows on, and not by what policy the platform gives it to whom else. */
function flagShownTo(manager: string, flag: Flag): Flag {
  if (manager === '') return flag;
  return { ...flag, description: '', rules: [], prerequisites: [], distribution: [], tags: [], owner: '', salt: '' };
}

async function changeOf(
  tx: Transaction,
  input: FlagWriteInput,
  existing: Flag | undefined,
  { owners, now }: { readonly owners: RowOwners; readonly now: number },
): Promise<FlagChange> {
  const { flag, changed } = draftedFlag(input, existing, now);
  const access = await accessChange(tx, flag, input.rows, owners);
  const marked = !flag.hasRows && access.put.some((row) => !isRoleRow(row));
  const after: Flag = marked ? { ...flag, hasRows: true } : flag;
  return { before: existing, after, flagChanged: changed, marked, access };
}

/** Holds what the call says of the flag against the rest of the configuration; gives what is allowed and seldom meant. */
function checkChange(
  { input }: FlagWriteInput,
  { after, flagChanged }: FlagChange,
  present: Snapshot,
): readonly Fault[] {
  if (!saysAnything(input) && !flagChanged) return [];
  return flagChanged ? checkDrafted(after, present) : warningsOf(after, present);
}

async function storeFlag(
  tx: Transaction,
  { before, after, flagChanged, marked }: FlagChange,
  { snapshot }: LockedConfiguration,
): Promise<void> {
  if (flagChanged || marked) await tx.configuration.putFlag(after);
  if (flagChanged) await announceFlag(tx, { before, after, announced: snapshot.announced });
}

/** Brings up to date what follows from these users' rows; gives what it flipped for them. */
async function recomputeUsers(
  tx: Transaction,
  users: readonly UserState[],
  { access }: FlagChange,
  options: Omit<Parameters<typeof recompute>[2], 'batch'>,
): Promise<FlippedFlags> {
  if (users.length === 0) return { unlocked: [], locked: [] };
  const touched = users.map((before) => ({
    before,
    after: { ...before, access: accessAfter(before, access) },
    cause: { type: 'access' } as const,
  }));
  const { changes } = await recompute(tx, touched, { ...options, batch: randomUUID() });
  const ofUser = (userId: string, flagKeys: readonly string[]): readonly FlippedFlag[] =>
    flagKeys.map((flagKey) => ({ userId, flagKey }));
  return {
    unlocked: changes.flatMap(({ userId, unlocked }) => ofUser(userId, unlocked)),
    locked: changes.flatMap(({ userId, locked }) => ofUser(userId, locked)),
  };
}

async function auditChange(
  tx: Transaction,
  call: Call,
  now: number,
  { before, after, flagChanged, access }: FlagChange,
  comment: string,
): Promise<void> {
  const rowsChanged = access.put.length + access.drop.length > 0;
  if (!flagChanged && !rowsChanged) return;
  await recordAudit(tx, call, now, {
    action: before === undefined ? 'flag.create' : flagChanged ? 'flag.set' : 'access.set',
    target: after.key,
    before: { ...(flagChanged && before ? { flag: before } : {}), ...(rowsChanged ? { access: access.before } : {}) },
    after: {
      ...(flagChanged ? { flag: after } : {}),
      ...(rowsChanged ? { put: access.put, removed: access.drop } : {}),
    },
    comment,
  });
}

/** Whoever repeats a call is promised what the first one promised: all that it names, changed or not. */
function presentRevisions(owners: RowOwners, changed: Revisions): Revisions {
  const of = (held: RowOwners[keyof RowOwners], advanced: readonly RevisionOf[]): readonly RevisionOf[] => {
    const revisions = new Map(advanced.map(({ id, revision }) => [id, revision]));
    return [...held.values()].map(({ id, revision }) => ({ id, revision: revisions.get(id) ?? revision }));
  };
  return {
    users: of(owners.users, changed.users),
    organizations: of(owners.organizations, changed.organizations),
  };
}
