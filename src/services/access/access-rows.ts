import { requireName } from '../../calls/check-input.js';
import { invalid, invalidAt, notFound } from '../../calls/errors.js';
import type { AccessRow, Effect } from '../../core/flags/flag.js';
import { quote } from '../../core/values/json.js';
import type { Expectation } from './expected-organization.js';

/** An access row as a caller gives it, for a user, a role, an organization, or a role within an organization. */
export interface AccessInput {
  readonly userId?: string | undefined;
  readonly role?: string | undefined;
  /** With `userId`, in rows that the platform puts: the organization that the user is expected in. It is no part of the row. */
  readonly organizationId?: string | undefined;
  readonly effect?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** An access row without its flag, which the call names beside the rows and which may not exist yet. */
export type FlaglessRow = Omit<AccessRow, 'flagId'>;

/** The rows that a call names: those that it puts, and those that it removes by their keys. */
export interface NamedRows {
  readonly put: readonly FlaglessRow[];
  readonly drop: readonly FlaglessRow[];
  /** Whose organization the rows name beforehand; each user once. */
  readonly expected: readonly Expectation[];
}

const MAX_ROWS = 1_000;

/**
 * Checks the rows of a call. Rows that an organization manages are about that organization: they need not name it, and a role
 * means the role within it. Rejects with INVALID a row that is named twice, since it is not clear which of the two is meant.
 */
export function parseAccessRows(
  put: readonly AccessInput[],
  drop: readonly AccessInput[],
  managedBy: string,
): NamedRows {
  const count = put.length + drop.length;
  if (count > MAX_ROWS)
    throw invalid(`a call puts and removes at most ${MAX_ROWS} access rows, not ${count}; split it`);
  const rows = {
    put: put.map((row, i) => parseAccessRow(row, { managedBy, pointer: `/access/${i}`, expects: managedBy === '' })),
    drop: drop.map((row, i) => parseAccessRow(row, { managedBy, pointer: `/remove_access/${i}`, expects: false })),
  };
  requireDistinct([...rows.put, ...rows.drop]);
  return { ...rows, expected: managedBy === '' ? expectationsOf(put) : [] };
}

/** Rows as a call expects them: these are there, and of those none is. */
export interface ExpectedInput {
  readonly there: readonly AccessInput[];
  readonly absent: readonly AccessInput[];
}

/** Checks the rows that a call expects. Rejects with INVALID one that the call does not write: it would not be held against what is stored. */
export function parseExpectedRows(
  { there, absent }: ExpectedInput,
  { put, drop }: Pick<NamedRows, 'put' | 'drop'>,
  managedBy: string,
): { readonly there: readonly FlaglessRow[]; readonly gone: readonly FlaglessRow[] } {
  const named = new Set([...put, ...drop].map(keyOfRow));
  const parse = (rows: readonly AccessInput[], field: string) =>
    rows.map((input, i) => {
      const pointer = `/${field}/${i}`;
      const row = parseAccessRow(input, { managedBy, pointer, expects: true });
      if (!named.has(keyOfRow(row)))
        throw invalidAt(pointer, `the call neither puts nor removes this row: ${quote(input)}`);
      return row;
    });
  const rows = { there: parse(there, 'expected_access'), gone: parse(absent, 'expected_absent') };
  requireDistinct([...rows.there, ...rows.gone]);
  return rows;
}

/** Whose organization the rows name. Each user has one row among them, since a call names each row once. */
function expectationsOf(put: readonly AccessInput[]): readonly Expectation[] {
  return put.flatMap(({ userId = '', organizationId = '' }, i) =>
    userId === '' || organizationId === '' ? [] : [{ userId, organizationId, pointer: `/access/${i}/organization_id` }],
  );
}

interface RowContext {
  readonly managedBy: string;
  readonly pointer: string;
  /** Whether a row of a user may say which organization the user is expected in. */
  readonly expects: boolean;
}

function parseAccessRow(input: AccessInput, { managedBy, pointer, expects }: RowContext): FlaglessRow {
  const { userId = '', role = '', effect = 'ALLOW', enabled = true } = input;
  let { organizationId = '' } = input;
  if (managedBy !== '') {
    if (organizationId !== '' && organizationId !== managedBy)
      throw notFound(`no organization ${quote(organizationId)}`);
    if (userId === '') organizationId = managedBy;
  }
  const alone = userId !== '' && role === '' && (organizationId === '' || expects || organizationId === managedBy);
  if (!(alone || (userId === '' && (role !== '' || organizationId !== '')))) {
    throw invalidAt(
      pointer,
      `an access row names one of user_id, role, organization_id, or role with organization_id` +
        `${expects ? ', or user_id with the organization_id that the user is expected in' : ''}, not ${quote(input)}`,
    );
  }
  if (userId !== '') requireName('userId', userId, `${pointer}/user_id`);
  if (role !== '') requireName('role', role, `${pointer}/role`);
  if (organizationId !== '') requireName('organizationId', organizationId, `${pointer}/organization_id`);
  if (effect !== 'ALLOW' && effect !== 'DENY') {
    throw invalidAt(`${pointer}/effect`, `effect ${quote(effect)} is neither ALLOW nor DENY`);
  }
  return {
    userId,
    role,
    organizationId: userId === '' ? organizationId : '',
    managedBy,
    effect: effect as Effect,
    enabled,
  };
}

function requireDistinct(rows: readonly FlaglessRow[]): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const key = keyOfRow(row);
    if (seen.has(key)) {
      const { userId, role, organizationId } = row;
      throw invalid(`an access row is named twice: ${quote({ userId, role, organizationId })}; leave one out`);
    }
    seen.add(key);
  }
}

/** What tells the rows of one flag apart. */
export function keyOfRow({ userId, role, organizationId, managedBy }: FlaglessRow): string {
  return JSON.stringify([userId, role, organizationId, managedBy]);
}

/** Whether a row is for a role on the whole platform, as rows in the snapshot are. */
export function isRoleRow({ userId, organizationId }: FlaglessRow): boolean {
  return userId === '' && organizationId === '';
}
