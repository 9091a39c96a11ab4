import { invalid, notFound } from '../../calls/errors.js';
import type { AccessRow, Effect, Flag } from '../../core/flags/flag.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { UserAccess, UserState } from '../../core/states/user-state.js';
import { quote } from '../../core/values/json.js';
import { faultOfName } from '../../core/values/names.js';
import type { RevisionOf } from '../../notify/notifier.js';
import type { Transaction } from '../../store/store.js';

/** A row as a caller gives it: one of user, role, organization, or role with organization. */
export interface AccessInput {
  readonly userId?: string | undefined;
  readonly role?: string | undefined;
  readonly organizationId?: string | undefined;
  readonly effect?: string | undefined;
  readonly enabled?: boolean | undefined;
}

type KeylessRow = Omit<AccessRow, 'flagId'>;

/**
 * Checks a row. One that an organization manages is always that organization's: it may leave the organization out, and a
 * role means the role within it.
 */
export function parseAccessRow(input: AccessInput, managedBy: string): KeylessRow {
  const { userId = '', role = '', effect = 'ALLOW', enabled = true } = input;
  let { organizationId = '' } = input;
  if (managedBy !== '') {
    if (organizationId !== '' && organizationId !== managedBy)
      throw notFound(`no organization ${quote(organizationId)}`);
    if (userId === '') organizationId = managedBy;
  }
  const alone = userId !== '' && role === '' && (organizationId === '' || organizationId === managedBy);
  if (!(alone || (userId === '' && (role !== '' || organizationId !== '')))) {
    throw invalid(
      `an access row names one of user_id, role, organization_id, or role with organization_id, not ${quote(input)}`,
    );
  }
  const fault =
    (userId === '' ? undefined : faultOfName('userId', userId)) ??
    (role === '' ? undefined : faultOfName('role', role)) ??
    (organizationId === '' ? undefined : faultOfName('organizationId', organizationId));
  if (fault !== undefined) throw invalid(fault);
  if (effect !== 'ALLOW' && effect !== 'DENY') throw invalid(`effect ${quote(effect)} is neither ALLOW nor DENY`);
  return {
    userId,
    role,
    organizationId: userId === '' ? organizationId : '',
    managedBy,
    effect: effect as Effect,
    enabled,
  };
}

export interface SplitRows {
  readonly userIds: readonly string[];
  readonly organizationIds: readonly string[];
}

/** Whose states these rows belong to. */
export function splitRows(rows: readonly KeylessRow[]): SplitRows {
  const userIds = new Set(rows.map(({ userId }) => userId));
  const organizationIds = new Set(rows.map(({ organizationId }) => organizationId));
  userIds.delete('');
  organizationIds.delete('');
  return { userIds: [...userIds], organizationIds: [...organizationIds] };
}

/** Rejects with INVALID a row that is named twice: nothing says which of the two is meant. */
export function requireDistinct(rows: readonly KeylessRow[]): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const key = keyOf(row);
    if (seen.has(key)) {
      const { userId, role, organizationId } = row;
      throw invalid(`an access row is named twice: ${quote({ userId, role, organizationId })}; leave one out`);
    }
    seen.add(key);
  }
}

/** Whether a row applies on the whole platform by role: those are part of the snapshot. */
export function isRoleRow({ userId, organizationId }: KeylessRow): boolean {
  return userId === '' && organizationId === '';
}

export interface AccessChange {
  readonly put: readonly AccessRow[];
  readonly drop: readonly AccessRow[];
}

/**
 * Puts and drops rows where each kind belongs: with the configuration, an organization, or a user. Gives the revisions of
 * the organizations; users' follow from the recompute.
 */
export async function writeAccess(tx: Transaction, { put, drop }: AccessChange): Promise<readonly RevisionOf[]> {
  const [putOf, dropOf] = [byOwner(put), byOwner(drop)];
  if (putOf.role.length > 0) await tx.configuration.putRoleAccess(putOf.role);
  if (dropOf.role.length > 0) await tx.configuration.dropRoleAccess(dropOf.role);
  if (putOf.organization.length > 0) await tx.organizations.putAccess(putOf.organization);
  if (dropOf.organization.length > 0) await tx.organizations.dropAccess(dropOf.organization);
  if (putOf.user.length > 0) await tx.users.putAccess(putOf.user);
  if (dropOf.user.length > 0) await tx.users.dropAccess(dropOf.user);

  const { organizationIds } = splitRows([...put, ...drop]);
  if (organizationIds.length === 0) return [];
  await tx.organizations.advance(organizationIds);
  const advanced = await tx.organizations.read(organizationIds);
  return [...advanced.values()].map(({ id, revision }) => ({ id, revision }));
}

interface Owners {
  readonly states: ReadonlyMap<string, UserState>;
  readonly organizations: ReadonlyMap<string, OrganizationState>;
}

/** The rows that these keys have now, for the audit's "before". */
export async function heldRows(
  tx: Transaction,
  flag: Flag | undefined,
  keys: readonly KeylessRow[],
  { states, organizations }: Owners,
): Promise<readonly AccessRow[]> {
  if (flag === undefined || keys.length === 0) return [];
  const held: AccessRow[] = keys.some(isRoleRow) ? [...(await tx.configuration.load()).roleAccess] : [];
  for (const { access } of organizations.values()) held.push(...access);
  for (const { id, access } of states.values()) {
    for (const row of access) held.push({ ...row, userId: id, role: '', organizationId: '' });
  }
  const wanted = new Set(keys.map(keyOf));
  return held.filter((row) => row.flagId === flag.id && wanted.has(keyOf(row)));
}

function keyOf({ userId, role, organizationId, managedBy }: KeylessRow): string {
  return JSON.stringify([userId, role, organizationId, managedBy]);
}

function byOwner(rows: readonly AccessRow[]) {
  const role: AccessRow[] = [];
  const organization: AccessRow[] = [];
  const user: AccessRow[] = [];
  for (const row of rows) (row.userId !== '' ? user : row.organizationId !== '' ? organization : role).push(row);
  return { role, organization, user };
}

/** A user's own rows once these are put and dropped. */
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
