import { createHash } from 'node:crypto';
import { openPool } from '../sql/engine/knex-engine.js';
import { firstRow, type Sql } from '../sql/engine/sql.js';
import { type MigrationReport, runMigrations } from '../sql/schema/migrate.js';
import { StoreUnavailable } from '../store.js';
import { mysqlDialect } from './mysql-dialect.js';
import { type MysqlOptions, mysqlPool } from './mysql-pool.js';
import { parseMysqlUrl } from './mysql-url.js';

const DEFAULT_LOCK_WAIT_SECONDS = 60;

/** How long another migration of the same database is waited for, in seconds; default 60. */
export interface MigrateMysqlOptions extends Pick<MysqlOptions, 'url' | 'acquireTimeoutMs'> {
  readonly lockWaitSeconds?: number;
}

/**
 * Brings the schema up to this release, one process at a time: the server's named lock is held by a connection of its
 * own, and ends with it, so a killed migration blocks nobody. Each migration can run again from the start.
 */
export async function migrateMysql(options: MigrateMysqlOptions): Promise<MigrationReport> {
  const lockWaitSeconds = options.lockWaitSeconds ?? DEFAULT_LOCK_WAIT_SECONDS;
  // The statement that waits for the lock is the longest by far; data definition takes as long as it takes.
  const locking = openPool({ knex: mysqlPool({ ...options, poolSize: 1 }), dialect: mysqlDialect });
  try {
    return await locking.transaction(
      (sql) => takeLock(sql, lockName(options.url), lockWaitSeconds),
      () => migrateUnderLock(options),
    );
  } finally {
    await locking.close();
  }
}

async function migrateUnderLock(options: MigrateMysqlOptions): Promise<MigrationReport> {
  const knex = mysqlPool({ ...options, poolSize: 2 });
  const pool = openPool({ knex, dialect: mysqlDialect });
  try {
    return await runMigrations({ knex, sql: pool.sql });
  } finally {
    await pool.close();
  }
}

async function takeLock(sql: Sql, name: string, waitSeconds: number): Promise<void> {
  const row = await firstRow<{ taken: number | null }>(sql, 'SELECT GET_LOCK(?, ?) AS taken', [name, waitSeconds]);
  if (row?.taken !== 1) {
    throw new StoreUnavailable(`another migration of this database has not ended within ${waitSeconds} s`);
  }
}

/** The lock of this database. Names are the server's, at most 64 characters long, and several databases live on one server. */
export function lockName(url: string): string {
  return `latchkey:${createHash('sha256').update(parseMysqlUrl(url).database).digest('hex').slice(0, 32)}`;
}
