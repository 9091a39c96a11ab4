import { randomUUID } from 'node:crypto';
import { announceFlag } from '../../announcing/announcements.js';
import type { Call } from '../../calls/caller.js';
import { invalidAt, notFound } from '../../calls/errors.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import { requireVersion } from '../../calls/writes/stale-version.js';
import {
  backfillChanges,
  type ConfigurationChanged,
  noteOrganizationActions,
} from '../../configuration/backfill-start.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import {
  configurationMade,
  type LockedConfiguration,
  lockConfiguration,
  type PresentConfiguration,
} from '../../configuration/configuration-write.js';
import { countedAnew, type EventKnowledge } from '../../core/counting/kept-since.js';
import { unlockReadAfter } from '../../core/counting/since-unlock.js';
import type { FlippedFlag, FlippedFlags } from '../../core/deciding/decision.js';
import type { KnownDays } from '../../core/facts/known-days.js';
import type { AccessRow, Action, Flag, Since } from '../../core/flags/flag.js';
import type { Names } from '../../core/sentences/speaking.js';
import { namesIn } from '../../core/sentences/uses.js';
import type { UserState } from '../../core/states/user-state.js';
import type { Fault } from '../../core/values/fault.js';
import { type JsonValue, quote, sameJson } from '../../core/values/json.js';
import { shownInstant } from '../../core/values/time/time.js';
import type { RevisionOf } from '../../notify/notifier.js';
import type { Transaction } from '../../store/store.js';
import { recompute } from '../../unlocking/recompute.js';
import {
  type AccessChange,
  accessAfter,
  accessChange,
  type ExpectedRows,
  lockRowOwners,
  type RowOwners,
  usersChanged,
  writeAccess,
} from '../access/access-change.js';
import { isRoleRow, type NamedRows } from '../access/access-rows.js';
import { requireDelegated } from '../access/caller-reach.js';
import { requireRolesOfRows } from '../access/defined-roles.js';
import { expectedIn } from '../access/expected-organization.js';
import {
  checkDrafted,
  checkNamed,
  draftedFlag,
  type FlagDraft,
  saysAnything,
  warningsOf,
  windowWarnings,
} from './flag-draft.js';

export interface FlagWriteInput extends FlagDraft {
  /** The version that the flag must have, 0 if it must not exist yet; undefined for any. */
  readonly expectedVersion: number | undefined;
  /** Not '': the id that the flag of this key had at the expected version. */
  readonly expectedId?: string | undefined;
  /** Whether the key of an archived flag is given to a new one, with an id, a salt and a ledger of its own. */
  readonly startAnew?: boolean | undefined;
  readonly comment: string;
  /** Since when days of actions are known. */
  readonly known: KnownDays;
  /** For how long events are kept, and what of them. */
  readonly kept: Pick<EventKnowledge, 'retentionDays' | 'propertiesDropped'>;
  readonly rows: NamedRows;
  /** Rows as the caller has found them, each among those that it names; otherwise the write is a CONFLICT. */
  readonly expectedRows?: ExpectedRows | undefined;
  /** The organization that manages the rows; '' for the platform. */
  readonly manager: string;
}

/** What was written, and whose caches have to be told of it: nobody's where nothing had to be changed. */
export interface FlagWriteOutcome {
  /** The flag, as the caller may see it. */
  readonly flag: Flag;
  /** The rows that the call put, as they are now. */
  readonly access: readonly AccessRow[];
  readonly warnings: readonly Fault[];
  readonly backfillId: string | undefined;
  readonly flips: FlippedFlags;
  /** The configuration's revision: that of this change, if it is one. */
  readonly revision: number;
  /** What became of the configuration; undefined where it is as it was. */
  readonly configuration: ConfigurationChanged | undefined;
  /** The users and organizations whose rows the call names, with their present revisions, and those of them that changed. */
  readonly named: Revisions;
  readonly changed: Revisions;
}

export interface Revisions {
  readonly users: readonly RevisionOf[];
  readonly organizations: readonly RevisionOf[];
}

/** What has to be written of the flag and its rows, since it is not stored like that already. */
interface FlagChange {
  /** The archived flag that loses its key to the one that the call creates, as it will be. */
  readonly displaced: Flag | undefined;
  /** The flag before; undefined where the call creates it. */
  readonly before: Flag | undefined;
  readonly after: Flag;
  /** Whether the flag has a new version. */
  readonly flagChanged: boolean;
  /** Whether this call puts the first row of a user or an organization: the flag is marked then, without a new version. */
  readonly marked: boolean;
  readonly access: AccessChange;
  /** The users who are now expected in an organization, as they will be. */
  readonly expected: ReadonlyMap<string, UserState>;
}

/**
 * Writes a flag and its rows within a transaction, which takes its locks in the order that `Transaction` says. It writes only
 * what is not stored like that already: a write that repeats what is stored changes nothing at all.
 */
