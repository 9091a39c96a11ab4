import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../test/servers/test-servers.js';
import { insertRows } from '../sql/engine/insert-rows.js';
import { openPool, type Pool } from '../sql/engine/knex-engine.js';
import { organizationsWithRole } from '../sql/finding/organizations-with-role.js';
import { migrateMysql } from './migrate-mysql.js';
import { mysqlDialect } from './mysql-dialect.js';
import { mysqlPool } from './mysql-pool.js';

/** Enough for a scan to stand out. */
const ORGANIZATIONS = 6_000;
const ROLES = ['own', 'lead', 'guide'];

describe('organizations with a role on MariaDB', () => {
  let database: TestDatabase;
  let pool: Pool;

  const idOf = (n: number): string => `org-${String(n).padStart(5, '0')}`;

  beforeAll(async () => {
    database = await createDatabase();
    await migrateMysql(database);
    // One connection, whose status is read below.
    pool = openPool({
      knex: mysqlPool({ url: database.url, poolSize: 1, acquireTimeoutMs: 60_000 }),
      dialect: mysqlDialect,
    });
    const organizations = Array.from({ length: ORGANIZATIONS }, (_, n) => n);
    await insertRows(pool.sql, {
      ...{ table: 'organization_roles', keyLength: 2 },
      columns: ['organization_id', 'name', 'position', 'inherits'],
      rows: organizations.flatMap((n) => ROLES.map((name, i) => [idOf(n), name, i, '["own"]'])),
    });
    await insertRows(pool.sql, {
      ...{ table: 'organization_access', keyLength: 4 },
      columns: ['organization_id', 'role', 'flag_id', 'managed_by', 'effect', 'enabled'],
      // The first has as many rows for each role as all others have together.
      rows: organizations.flatMap((n) => [
        [idOf(n), 'own', 'flg_x', '', 'ALLOW', 1],
        [idOf(0), 'manager', `flg_${n}`, '', 'ALLOW', 1],
        [idOf(n), 'manager', 'flg_x', '', 'ALLOW', 1],
      ]),
    });
  });
  afterAll(async () => {
    await pool?.close();
    await database.drop();
  });

  const rowsRead = async (): Promise<number> => {
    const rows = await pool.sql.rows<{ readonly Value: string }>("SHOW SESSION STATUS LIKE 'Handler_read%'");
    return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
  };

  it.each([
    ['own', idOf(1_000)],
    ['manager', idOf(1_000)],
    ['guide', ''],
    ['nobody', ''],
  ])('are found by reading few rows: %s after %j', async (role, after) => {
    const before = await rowsRead();
    const { items } = await organizationsWithRole(pool.sql, role, { limit: 20, after });
    // Reading the status goes over a table of its own, of some 60 rows.
    expect((await rowsRead()) - before).toBeLessThan(20 * 15 + 60);
    expect(items).toHaveLength(role === 'nobody' ? 0 : 20);
  });
});
