import { afterAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { createDatabase, type TestDatabase } from '../../../test/servers/test-servers.js';
import { StoreUnavailable } from '../store.js';
import { migrationContract } from '../testing/migration-contract.js';
import { lockName, migrateMysql } from './migrate-mysql.js';
import { openMysqlStore } from './mysql-store.js';

const databases: TestDatabase[] = [];

async function newDatabase(): Promise<TestDatabase> {
  const database = await createDatabase();
  databases.push(database);
  return database;
}

afterAll(async () => {
  for (const database of databases) await database.drop();
});

describe('migrating MariaDB', () => {
  migrationContract(async () => {
    const { url } = await newDatabase();
    return {
      migrate: () => migrateMysql({ url }),
      open: () => openMysqlStore({ url }),
      execute: async (statement) => {
        const connection = await createConnection(url);
        await connection.query(statement);
        await connection.end();
      },
    };
  });

  it('waits for another migration of the same database, and no longer than that one lives', async () => {
    const { url } = await newDatabase();
    const other = await createConnection(url);
    await other.query('SELECT GET_LOCK(?, 0)', [lockName(url)]);
    await expect(migrateMysql({ url, lockWaitSeconds: 0 })).rejects.toBeInstanceOf(StoreUnavailable);
    const waiting = migrateMysql({ url });
    await new Promise((resolve) => setTimeout(resolve, 100));
    // As a killed process leaves it: the connection ends, and nobody has released anything.
    other.destroy();
    expect((await waiting).applied).toHaveLength(10);
  });
});
