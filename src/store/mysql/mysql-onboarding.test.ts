import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../test/servers/test-servers.js';
import type { OnboardingStore } from '../onboarding-store.js';
import { insertRows } from '../sql/engine/insert-rows.js';
import { openPool, type Pool } from '../sql/engine/knex-engine.js';
import type { Engine } from '../sql/engine/sql.js';
import { userKey } from '../sql/engine/user-keys.js';
import { onboardingStore } from '../sql/onboarding/onboarding-store.js';
import { memberReader } from '../sql/users/member-roles.js';
import { ALL_WEEKS, NOW, REACHED } from '../sql/users/stages/stage-counts.js';
import { migrateMysql } from './migrate-mysql.js';
import { mysqlDialect } from './mysql-dialect.js';
import { mysqlPool } from './mysql-pool.js';

/** Enough for a scan of a table, or of an index, to stand out. */
const USERS = 6_000;
const ORGANIZATIONS = 60;
/** Stages that somebody has invented, beside `tour`. */
const INVENTED = 2_000;
const STRIPES = 16;

describe('what tells of onboarding on MariaDB', () => {
  let database: TestDatabase;
  let pool: Pool;
  let onboarding: OnboardingStore;

  beforeAll(async () => {
    database = await createDatabase();
    await migrateMysql(database);
    // One connection, whose status is read below.
    pool = openPool({
      knex: mysqlPool({ url: database.url, poolSize: 1, acquireTimeoutMs: 60_000 }),
      dialect: mysqlDialect,
    });
    const { sql } = pool;
    onboarding = onboardingStore({ read: sql, dialect: mysqlDialect } as Engine);
    const ids = Array.from({ length: USERS }, (_, i) => `user-${i}`);
    const organizationOf = (i: number): string => `organization-${i % ORGANIZATIONS}`;
    const columns = ['part', 'id', 'organization_id', 'roles', 'attributes', 'stage', 'stage_entered_at', 'revision'];
    const users = ids.map((id, i) => [...userKey(id), organizationOf(i), '["r"]', '{}', 'tour', i, 1]);
    await insertRows(sql, { table: 'users', columns, keyLength: 2, rows: users });
    const roles = ids.map((id, i) => [...userKey(id), 'r', organizationOf(i)]);
    const held = ['part', 'user_id', 'role', 'organization_id'];
    await insertRows(sql, { table: 'user_roles', columns: held, keyLength: 3, rows: roles });
    const stages = ['tour', ...Array.from({ length: INVENTED }, (_, i) => `invented-${i}`)];
    const owners = ['', ...Array.from({ length: 20 }, (_, i) => organizationOf(i))];
    const rows = owners.flatMap((owner) =>
      (owner === '' ? stages : ['tour']).flatMap((stage) =>
        [REACHED, NOW].flatMap((bucket) =>
          (stage === 'tour' ? Array.from({ length: STRIPES }, (_, i) => i) : [0]).map((stripe) => {
            return [owner, ALL_WEEKS, stage, bucket, stripe, 1];
          }),
        ),
      ),
    );
    const counted = ['organization_id', 'week', 'stage', 'bucket', 'stripe', 'n'];
    await insertRows(sql, { table: 'onboarding_counts', columns: counted, keyLength: 5, rows });
    await sql.rows('ANALYZE TABLE users, user_roles, onboarding_counts');
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

  const FEW = USERS / 10;

  it.each(['', 'organization-7'])('reads few rows for those who are stuck, of %j', async (organizationId) => {
    const request = { stage: 'tour', organizationId, enteredBy: USERS - 10, limit: 10 };
    const { items, next } = await onboarding.stuck(request);
    expect(items).toHaveLength(10);
    for (const after of [undefined, next]) {
      const page = { ...request, ...(after !== undefined && { after }) };
      expect(await rowsRead(() => onboarding.stuck(page))).toBeLessThan(100);
    }
    expect(await onboarding.countStuck({ ...request, limit: 50 })).toBe(50);
    expect(await rowsRead(() => onboarding.countStuck({ ...request, limit: 50 }))).toBeLessThan(200);
  });

  it('sums the rows of the stages that are asked for, and goes by no other', async () => {
    const request = { organizationId: '', joined: 'all', stages: ['tour', 'invented-7'] } as const;
    expect((await onboarding.counts(request)).map(({ stage, reached }) => [stage, reached])).toEqual([
      ['invented-7', 1],
      ['tour', STRIPES],
    ]);
    expect(await rowsRead(() => onboarding.counts(request))).toBeLessThan(FEW);
    const weeks = { ...request, joined: { from: 2_900, to: 2_952 } };
    expect(await rowsRead(() => onboarding.counts(weeks))).toBeLessThan(FEW);
  });

  it('finds stages by a step each, however many somebody has invented', async () => {
    expect(await onboarding.stagesCounted('', 20)).toHaveLength(20);
    expect(await rowsRead(() => onboarding.stagesCounted('', 20))).toBeLessThan(100);
  });

  it('breaks down over organizations without their other stages', async () => {
    const request = { organizationIds: ['organization-1', 'organization-2', 'organization-50'], stages: ['tour'] };
    expect((await onboarding.breakdown(request)).size).toBe(2);
    expect(await rowsRead(() => onboarding.breakdown(request))).toBeLessThan(300);
  });

  it('finds the members who have a role by the index of roles', async () => {
    const members = memberReader(pool.sql);
    expect((await members.list('organization-7', { limit: 10 }, 'r')).items).toHaveLength(10);
    expect(await rowsRead(() => members.list('organization-7', { limit: 10 }, 'r'))).toBeLessThan(100);
    expect(await rowsRead(() => members.holding('organization-7', ['r']))).toBeLessThan(3 * (USERS / ORGANIZATIONS));
  });
});
