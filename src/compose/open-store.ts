import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config/config.js';
import { migrateMysql } from '../store/mysql/migrate-mysql.js';
import { openMysqlStore } from '../store/mysql/mysql-store.js';
import type { MigrationReport } from '../store/sql/schema/migrate.js';
import type { SqlStore } from '../store/sql/sql-store.js';
import { migrateSqlite } from '../store/sqlite/migrate-sqlite.js';
import { openSqliteStore } from '../store/sqlite/sqlite-store.js';

type Database = Config['database'];

/** Brings the database's schema up to this release. */
export async function migrate(database: Database): Promise<MigrationReport> {
  if (database.kind === 'mysql') return migrateMysql({ url: database.url });
  mkdirSync(dirname(database.path), { recursive: true });
  return migrateSqlite({ path: database.path });
}

/** Opens the store. The embedded one is migrated first; of the other the schema is checked once it can be reached. */
export async function openStore(database: Database, onPoolWait: (waitedMs: number) => void): Promise<SqlStore> {
  if (database.kind === 'sqlite') {
    await migrate(database);
    return openSqliteStore({ path: database.path, onPoolWait });
  }
  return openMysqlStore({ url: database.url, poolSize: database.poolSize, checkSchema: false, onPoolWait });
}
