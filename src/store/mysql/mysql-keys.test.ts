import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { createDatabase, type TestDatabase } from '../../../test/servers/test-servers.js';
import { mysqlDialect } from './mysql-dialect.js';

/** Enough for the optimizer to mind a scan. */
const ROWS = 5_000;

describe('a change by key on MariaDB', () => {
  let database: TestDatabase;
  let sql: Connection;

  beforeAll(async () => {
    database = await createDatabase();
    sql = await createConnection({ uri: database.url });
    await sql.query('CREATE TABLE keyed (part SMALLINT, id VARCHAR(191), n INT, PRIMARY KEY (part, id))');
    await sql.query('INSERT INTO keyed VALUES ?', [Array.from({ length: ROWS }, (_, i) => [i % 64, `user-${i}`, 0])]);
  });
  afterAll(async () => {
    await sql.end();
    await database.drop();
  });

  const rowsScanned = async (): Promise<number> => {
    const [rows] = await sql.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Handler_read_rnd_next'");
    return Number(rows[0]!.Value);
  };

  it.each([1, 2, 3, 100])('looks at the rows of %i keys alone, not at the table', async (count) => {
    const keys = Array.from({ length: count }, (_, i) => [i % 64, `user-${i}`]).flat();
    const condition = mysqlDialect.isOneOf(['part', 'id'], count);
    for (const text of [`UPDATE keyed SET n = n + 1 WHERE ${condition}`, `SELECT n FROM keyed WHERE ${condition}`]) {
      const before = await rowsScanned();
      await sql.query(text, keys);
      // A list of values may itself be read as a small table, and so is the status.
      expect((await rowsScanned()) - before).toBeLessThan(ROWS / 2);
    }
  });
});
