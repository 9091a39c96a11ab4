import { PARTITIONS } from '../../../core/values/partition.js';
import type { Sql } from '../engine/sql.js';
import { listMigrations } from './migrations.js';

export const MIGRATIONS_TABLE = 'knex_migrations';

/** This release cannot run on the database's schema; the message says what to do. */
export class SchemaMismatch extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SchemaMismatch';
  }
}

/**
 * Rejects when this release cannot run on the database's schema. A newer schema is fine, unless one of its migrations took
 * away what older releases need: such a migration raises `schema_compatibility`, the oldest schema number that still runs.
 */
export async function checkSchema(sql: Sql): Promise<void> {
  const applied = new Set(await appliedMigrations(sql));
  const missing = (await listMigrations()).filter(({ name }) => !applied.has(name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ');
    throw new SchemaMismatch(`the database lacks ${missing.length} migrations (${names}): run \`latchkey migrate\``);
  }
  await checkCompatibility(sql);
}

/** Rejects when the schema is too new for this release, or was laid out for another number of partitions. */
export async function checkCompatibility(sql: Sql): Promise<void> {
  const rows = await sql.rows<{ name: string; value: string }>('SELECT name, value FROM meta');
  const meta = new Map(rows.map((row) => [row.name, row.value]));
  const own = (await listMigrations()).at(-1)?.number ?? 0;
  const oldest = Number(meta.get('schema_compatibility'));
  if (oldest > own) {
    throw new SchemaMismatch(
      `the database has been migrated by a newer release that this one cannot run beside: it needs schema ${oldest}, ` +
        `this release knows ${own}. Start a newer release`,
    );
  }
  const partitions = Number(meta.get('partitions'));
  if (partitions !== PARTITIONS) {
    throw new SchemaMismatch(`the database is laid out for ${partitions} partitions, this release for ${PARTITIONS}`);
  }
}

/** The names of the migrations that the database has seen; none for an empty database. */
export async function appliedMigrations(sql: Sql): Promise<readonly string[]> {
  const there = await sql.rows(sql.dialect.tableNamed, [MIGRATIONS_TABLE]);
  if (there.length === 0) return [];
  return (await sql.rows<{ name: string }>(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`)).map(({ name }) => name);
}
