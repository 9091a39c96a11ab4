import type { AccessRow } from '../../../core/flags/flag.js';
import type { OrganizationWriter } from '../../organization-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { changeByKey, dropByKey } from '../engine/rows-by-key.js';
import type { Sql } from '../engine/sql.js';
import { loadOrganizations } from './organization-state.js';

const ACCESS_KEY = ['organization_id', 'role', 'flag_id', 'managed_by'] as const;

export function organizationWriter(sql: Sql): OrganizationWriter {
  return {
    read: (ids) => loadOrganizations(sql, ids),
    lock: async (ids) => {
      // An insert that finds the row locks it, as it does the row that it makes: one statement, in the order of keys.
      const locking = insertRows(sql, {
        table: 'organizations',
        columns: ['id', 'attributes', 'strict_roles', 'version', 'revision'],
        keyLength: 1,
        rows: [...new Set(ids)].map((id) => [id, '{}', 0, 0, 0]),
        existing: 'keep',
      });
      const [, states] = await Promise.all([locking, loadOrganizations(sql, ids)]);
      return states;
    },
    put: (organization) => put(sql, organization),
    putAccess: async (rows) => {
      await insertRows(sql, {
        table: 'organization_access',
        columns: [...ACCESS_KEY, 'effect', 'enabled'],
        keyLength: ACCESS_KEY.length,
        rows: rows.map((row) => [...accessKey(row), row.effect, Number(row.enabled)]),
        existing: { effect: 'replace', enabled: 'replace' },
      });
    },
    dropAccess: (rows) => dropByKey(sql, 'organization_access', ACCESS_KEY, rows.map(accessKey)),
    advance: async (ids) => {
      const keys = [...new Set(ids)].map((id) => [id]);
      const raise = (condition: string): string =>
        `UPDATE organizations SET revision = revision + 1 WHERE ${condition}`;
      await changeByKey(sql, ['id'], keys, raise);
    },
  };
}

async function put(sql: Sql, organization: Parameters<OrganizationWriter['put']>[0]): Promise<void> {
  const { id, attributes, timeZone = '', strictRoles, roles, version } = organization;
  await sql.run('UPDATE organizations SET attributes = ?, time_zone = ?, strict_roles = ?, version = ? WHERE id = ?', [
    JSON.stringify(attributes),
    timeZone,
    Number(strictRoles),
    version,
    id,
  ]);
  await sql.run('DELETE FROM organization_roles WHERE organization_id = ?', [id]);
  await insertRows(sql, {
    table: 'organization_roles',
    columns: ['organization_id', 'name', 'position', 'inherits', 'moving_to'],
    keyLength: 2,
    rows: roles.map(({ name, inherits, movingTo = '' }, position) => {
      return [id, name, position, JSON.stringify(inherits), movingTo];
    }),
  });
}

function accessKey(row: AccessRow): readonly string[] {
  return [row.organizationId, row.role, row.flagId, row.managedBy];
}