export async function writeFlag(
  tx: Transaction,
  call: Call,
  input: FlagWriteInput,
  keeper: ConfigurationKeeper,
): Promise<FlagWriteOutcome> {
  const owners = await lockRowOwners(tx, input.rows);
  requireMembers(input.manager, owners);
  requireRolesOfRows(input.rows, owners);
  const found = await lockExisting(tx, input, namesIn(keeper.snapshot));
  const now = await tx.now();
  const displaced = displacedBy(input, found, now);
  const change =
    displaced === undefined
      ? await changeOf(tx, input, found, { owners, now })
      : { ...(await changeOf(tx, { ...input, keyOrId: found!.key }, undefined, { owners, now })), displaced };
  const redecided = change.flagChanged || [...change.access.put, ...change.access.drop].some(isRoleRow);
  // From here on no other transaction can change the configuration that the write is checked against.
  const locked = await lockConfiguration(tx, keeper, redecided || change.marked);
  const { revision, snapshot } = locked;
  const warnings = checkChange(input, change, { snapshot, now });
  await storeFlag(tx, change, locked);
  const renewed = change.flagChanged ? await renewCounted(tx, change, { ...input, snapshot, now }) : [];
  if (displaced !== undefined) {
    const keyless = { action: 'flag.set', target: displaced.id, before: { flag: found }, after: { flag: displaced } };
    const version = { kind: 'flag', flag: displaced } as const;
    await recordAudit(tx, call, now, { ...keyless, comment: input.comment, version });
  }
  const organizations = await writeAccess(tx, change.access);
  for (const { id, expectedOrganization } of change.expected.values())
    await tx.users.expect([id], expectedOrganization ?? '');
  // Reads and writes are sent together.
  const [configuration] = await Promise.all([
    redecided || change.marked ? configurationMade(tx, locked) : undefined,
    auditChange(tx, call, now, change, input),
  ]);
  // A mark decides nothing.
  const snapshotAfter = redecided ? configuration!.after : snapshot;
  const users = usersChanged(change.access, owners, change.expected.keys());
  const flips = await recomputeUsers(tx, users, change, { snapshot: snapshotAfter, snapshotBefore: snapshot, now });
  if (change.flagChanged) await noteOrganizationActions(tx, configuration!, now);
  const started = { reason: 'flag', now, first: change.after.id } as const;
  const [backfillId] = change.flagChanged ? await backfillChanges(tx, configuration!, started) : [];
  const changed = { users: users.map(({ id, revision }) => ({ id, revision: revision + 1 })), organizations };
  return {
    flag: flagShownTo(input.manager, change.after),
    access: input.rows.put.map((row) => ({ ...row, flagId: change.after.id })),
    warnings: [...warnings, ...renewed],
    ...{ backfillId, flips, revision, configuration, changed },
    named: presentRevisions(owners, changed),
  };
}

function requireMembers(manager: string, { users }: RowOwners): void {
  if (manager === '') return;
  const foreign = [...users.values()].find(({ organizationId }) => organizationId !== manager);
  if (foreign !== undefined) throw notFound(`no user ${quote(foreign.id)}`);
}

/** The flag as it is stored, locked; undefined where the call creates it. Throws where the call may not write it, or is stale. */
async function lockExisting(tx: Transaction, input: FlagWriteInput, names: Names): Promise<Flag | undefined> {
  const { keyOrId, manager, expectedVersion, expectedId } = input;
  const existing = await tx.configuration.lockFlag(keyOrId);
  requireDelegated(manager, existing, keyOrId);
  checkNamed(input, existing);
  // Checked after the permissions: the refusal of a stale write tells the flag as it is, which is not for everybody.
  const present = existing && flagShownTo(manager, existing);
  requireVersion(keyOrId, expectedVersion, { kind: 'flag', value: present, names }, expectedId);
  return existing;
}

/**
 * The archived flag without its key, where the call gives that to a new flag: it is named by its id from then on. Throws where the
 * flag is not archived, since a clean start would take it from everybody, or has lost its key before.
 */
function displacedBy({ startAnew, keyOrId }: FlagWriteInput, found: Flag | undefined, now: number): Flag | undefined {
  if (startAnew !== true || found === undefined) return undefined;
  if (!found.archived) {
    throw invalidAt('/start_anew', `the flag ${quote(keyOrId)} is in use; archive it before its key starts anew`);
  }
  if (found.key === found.id) {
    throw invalidAt('/start_anew', `the flag ${quote(keyOrId)} has no key any more; name the key to start anew`);
  }
  return { ...found, key: found.id, version: found.version + 1, updatedAt: now };
}

/** The flag as its manager may see it: an organization is not told by what policy the platform gives the flag to others. */
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
  const access = await accessChange(tx, flag, input.rows, owners, input.expectedRows);
  const marked = !flag.hasRows && access.put.some((row) => !isRoleRow(row));
  const after: Flag = marked ? { ...flag, hasRows: true } : flag;
  const expected = usersExpected(input.rows, owners);
  return { displaced: undefined, before: existing, after, flagChanged: changed, marked, access, expected };
}

