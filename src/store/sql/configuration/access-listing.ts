import type { AccessRow, Effect } from '../../../core/flags/flag.js';
import type { AccessFilter } from '../../configuration-store.js';
import type { Page, PageRequest } from '../../page.js';
import { joinPosition, pageOf, splitPosition } from '../engine/page-of.js';
import { beginsWith } from '../engine/prefix-range.js';
import { rowsByKey } from '../engine/rows-by-key.js';
import type { Sql } from '../engine/sql.js';

interface ListedRow {
  readonly user_id: string;
  readonly role: string;
  readonly organization_id: string;
  readonly managed_by: string;
  readonly effect: Effect;
  readonly enabled: number;
}

/** The three tables of access rows, in the order of the listing. A table's rows of one flag are ordered by `key`. */
const TABLES = [
  {
    name: 'role_access',
    subject: 'roles',
    columns: "'' AS user_id, role, '' AS organization_id",
    key: ['role', 'managed_by'],
  },
  {
    name: 'organization_access',
    subject: 'organizations',
    columns: "'' AS user_id, role, organization_id",
    key: ['organization_id', 'role', 'managed_by'],
  },
  {
    name: 'user_access',
    subject: 'users',
    columns: "user_id, '' AS role, '' AS organization_id",
    key: ['user_id', 'managed_by'],
  },
] as const;

/** Whose rows. */
interface Listed extends AccessFilter {
  readonly flagId: string;
}

/** All rows of a flag that fit a filter: roles', then organizations', then users', each by key. */
export async function listAccess(sql: Sql, listed: Listed, page: PageRequest): Promise<Page<AccessRow>> {
  const after = splitPosition(page.after, 5) ?? ['', '', '', '', ''];
  const [startTable = '', ...startKey] = after;
  const start = Math.max(
    0,
    TABLES.findIndex(({ name }) => name === startTable),
  );
  const rows: (ListedRow & { readonly table: string })[] = [];
  for (const [i, table] of TABLES.entries()) {
    const missing = page.limit + 1 - rows.length;
    if (i < start || missing === 0 || (listed.subject !== undefined && listed.subject !== table.subject)) continue;
    const key = table.name === startTable ? keyFrom(table.key, startKey) : undefined;
    for (const row of await readTable(sql, { table, listed, key, limit: missing })) {
      rows.push({ ...row, table: table.name });
    }
  }
  return pageOf(
    rows,
    page.limit,
    (row) => accessRowOf(listed.flagId, row),
    (row) => joinPosition([row.table, row.user_id, row.organization_id, row.role, row.managed_by]),
  );
}

/** Those of these flags for which no user and no organization has an access row. */
export async function flagsWithoutRows(sql: Sql, flagIds: readonly string[]): Promise<readonly string[]> {
  const none = ['organization_access', 'user_access'].map(
    (table) => `NOT EXISTS (SELECT 1 FROM ${table} WHERE ${table}.flag_id = flags.id)`,
  );
  const keys = flagIds.map((id) => [id]);
  const rows = await rowsByKey<{ readonly id: string }>(
    sql,
    ['id'],
    keys,
    (condition) => `SELECT id FROM flags WHERE ${condition} AND ${none.join(' AND ')}`,
  );
  return rows.map(({ id }) => id);
}

function keyFrom(columns: readonly string[], position: readonly string[]): readonly string[] {
  const [userId = '', organizationId = '', role = '', managedBy = ''] = position;
  const values: Record<string, string> = {
    user_id: userId,
    organization_id: organizationId,
    role,
    managed_by: managedBy,
  };
  return columns.map((column) => values[column] ?? '');
}

interface TableRead {
  readonly table: (typeof TABLES)[number];
  readonly listed: Listed;
  /** The key to begin after. */
  readonly key: readonly string[] | undefined;
  readonly limit: number;
}

function readTable(sql: Sql, { table, listed, key, limit }: TableRead): Promise<readonly ListedRow[]> {
  const [first] = table.key;
  // With a condition on the first column alone, the engine begins in the middle of its index.
  const beyond =
    key === undefined
      ? ''
      : ` AND ${first} >= ? AND (${table.key.join(', ')}) > (${table.key.map(() => '?').join(', ')})`;
  const { flagId, managedBy, prefix = '' } = listed;
  const range = beginsWith(first, prefix);
  const managed = managedBy === undefined ? '' : ' AND managed_by = ?';
  return sql.rows<ListedRow>(
    `SELECT ${table.columns}, managed_by, effect, enabled FROM ${table.name} WHERE flag_id = ? AND ${range.text}${beyond}${managed} ` +
      `ORDER BY ${table.key.join(', ')} LIMIT ?`,
    [
      flagId,
      ...range.values,
      ...(key === undefined ? [] : [key[0] ?? '', ...key]),
      ...(managedBy === undefined ? [] : [managedBy]),
      limit,
    ],
  );
}

function accessRowOf(flagId: string, row: ListedRow): AccessRow {
  return {
    flagId,
    userId: row.user_id,
    role: row.role,
    organizationId: row.organization_id,
    managedBy: row.managed_by,
    effect: row.effect,
    enabled: row.enabled !== 0,
  };
}
