import type { Knex } from 'knex';
import type { Sql } from '../engine/sql.js';
import { appliedMigrations, checkCompatibility, MIGRATIONS_TABLE, migrationSource } from './schema.js';

export interface MigrationReport {
  /** The names of the migrations that were run, in their order. */
  readonly applied: readonly string[];
}

export interface MigrationRun {
  readonly knex: Knex;
  readonly sql: Sql;
}

/**
 * Brings the schema up to this release. Call it only under the engine's own lock, which ends with its holder: the lock
 * row that knex keeps would stay behind a killed migration for ever, so it is cleared here.
 */
export async function runMigrations({ knex, sql }: MigrationRun): Promise<MigrationReport> {
  if ((await appliedMigrations(sql)).length > 0) await checkCompatibility(sql);
  const config: Knex.MigratorConfig = {
    migrationSource,
    tableName: MIGRATIONS_TABLE,
    // Where data definition is transactional, the caller has begun a transaction around all of this.
    disableTransactions: true,
    // A newer release may have run migrations that this one lacks. `checkCompatibility` says whether this one still runs.
    disableMigrationsListValidation: true,
  };
  await knex.migrate.forceFreeMigrationsLock(config);
  const [, applied]: [number, string[]] = await knex.migrate.latest(config);
  return { applied };
}
