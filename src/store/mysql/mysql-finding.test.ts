import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../test/servers/test-servers.js';
import type { UsersRequest } from '../finder.js';
import { insertRows } from '../sql/engine/insert-rows.js';
import { openPool, type Pool } from '../sql/engine/knex-engine.js';
import { userKey } from '../sql/engine/user-keys.js';
import { findOrganizations } from '../sql/finding/found-organizations.js';
import { findUsers } from '../sql/finding/found-users.js';
import { migrateMysql } from './migrate-mysql.js';
import { mysqlDialect } from './mysql-dialect.js';
import { mysqlPool } from './mysql-pool.js';

/** Enough for a scan of the table, or of an index, to stand out. */
const USERS = 6_000;
const ORGANIZATIONS = 60;

describe('what finds users and organizations on MariaDB', () => {
  let database: TestDatabase;
  let pool: Pool;

  beforeAll(async () => {
    database = await createDatabase();
    await migrateMysql(database);
    // One connection, whose status is read below.
    pool = openPool({
      knex: mysqlPool({ url: database.url, poolSize: 1, acquireTimeoutMs: 60_000 }),
      dialect: mysqlDialect,
    });
    const { sql } = pool;
    const ids = Array.from({ length: USERS }, (_, i) => `user-${i}`);
    const organizationOf = (i: number): string => `organization-${i % ORGANIZATIONS}`;
    const columns = ['part', 'id', 'organization_id', 'roles', 'attributes', 'stage', 'revision'];
    const stageOf = (i: number): string => (i % 2 === 0 ? 'tour' : '');
    const users = ids.map((id, i) => [...userKey(id), organizationOf(i), '["r"]', '{"email": "mail"}', stageOf(i), 1]);
    await insertRows(sql, { table: 'users', columns, keyLength: 2, rows: users });
    // One organization has many members, and few of them a role.
    const roleOf = (i: number): string => (i % 500 === 0 ? 'few' : 'r');
    const many = Array.from({ length: USERS / 3 }, (_, i) => `many-${i}`);
    const ofOne = many.map((id, i) => [...userKey(id), 'organization-many', `["${roleOf(i)}"]`, '{}', '', 1]);
    await insertRows(sql, { table: 'users', columns, keyLength: 2, rows: ofOne });
    const roles = [
      ...many.map((id, i) => [...userKey(id), roleOf(i), 'organization-many']),
      ...ids.map((id, i) => [...userKey(id), 'r', organizationOf(i)]),
    ];
    const held = ['part', 'user_id', 'role', 'organization_id'];
    await insertRows(sql, { table: 'user_roles', columns: held, keyLength: 3, rows: roles });
    const searched = ids.map((id, i) => [
      ...userKey(id),
      'email',
      i % 2 === 0 ? 'mail' : `mail-${i}`,
      organizationOf(i),
    ]);
    const named = ['part', 'user_id', 'attribute', 'value', 'organization_id'];
    await insertRows(sql, { table: 'user_search', columns: named, keyLength: 3, rows: searched });
    const entries = ids.map((id, i) => [...userKey(id), 1, 'flg_x', 'rul_x', 1, 'unlocked', i, i, '{}']);
    const entry = ['part', 'user_id', 'seq', 'flag_id', 'rule_id', 'rule_version', 'kind', 'earned_at', 'recorded_at'];
    await insertRows(sql, { table: 'unlocks', columns: [...entry, 'cause'], keyLength: 3, rows: entries });
  });
  afterAll(async () => {
    await pool?.close();
    await database.drop();
  });

  /** How many rows, of tables and of indexes, the work has the engine read. */
  const rowsRead = async (work: () => Promise<unknown>): Promise<number> => {
    const read = async (): Promise<number> => {
      const rows = await pool.sql.rows<{ readonly Value: string }>("SHOW SESSION STATUS LIKE 'Handler_read%'");
      return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
    };
    const before = await read();
    await work();
    return (await read()) - before;
  };

  const ANY: UsersRequest = { text: '', attributes: ['email'], organizationId: '', role: '', stage: '', limit: 10 };
  const unlocked = { flagId: 'flg_x', floors: new Map<string, number>() };

  it.each<[string, Partial<UsersRequest>]>([
    ['everybody', {}],
    ['an id', { text: 'user-4711' }],
    ['the beginning of an id', { text: 'user-4' }],
    ['the beginning of an attribute', { text: 'MAIL' }],
    ['a text that nobody has', { text: 'nobody' }],
    ['an organization', { organizationId: 'organization-7' }],
    ['an attribute within an organization', { organizationId: 'organization-7', text: 'mail-' }],
    ['an id within an organization', { organizationId: 'organization-7', text: 'user-5' }],
    ['a stage', { stage: 'tour' }],
    ['a flag', { unlocked }],
    ['a role of an organization that few have', { organizationId: 'organization-many', role: 'few', limit: 2 }],
    ['a role and a flag of an organization', { organizationId: 'organization-7', role: 'r', unlocked }],
  ])('reads few rows for a page of %s, the first and the one after', async (_name, more) => {
    const request = { ...ANY, ...more };
    const { next } = await findUsers(pool.sql, request);
    for (const after of [undefined, next]) {
      const page = { ...request, ...(after !== undefined && { after }) };
      expect(await rowsRead(() => findUsers(pool.sql, page))).toBeLessThan(USERS / 10);
    }
  });

  it('goes from one organization that users name to the next, and not over their users', async () => {
    const request = { prefix: 'organization-', limit: 20, countMembers: false };
    expect((await findOrganizations(pool.sql, request)).items).toHaveLength(20);
    expect(await rowsRead(() => findOrganizations(pool.sql, request))).toBeLessThan(USERS / 10);
  });
});
