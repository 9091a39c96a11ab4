import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { storeContract } from '../testing/store-contract.js';
import { migrateSqlite } from './migrate-sqlite.js';
import { openSqliteStore } from './sqlite-store.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-store-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the store on SQLite', () => {
  storeContract({
    open: async () => {
      const path = join(folder, 'contract.db');
      await migrateSqlite({ path });
      return openSqliteStore({ path });
    },
    // A folder cannot be opened as a database.
    unreachable: () => openSqliteStore({ path: folder, checkSchema: false }),
    remove: async () => {},
  });
});