/** The users of whom the rows say anew which organization they are expected in, as they will be. */
function usersExpected({ expected }: NamedRows, { users }: RowOwners): ReadonlyMap<string, UserState> {
  const changed = expected.flatMap((expectation): readonly (readonly [string, UserState])[] => {
    const before = users.get(expectation.userId)!;
    const after = expectedIn(before, expectation);
    return after === before ? [] : [[before.id, after]];
  });
  return new Map(changed);
}

/** What whoever writes to an archived flag, and does not say that it is to be archived, probably does not know. */
const ARCHIVED: Fault = {
  pointer: '/archived',
  message:
    'the flag is archived and answers FLAG_NOT_FOUND: write archived: false to bring it back with all that was unlocked, or start_anew for a new flag of this key',
};

/** Checks the change against the rest of the configuration. Throws INVALID with all faults; gives warnings. */
function checkChange(
  { input, known }: FlagWriteInput,
  { after, flagChanged }: FlagChange,
  { snapshot: present, now }: PresentConfiguration,
): readonly Fault[] {
  if (!saysAnything(input) && !flagChanged) return after.archived ? [ARCHIVED] : [];
  const found = flagChanged ? checkDrafted(after, present) : warningsOf(after, present);
  const warnings = [
    ...found,
    ...windowWarnings(after, { known, now, segments: present.segments, derived: present.derivations.all }),
  ];
  return after.archived && input.archived !== true ? [ARCHIVED, ...warnings] : warnings;
}

async function storeFlag(
  tx: Transaction,
  { displaced, before, after, flagChanged, marked }: FlagChange,
  { snapshot }: LockedConfiguration,
): Promise<void> {
  // The key is free for the new flag only once the old one has lost it.
  if (displaced !== undefined) await tx.configuration.putFlag(displaced);
  if (flagChanged || marked) await tx.configuration.putFlag(after);
  if (flagChanged) await announceFlag(tx, { before, after, announced: snapshot.announced });
}

/** Has actions that count since the flag was unlocked counted anew, where others of its unlocks count from now on; gives warnings. */
async function renewCounted(
  tx: Transaction,
  { before, after }: FlagChange,
  { known, kept, snapshot, now }: Pick<FlagWriteInput, 'known' | 'kept'> & PresentConfiguration,
): Promise<readonly Fault[]> {
  const { actions, derivations } = snapshot;
  const renewed = derivations.sinceUnlockOf(after.id).flatMap((name): readonly Action[] => {
    const action = actions.get(name)!;
    const derivation = action.derivation!;
    const present = derivation.since!.unlock!;
    const unlock = unlockReadAfter(present, before, after);
    if (sameJson(present as unknown as JsonValue, unlock as unknown as JsonValue)) return [];
    const meaning = { ...derivation, since: { ...derivation.since, unlock } as Since };
    return [{ ...action, derivation: countedAnew(meaning, { ...kept, now, keptFrom: known.othersKeptFrom }) }];
  });
  if (renewed.length > 0) await tx.configuration.putActions(renewed);
  return renewed.map(({ name, derivation }) => {
    const since = shownInstant(derivation!.countsSince);
    const message = `${quote(name)} counts since this flag was unlocked: it counts anew what is kept, which is what occurred since ${since}`;
    return { pointer: '/rules', message };
  });
}

/** Recomputes the users whose rows were changed; gives what flipped for them. */
async function recomputeUsers(
  tx: Transaction,
  users: readonly UserState[],
  { access, expected }: FlagChange,
  options: Omit<Parameters<typeof recompute>[2], 'batch'>,
): Promise<FlippedFlags> {
  if (users.length === 0) return { unlocked: [], locked: [] };
  const touched = users.map((before) => ({
    before,
    after: { ...(expected.get(before.id) ?? before), access: accessAfter(before, access) },
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
  { before, after, flagChanged, access, expected }: FlagChange,
  { comment, manager }: Pick<FlagWriteInput, 'comment' | 'manager'>,
): Promise<void> {
  const rowsChanged = access.put.length + access.drop.length + expected.size > 0;
  if (!flagChanged && !rowsChanged) return;
  const organizations = [...expected].map(([userId, { expectedOrganization = '' }]) => ({
    userId,
    organizationId: expectedOrganization,
  }));
  await recordAudit(tx, call, now, {
    action: before === undefined ? 'flag.create' : flagChanged ? 'flag.set' : 'access.set',
    target: after.key,
    before: { ...(flagChanged && before ? { flag: before } : {}), ...(rowsChanged ? { access: access.before } : {}) },
    after: {
      ...(flagChanged ? { flag: after } : {}),
      ...(rowsChanged ? { put: access.put, removed: access.drop } : {}),
      ...(organizations.length > 0 ? { expectedOrganizations: organizations } : {}),
    },
    comment,
    reach: manager,
    version: flagChanged ? { kind: 'flag', flag: after } : undefined,
  });
}

/** The revisions for the consistency token: of all that the call names, changed or not, so that a repeated call gives the same. */
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
