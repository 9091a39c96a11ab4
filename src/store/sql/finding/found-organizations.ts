import type { FoundOrganization, OrganizationsRequest } from '../../finder.js';
import { MEMBERS_COUNTED } from '../../finder.js';
import type { Page } from '../../page.js';
import { pageOf } from '../engine/page-of.js';
import { beginsWith, comesBefore } from '../engine/prefix-range.js';
import { rowsByKey } from '../engine/rows-by-key.js';
import type { Sql } from '../engine/sql.js';
import { userKeys } from '../engine/user-keys.js';

/** How many organizations a page has at most where their members are counted. */
const COUNTED_AT_ONCE = 100;

/** A page of organizations by id: looked for among those of which something is stored, and among those that users name. */
export async function findOrganizations(sql: Sql, request: OrganizationsRequest): Promise<Page<FoundOrganization>> {
  const { prefix, after = '', countMembers } = request;
  const limit = countMembers ? Math.min(request.limit, COUNTED_AT_ONCE) : request.limit;
  const wanted = { prefix, after, limit: limit + 1 };
  const [stored, named] = await Promise.all([storedIds(sql, wanted), namedIds(sql, wanted)]);
  const ids = [...new Set([...stored, ...named])].sort((one, other) => (comesBefore(one, other) ? -1 : 1));
  const page = pageOf(ids.slice(0, limit + 1), limit, same, same);
  const described = await describe(sql, page.items, new Set(named));
  const found = described.filter(({ id }) => id.startsWith(prefix));
  if (!countMembers || found.length === 0) return { ...page, items: found };
  const members = await membersOf(
    sql,
    found.map(({ id }) => id),
  );
  return { ...page, items: found.map((one) => ({ ...one, members: members.get(one.id) ?? 0 })) };
}

function same(id: string): string {
  return id;
}

interface Wanted {
  readonly prefix: string;
  readonly after: string;
  readonly limit: number;
}

async function storedIds(sql: Sql, { prefix, after, limit }: Wanted): Promise<readonly string[]> {
  const range = beginsWith('id', prefix);
  const rows = await sql.rows<{ id: string }>(
    `SELECT id FROM organizations WHERE ${range.text} AND id > ? ORDER BY id LIMIT ?`,
    [...range.values, after, limit],
  );
  return rows.map(({ id }) => id);
}

/**
 * The organizations that users name. Each is found by one step into the index, from the one before it: however many users an
 * organization has, they are not looked at. The steps are statements of their own, since MariaDB reads all rows of the range where a
 * recursive one, or a GROUP BY, asks for the same.
 */
async function namedIds(sql: Sql, { prefix, after, limit }: Wanted): Promise<readonly string[]> {
  const range = beginsWith('organization_id', prefix);
  const next =
    `SELECT organization_id AS id FROM users${sql.dialect.useIndex('users_organization_id')} ` +
    `WHERE organization_id > ? AND ${range.text} ORDER BY organization_id LIMIT 1`;
  const ids: string[] = [];
  while (ids.length < limit) {
    const [row] = await sql.rows<{ id: string }>(next, [ids.at(-1) ?? after, ...range.values]);
    if (row === undefined) break;
    ids.push(row.id);
  }
  return ids;
}

interface OrganizationRow {
  readonly id: string;
  readonly version: number;
  readonly strict_roles: number;
  readonly own_roles: number;
  readonly has_rows: number;
}

/** What is known of organizations, in the order of the ids; those of which nothing is are left out. */
async function describe(
  sql: Sql,
  ids: readonly string[],
  named: ReadonlySet<string>,
): Promise<readonly FoundOrganization[]> {
  if (ids.length === 0) return [];
  const keys = ids.map((id) => [id]);
  const [rows, earned] = await Promise.all([
    rowsByKey<OrganizationRow>(
      sql,
      ['id'],
      keys,
      (condition) =>
        'SELECT id, version, strict_roles, ' +
        '(SELECT COUNT(*) FROM organization_roles WHERE organization_id = organizations.id) AS own_roles, ' +
        'EXISTS (SELECT 1 FROM organization_access WHERE organization_id = organizations.id) AS has_rows ' +
        `FROM organizations WHERE ${condition}`,
    ),
    earnersAmong(sql, ids),
  ]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    const isThere = named.has(id) || earned.has(id) || (row !== undefined && (row.version > 0 || row.has_rows !== 0));
    if (!isThere) return [];
    const { version = 0, strict_roles = 0, own_roles = 0 } = row ?? {};
    return [{ id, version, strictRoles: strict_roles !== 0, ownRoles: Number(own_roles) }];
  });
}

/** Those organizations for which something has been counted, or which have earned something. */
async function earnersAmong(sql: Sql, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const has = (table: string): string =>
    `EXISTS (SELECT 1 FROM ${table} WHERE ${table}.part = users.part AND ${table}.user_id = users.id)`;
  const rows = await rowsByKey<{ id: string }>(
    sql,
    ['part', 'id'],
    userKeys(ids, 'organization'),
    (condition) => `SELECT id FROM users WHERE ${condition} AND (${has('action_totals')} OR ${has('unlocks')})`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** How many members each has, up to {@link MEMBERS_COUNTED}: an index is read, and no further than that. */
async function membersOf(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const index = sql.dialect.useIndex('users_organization_id');
  const one =
    `SELECT ? AS id, COUNT(*) AS members FROM (SELECT 1 AS one FROM users${index} ` +
    'WHERE organization_id = ? LIMIT ?) AS some_members';
  const rows = await sql.rows<{ id: string; members: number }>(
    ids.map(() => one).join(' UNION ALL '),
    ids.flatMap((id) => [id, id, MEMBERS_COUNTED]),
  );
  return new Map(rows.map(({ id, members }) => [id, Number(members)]));
}
