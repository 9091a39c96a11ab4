import { StaleRows } from '../../calls/writes/stale-rows.js';
import type { AccessRow, Flag } from '../../core/flags/flag.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { UserAccess, UserState } from '../../core/states/user-state.js';
import type { RevisionOf } from '../../notify/notifier.js';
import type { Transaction } from '../../store/store.js';
import { type FlaglessRow, isRoleRow, keyOfRow, type NamedRows } from './access-rows.js';

/** The users and organizations whose access rows a call names, locked. */
export interface RowOwners {
  readonly users: ReadonlyMap<string, UserState>;
  readonly organizations: ReadonlyMap<string, OrganizationState>;
}

/** The access rows of a flag that are to be written: those that are not stored like that already. */
export interface AccessChange {
  readonly put: readonly AccessRow[];
  readonly drop: readonly AccessRow[];
  /** The rows that are replaced and removed, as they were before. */
  readonly before: readonly AccessRow[];
}

/** Locks the users and organizations whose rows are named. In the order of locks they come before the flag. */
export async function lockRowOwners(tx: Transaction, { put, drop }: NamedRows): Promise<RowOwners> {
  const rows = [...put, ...drop];
  const organizations = await tx.organizations.lock(named(rows.map(({ organizationId }) => organizationId)));
  const users = await tx.users.lock(named(rows.map(({ userId }) => userId)));
  return { users, organizations };
}

function named(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].filter((id) => id !== '');
}

/**
 * What has to be written for the named rows: a row that is stored as it is to be put is left out, and so is one to remove that
 * is not there. The flag must be locked, so that none of its rows changes meanwhile.
 */
export async function accessChange(
  tx: Transaction,
  flag: Flag,
  { put, drop }: NamedRows,
  owners: RowOwners,
  expected: ExpectedRows = { there: [], gone: [] },
): Promise<AccessChange> {
  const rows = [...put, ...drop];
  const ofRoles = rows.some(isRoleRow) ? await tx.configuration.roleAccess(flag.id) : [];
  const held = new Map([...ofRoles, ...heldBy(flag, owners)].map((row) => [keyOfRow(row), row]));
  requireRows(flag, held, { put, drop }, expected);
  const changed = put.filter((row) => {
    const now = held.get(keyOfRow(row));
    return now?.effect !== row.effect || now.enabled !== row.enabled;
  });
  const gone = drop.filter((row) => held.has(keyOfRow(row)));
  return {
    put: changed.map((row) => ({ ...row, flagId: flag.id })),
    drop: gone.map((row) => ({ ...row, flagId: flag.id })),
    before: [...changed, ...gone].flatMap((row) => held.get(keyOfRow(row)) ?? []),
  };
}

/** Rows that a write has found before: these are there as they are here, and those are not. */
export interface ExpectedRows {
  readonly there: readonly FlaglessRow[];
  readonly gone: readonly FlaglessRow[];
}

/** Throws {@link StaleRows} for rows that are otherwise than expected, unless they are as the write would have them: its answer may have been lost. */
function requireRows(
  flag: Flag,
  held: ReadonlyMap<string, FlaglessRow>,
  { put, drop }: Pick<NamedRows, 'put' | 'drop'>,
  { there, gone }: ExpectedRows,
): void {
  if (there.length + gone.length === 0) return;
  const wanted = new Map([
    ...put.map((row) => [keyOfRow(row), row] as const),
    ...drop.map((row) => [keyOfRow(row), undefined] as const),
  ]);
  const is = (row: FlaglessRow, expected: FlaglessRow | undefined): boolean => {
    const [key, now] = [keyOfRow(row), held.get(keyOfRow(row))];
    return says(now) === says(expected) || (wanted.has(key) && says(now) === says(wanted.get(key)));
  };
  const changed = [...there.filter((row) => !is(row, row)), ...gone.filter((row) => !is(row, undefined))];
  if (changed.length === 0) return;
  const present = changed.flatMap((row) => held.get(keyOfRow(row)) ?? []);
  throw new StaleRows(
    flag.key,
    present,
    changed.filter((row) => !held.has(keyOfRow(row))),
  );
}

function says(row: FlaglessRow | undefined): string {
  return row === undefined ? '' : `${row.effect} ${row.enabled}`;
}

/** The flag's rows that belong to these users and organizations. */
function heldBy(flag: Flag, { users, organizations }: RowOwners): readonly AccessRow[] {
  const ofUsers = [...users.values()].flatMap(({ id, access }) =>
    access.map((row) => ({ ...row, userId: id, role: '', organizationId: '' })),
  );
  const ofOrganizations = [...organizations.values()].flatMap(({ access }) => access);
  return [...ofUsers, ...ofOrganizations].filter(({ flagId }) => flagId === flag.id);
}

/**
 * Writes access rows to where each kind belongs: the configuration, an organization, or a user. Gives the organizations' new
 * revisions; the recompute that follows raises those of users.
 */
export async function writeAccess(tx: Transaction, { put, drop }: AccessChange): Promise<readonly RevisionOf[]> {
  const [putOf, dropOf] = [byOwner(put), byOwner(drop)];
  if (putOf.role.length > 0) await tx.configuration.putRoleAccess(putOf.role);
  if (dropOf.role.length > 0) await tx.configuration.dropRoleAccess(dropOf.role);
  if (putOf.organization.length > 0) await tx.organizations.putAccess(putOf.organization);
  if (dropOf.organization.length > 0) await tx.organizations.dropAccess(dropOf.organization);
  if (putOf.user.length > 0) await tx.users.putAccess(putOf.user);
  if (dropOf.user.length > 0) await tx.users.dropAccess(dropOf.user);

  const organizationIds = named([...put, ...drop].map(({ organizationId }) => organizationId));
  if (organizationIds.length === 0) return [];
  await tx.organizations.advance(organizationIds);
  const advanced = await tx.organizations.read(organizationIds);
  return [...advanced.values()].map(({ id, revision }) => ({ id, revision }));
}

function byOwner(rows: readonly AccessRow[]) {
  const role: AccessRow[] = [];
  const organization: AccessRow[] = [];
  const user: AccessRow[] = [];
  for (const row of rows) (row.userId !== '' ? user : row.organizationId !== '' ? organization : role).push(row);
  return { role, organization, user };
}

/** The users whose rows a change puts or drops, and those who are changed besides. */
export function usersChanged(
  { put, drop }: AccessChange,
  { users }: RowOwners,
  besides: Iterable<string>,
): readonly UserState[] {
  return named([...put, ...drop].map(({ userId }) => userId).concat(...besides)).map((id) => users.get(id)!);
}

/** A user's access rows after the change. */
export function accessAfter(before: UserState, { put, drop }: AccessChange): readonly UserAccess[] {
  const key = ({ flagId, managedBy }: UserAccess | AccessRow): string => JSON.stringify([flagId, managedBy]);
  const rows = new Map(before.access.map((row) => [key(row), row]));
  for (const row of put) {
    const { flagId, managedBy, effect, enabled, userId } = row;
    if (userId === before.id) rows.set(key(row), { flagId, managedBy, effect, enabled });
  }
  for (const row of drop) if (row.userId === before.id) rows.delete(key(row));
  return [...rows.values()];
}
