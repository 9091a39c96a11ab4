import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';
import { PARTITIONS } from '../../../core/values/partition.js';
import type { Sql } from '../engine/sql.js';

/** The folder of migrations, which is as far from `src` as from `dist`. */
const FOLDER = fileURLToPath(new URL('../../../../migrations/', import.meta.url));
const FILE = /^(\d{4})_.+\.cjs$/;

const load = createRequire(import.meta.url);

export interface Migration {
  /** The file's name with its extension. The database records it, so it never changes. */
  readonly name: string;
  /** Its place in the order, from 1. */
  readonly number: number;
}

/** The migrations of this release, in their order. The last one's number is the release's schema number. */
async function listMigrations(): Promise<readonly Migration[]> {
  return (await readdir(FOLDER))
    .toSorted()
    .flatMap((name) => [FILE.exec(name)].flatMap((match) => (match ? [{ name, number: Number(match[1]) }] : [])));
}

/** Hands these migrations to knex. */
export const migrationSource: Knex.MigrationSource<Migration> = {
  getMigrations: async () => [...(await listMigrations())],
  getMigrationName: ({ name }) => name,
  getMigration: async ({ name }) => load(`${FOLDER}${name}`) as Knex.Migration,
};

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
