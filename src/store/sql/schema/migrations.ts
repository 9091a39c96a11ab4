import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';

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
export async function listMigrations(): Promise<readonly Migration[]> {
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
