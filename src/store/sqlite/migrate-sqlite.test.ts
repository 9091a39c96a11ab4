import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { StoreUnavailable } from '../store.js';
import { migrationContract } from '../testing/migration-contract.js';
import { unique } from '../testing/samples.js';
import { migrateSqlite } from './migrate-sqlite.js';
import { openSqliteStore } from './sqlite-store.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-migrations-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const newPath = (): string => join(folder, unique('folder'), 'latchkey.db');

describe('migrating SQLite', () => {
  migrationContract(async () => {
    const path = newPath();
    return {
      migrate: () => migrateSqlite({ path }),
      open: () => openSqliteStore({ path }),
      execute: async (statement) => {
        const database = new Database(path);
        database.prepare(statement).run();
        database.close();
      },
    };
  });

  it('waits for another process that writes, as long as it is told', async () => {
    const path = newPath();
    await migrateSqlite({ path });
    const other = new Database(path);
    other.prepare('DELETE FROM knex_migrations').run();
    other.prepare('BEGIN IMMEDIATE').run();
    await expect(migrateSqlite({ path, lockWaitSeconds: 0.1 })).rejects.toBeInstanceOf(StoreUnavailable);
    const waiting = migrateSqlite({ path });
    await new Promise((resolve) => setTimeout(resolve, 100));
    other.prepare('COMMIT').run();
    other.close();
    expect((await waiting).applied).toHaveLength(10);
  });
});
