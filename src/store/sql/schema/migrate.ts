import type { Knex } from 'knex';
import type { Sql } from '../engine/sql.js';
import { migrationSource } from './migrations.js';
import { appliedMigrations, checkCompatibility, MIGRATIONS_TABLE } from './schema.js';

export interface MigrationReport {
  /** The names of the migrations that ran now, in their order. */
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
    // Data definition is transactional on some engines only; where it is, the caller's transaction is around all this.
    disableTransactions: true,
    // A newer release may have gone first; whether this one still runs is what the compatibility says.
    disableMigrationsListValidation: true,
  };
  await knex.migrate.forceFreeMigrationsLock(config);
  const [, applied]: [number, string[]] = await knex.migrate.latest(config);
  return { applied };
}
