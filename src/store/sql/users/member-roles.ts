import { partitionOf } from '../../../core/values/partition.js';
import type { HeldRole, MemberReader } from '../../member-store.js';
import type { Page, PageRequest } from '../../page.js';
import type { UserProfile } from '../../user-store.js';
import { commaSeparated } from '../engine/dialect.js';
import { insertRows } from '../engine/insert-rows.js';
import { numberAfter, pageOf, splitPosition } from '../engine/page-of.js';
import type { Sql } from '../engine/sql.js';
import { userKey } from '../engine/user-keys.js';

// `user_roles` has a row for each role of each member of an organization. It says what the profiles say, in the order in which
// members are found by their role; whoever is in no organization has none.

/** Brings the rows of these users up to date with their profiles. The users must be locked. */
export async function putMemberRoles(sql: Sql, profiles: readonly UserProfile[]): Promise<void> {
  const rows: (readonly (string | number)[])[] = [];
  const changes: Promise<unknown>[] = [];
  for (const { userId, organizationId, roles } of profiles) {
    const key = userKey(userId);
    const held = organizationId === '' ? [] : [...new Set(roles)];
    changes.push(dropOthers(sql, key, organizationId, held));
    for (const role of held) rows.push([...key, role, organizationId]);
  }
  const columns = ['part', 'user_id', 'role', 'organization_id'];
  changes.push(insertRows(sql, { table: 'user_roles', columns, keyLength: 3, rows, existing: 'keep' }));
  await Promise.all(changes);
}

async function dropOthers(
  sql: Sql,
  key: readonly (string | number)[],
  organizationId: string,
  held: readonly string[],
): Promise<void> {
  const others = held.length === 0 ? '' : ` AND (organization_id <> ? OR role NOT IN (${places(held)}))`;
  await sql.run(`DELETE FROM user_roles WHERE part = ? AND user_id = ?${others}`, [
    ...key,
    ...(held.length === 0 ? [] : [organizationId, ...held]),
  ]);
}

export function memberReader(sql: Sql): MemberReader {
  const from = `FROM user_roles${sql.dialect.useIndex('user_roles_organization')} WHERE organization_id = ?`;
  return {
    holding: async (organizationId, roles) => {
      if (roles.length === 0) return new Map();
      const rows = await sql.rows<HeldRole>(
        `SELECT role, COUNT(*) AS members ${from} AND role IN (${places(roles)}) GROUP BY role`,
        [organizationId, ...roles],
      );
      return new Map(rows.map(({ role, members }) => [role, Number(members)]));
    },
    holdingOthers: async (organizationId, roles, limit) => {
      const others = roles.length === 0 ? '' : ` AND role NOT IN (${places(roles)})`;
      const rows = await sql.rows<HeldRole>(
        `SELECT role, COUNT(*) AS members ${from}${others} GROUP BY role ORDER BY role LIMIT ?`,
        [organizationId, ...roles, limit],
      );
      return rows.map(({ role, members }) => ({ role, members: Number(members) }));
    },
    list: (organizationId, page, role) => listMembers(sql, { organizationId, role }, page),
  };
}

interface Listed {
  readonly organizationId: string;
  readonly role: string | undefined;
}

async function listMembers(
  sql: Sql,
  { organizationId, role }: Listed,
  { after, limit }: PageRequest,
): Promise<Page<string>> {
  const [afterPart, afterId = ''] = splitPosition(after, 2) ?? [];
  const part = numberAfter(afterPart, -1);
  const { useIndex } = sql.dialect;
  const [from, id, values] =
    role === undefined
      ? [`users${useIndex('users_organization')} WHERE organization_id = ?`, 'id', [organizationId]]
      : [
          `user_roles${useIndex('user_roles_organization')} WHERE organization_id = ? AND role = ?`,
          'user_id',
          [organizationId, role],
        ];
  // With the first condition every engine begins in the middle of its index.
  const rows = await sql.rows<{ id: string }>(
    `SELECT ${id} AS id FROM ${from} AND part >= ? AND (part, ${id}) > (?, ?) ORDER BY part, ${id} LIMIT ?`,
    [...values, part, part, afterId, limit + 1],
  );
  return pageOf(
    rows,
    limit,
    (row) => row.id,
    (row) => JSON.stringify([String(partitionOf(row.id)), row.id]),
  );
}

function places(values: readonly string[]): string {
  return commaSeparated('?', values.length);
}
