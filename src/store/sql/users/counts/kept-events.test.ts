import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { migrateSqlite } from '../../../sqlite/migrate-sqlite.js';
import { sqliteDialect } from '../../../sqlite/sqlite-dialect.js';
import { openSqliteStore } from '../../../sqlite/sqlite-store.js';
import { sampleEvent } from '../../../testing/samples.js';
import type { SqlValue } from '../../engine/dialect.js';
import type { Sql } from '../../engine/sql.js';
import { userKeys } from '../../engine/user-keys.js';
import type { SqlStore } from '../../sql-store.js';
import { keptOfUsers } from './kept-events.js';

const USERS = 30;
const EACH = 90;
const BUSY = 2_500;

describe('what is kept of users', () => {
  let folder: string;
  let database: Database.Database;
  let store: SqlStore;
  let most = 0;
  let statements = 0;
  const rows = async (text: string, values: readonly SqlValue[] = []) => {
    const found = database.prepare(text).all(...values);
    most = Math.max(most, found.length);
    statements++;
    return found;
  };
  const sql = { dialect: sqliteDialect, rows } as unknown as Sql;
  const ids = Array.from({ length: USERS }, (_, i) => `user-${i}`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-kept-'));
    const path = join(folder, 'kept.db');
    await migrateSqlite({ path });
    store = await openSqliteStore({ path });
    for (const userId of ids) {
      const events = Array.from({ length: userId === 'user-7' ? BUSY : EACH }, (_, i) =>
        sampleEvent({ userId, receivedAt: 1_700_000_000_000 + ((i * 7) % 500), properties: { i } }),
      );
      for (let i = 0; i < events.length; i += 1_000) await store.inbox.append(events.slice(i, i + 1_000));
      await store.transaction((tx) => tx.inbox.finish(events, 'batch'));
    }
    database = new Database(path, { readonly: true });
  });

  afterAll(async () => {
    database.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is held in no more than a page, whatever there is, and read with properties where these matter alone', async () => {
    for (const properties of [true, false]) {
      [most, statements] = [0, 0];
      const counts: number[] = [];
      for await (const { userId, pages } of keptOfUsers(sql, userKeys(ids), { actions: ['login'], properties })) {
        let [count, last] = [0, 0];
        expect(userId).toBe(ids[counts.length]);
        for await (const page of pages) {
          expect(page.length).toBeLessThanOrEqual(1_000);
          for (const event of page) {
            expect(event.properties !== undefined).toBe(properties);
            expect(event.receivedAt).toBeGreaterThanOrEqual(last);
            last = event.receivedAt!;
          }
          count += page.length;
        }
        counts.push(count);
      }
      expect(counts).toEqual(ids.map((id) => (id === 'user-7' ? BUSY : EACH)));
      expect(most).toBeLessThanOrEqual(1_001);
      // Those with little are read together.
      expect(statements).toBeLessThan(USERS);
    }
  });
});
