import { expect, it } from '@jest/globals';
import type { MigrationReport } from '../sql/schema/migrate.js';
import { SchemaMismatch } from '../sql/schema/schema.js';
import type { Store } from '../store.js';
import { sampleEvent } from './samples.js';

/** One new, empty database. */
export interface EmptyDatabase {
  readonly migrate: () => Promise<MigrationReport>;
  readonly open: () => Promise<Store>;
  /** Runs a statement through the driver alone. */
  readonly execute: (statement: string) => Promise<void>;
}

export function migrationContract(create: () => Promise<EmptyDatabase>): void {
  const all = [
    ...['0001_meta.cjs', '0002_configuration.cjs', '0003_organizations.cjs'],
    ...['0004_users.cjs', '0005_events.cjs', '0006_records.cjs', '0007_ledger.cjs', '0008_backfills.cjs'],
    ...['0009_webhooks.cjs', '0010_onboarding.cjs'],
  ];

  const migrated = async (): Promise<EmptyDatabase> => {
    const database = await create();
    await database.migrate();
    return database;
  };

  const epochOf = async (database: EmptyDatabase): Promise<string> => {
    const store = await database.open();
    try {
      return await store.epoch();
    } finally {
      await store.close();
    }
  };

  it('brings an empty database up once, and then finds nothing to do', async () => {
    const database = await create();
    expect(await database.migrate()).toEqual({ applied: all });
    const epoch = await epochOf(database);
    expect(await database.migrate()).toEqual({ applied: [] });
    expect(await epochOf(database)).toBe(epoch);
  });

  it('lets one of several at once do the work while the others wait', async () => {
    const database = await create();
    const reports = await Promise.all([database.migrate(), database.migrate(), database.migrate()]);
    expect(reports.flatMap(({ applied }) => applied)).toEqual(all);
  });

  it('goes on after one that was killed half-way, whose lock row stayed behind', async () => {
    const database = await migrated();
    const epoch = await epochOf(database);
    await database.execute('UPDATE knex_migrations_lock SET is_locked = 1');
    await database.execute("DELETE FROM knex_migrations WHERE name >= '0005'");
    await database.execute('DROP TABLE tokens');
    await expect(database.open()).rejects.toThrow(/lacks 6 migrations \(0005_events.cjs, .*run `latchkey migrate`/);
    expect(await database.migrate()).toEqual({ applied: all.slice(4) });
    expect(await epochOf(database)).toBe(epoch);
    const store = await database.open();
    try {
      expect(await store.tokens.all()).toEqual([]);
      expect(await store.inbox.append([sampleEvent()])).toEqual([true]);
    } finally {
      await store.close();
    }
  });

  it('is asked for when it has not run at all', async () => {
    const database = await create();
    await expect(database.open()).rejects.toBeInstanceOf(SchemaMismatch);
    await expect(database.open()).rejects.toThrow('run `latchkey migrate`');
  });

  it('leaves a newer schema alone, which this release runs on unless it says otherwise', async () => {
    const database = await migrated();
    await database.execute("INSERT INTO knex_migrations (name, batch) VALUES ('9999_of_the_future.cjs', 2)");
    expect(await database.migrate()).toEqual({ applied: [] });
    await (await database.open()).close();
    await database.execute("UPDATE meta SET value = '9999' WHERE name = 'schema_compatibility'");
    await expect(database.open()).rejects.toBeInstanceOf(SchemaMismatch);
    await expect(database.open()).rejects.toThrow('needs schema 9999, this release knows 10');
    await expect(database.migrate()).rejects.toBeInstanceOf(SchemaMismatch);
  });

  it('refuses data laid out for another number of partitions', async () => {
    const database = await migrated();
    await database.execute("UPDATE meta SET value = '1024' WHERE name = 'partitions'");
    await expect(database.open()).rejects.toThrow('1024 partitions, this release for 4096');
  });
}
