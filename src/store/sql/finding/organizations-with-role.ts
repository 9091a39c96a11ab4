import type { RoleWithin } from '../../../core/sentences/uses.js';
import type { Page, PageRequest } from '../../page.js';
import { pageOf } from '../engine/page-of.js';
import { comesBefore } from '../engine/prefix-range.js';
import { rowsByKey } from '../engine/rows-by-key.js';
import { parseJson, type Sql } from '../engine/sql.js';

/** How many organizations a page has at most: those with access rows are found one by one. */
const MOST_FOUND = 100;

/** A page of the organizations that define a role, or that have access rows for it, by id. */
export async function organizationsWithRole(
  sql: Sql,
  role: string,
  { limit: wanted, after = '' }: PageRequest,
): Promise<Page<RoleWithin>> {
  const limit = Math.min(wanted, MOST_FOUND);
  const [defining, having] = await Promise.all([
    definingIds(sql, role, after, limit + 1),
    idsWithRows(sql, role, after, limit + 1),
  ]);
  const ids = [...new Set([...defining, ...having])].sort((one, other) => (comesBefore(one, other) ? -1 : 1));
  const page = pageOf(ids.slice(0, limit + 1), limit, same, same);
  const [rows, inheriting] = await Promise.all([countsOfRows(sql, role, page.items), heirs(sql, role, page.items)]);
  const defines = new Set(defining);
  const items = page.items.map((id) => ({
    id,
    definesIt: defines.has(id),
    inheritedBy: inheriting.get(id) ?? [],
    rows: rows.get(id) ?? 0,
  }));
  return { ...page, items };
}

function same(id: string): string {
  return id;
}

async function definingIds(sql: Sql, role: string, after: string, limit: number): Promise<readonly string[]> {
  const rows = await sql.rows<{ id: string }>(
    `SELECT organization_id AS id FROM organization_roles${sql.dialect.useIndex('organization_roles_name')} ` +
      'WHERE name = ? AND organization_id > ? ORDER BY organization_id LIMIT ?',
    [role, after, limit],
  );
  return rows.map(({ id }) => id);
}

/** Each is found by one step into the index, from the one before it: however many rows an organization has, they are not looked at. */
async function idsWithRows(sql: Sql, role: string, after: string, limit: number): Promise<readonly string[]> {
  const next =
    `SELECT organization_id AS id FROM organization_access${sql.dialect.useIndex('organization_access_role')} ` +
    'WHERE role = ? AND organization_id > ? ORDER BY organization_id LIMIT 1';
  const ids: string[] = [];
  while (ids.length < limit) {
    const [row] = await sql.rows<{ id: string }>(next, [role, ids.at(-1) ?? after]);
    if (row === undefined) break;
    ids.push(row.id);
  }
  return ids;
}

async function countsOfRows(sql: Sql, role: string, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await rowsByKey<{ id: string; many: number }>(
    sql,
    ['organization_id', 'role'],
    ids.map((id) => [id, role]),
    (condition) =>
      `SELECT organization_id AS id, COUNT(*) AS many FROM organization_access WHERE ${condition} GROUP BY organization_id`,
  );
  return new Map(rows.map(({ id, many }) => [id, Number(many)]));
}

/** The roles that inherit it directly, in the order in which each organization has them. */
async function heirs(sql: Sql, role: string, ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await rowsByKey<{ id: string; name: string; position: number; inherits: string }>(
    sql,
    ['organization_id'],
    ids.map((id) => [id]),
    (condition) => `SELECT organization_id AS id, name, position, inherits FROM organization_roles WHERE ${condition}`,
  );
  const found = new Map<string, string[]>();
  for (const { id, name, inherits } of rows.toSorted((one, other) => one.position - other.position)) {
    if (!parseJson<readonly string[]>(inherits).includes(role)) continue;
    found.set(id, [...(found.get(id) ?? []), name]);
  }
  return found;
}
