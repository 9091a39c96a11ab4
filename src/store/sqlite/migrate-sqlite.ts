import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { openPool } from '../sql/engine/knex-engine.js';
import { type MigrationReport, runMigrations } from '../sql/schema/migrate.js';
import { StoreUnavailable } from '../store.js';
import { sqliteDialect } from './sqlite-dialect.js';
import { type SqliteOptions, sqlitePool } from './sqlite-pool.js';

const DEFAULT_LOCK_WAIT_SECONDS = 60;
const PAUSE_MS = 50;

export interface MigrateSqliteOptions extends Pick<SqliteOptions, 'path' | 'durable'> {
  /** How long another process that writes is waited for, in seconds; default 60. */
  readonly lockWaitSeconds?: number;
}

/**
 * Brings the schema up to this release; makes the file when there is none. All migrations run in one transaction: a killed
 * process leaves no trace of it, and its lock makes a second migration wait.
 */
export async function migrateSqlite(options: MigrateSqliteOptions): Promise<MigrationReport> {
  const lockWaitSeconds = options.lockWaitSeconds ?? DEFAULT_LOCK_WAIT_SECONDS;
  const deadline = performance.now() + lockWaitSeconds * 1000;
  const knex = sqlitePool(options, 'write');
  try {
    for (;;) {
      try {
        return await knex.transaction(migrateWithin);
      } catch (error) {
        if (sqliteDialect.failureOf(error) !== 'again') throw error;
        if (performance.now() > deadline) {
          throw new StoreUnavailable(`another process has held the database for ${lockWaitSeconds} s`, error);
        }
      }
      await sleep(PAUSE_MS);
    }
  } finally {
    await knex.destroy();
  }
}

async function migrateWithin(transaction: Knex.Transaction): Promise<MigrationReport> {
  const { sql } = openPool({ knex: transaction, dialect: sqliteDialect });
  // A write takes the file's lock. As the transaction's first statement it holds no other lock while it waits for it.
  await sql.run('PRAGMA user_version = 1');
  return runMigrations({ knex: transaction, sql });
}
