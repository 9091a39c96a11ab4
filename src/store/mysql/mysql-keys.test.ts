import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../test/servers/test-servers.js';
import { insertRows } from '../sql/engine/insert-rows.js';
import { openPool, type Pool } from '../sql/engine/knex-engine.js';
import { mysqlDialect } from './mysql-dialect.js';
import { mysqlPool } from './mysql-pool.js';

/** Enough for the optimizer to mind a scan. */
const ROWS = 5_000;

describe('a change by key on MariaDB', () => {
  let database: TestDatabase;
  let pool: Pool;

  beforeAll(async () => {
    database = await createDatabase();
    // One connection, whose status is read below.
    pool = openPool({
      knex: mysqlPool({ url: database.url, poolSize: 1, acquireTimeoutMs: 60_000 }),
      dialect: mysqlDialect,
    });
    await pool.sql.run('CREATE TABLE keyed (part SMALLINT, id VARCHAR(191), n INT, PRIMARY KEY (part, id))');
    const rows = Array.from({ length: ROWS }, (_, i) => [i % 64, `user-${i}`, 0]);
    await insertRows(pool.sql, { table: 'keyed', columns: ['part', 'id', 'n'], keyLength: 2, rows, existing: 'keep' });
  });
  afterAll(async () => {
    await pool.close();
    await database.drop();
  });

  const rowsScanned = async (): Promise<number> => {
    const text = "SHOW SESSION STATUS LIKE 'Handler_read_rnd_next'";
    const [row] = await pool.sql.rows<{ readonly Value: string }>(text);
    return Number(row!.Value);
  };

  it.each([1, 2, 3, 100, 500])('looks at the rows of %i keys alone, not at the table', async (count) => {
    const keys = Array.from({ length: count }, (_, i) => [i % 64, `user-${i}`]).flat();
    const condition = mysqlDialect.isOneOf(['part', 'id'], count);
    const update = `UPDATE keyed SET n = n + 1 WHERE ${condition}`;
    for (const text of [update, `SELECT n FROM keyed WHERE ${condition}`]) {
      const before = await rowsScanned();
      await (text === update ? pool.sql.run(text, keys) : pool.sql.rows(text, keys));
      // Reading the status itself reads a small table.
      expect((await rowsScanned()) - before).toBeLessThan(ROWS / 10);
    }
  });
});
