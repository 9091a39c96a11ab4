import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { openPool } from '../sql/engine/knex-engine.js';
import { userKeys } from '../sql/engine/user-keys.js';
import { userStateQuery } from '../sql/users/state/user-state-query.js';
import { type Store, StoreUnavailable } from '../store.js';
import { sampleEvent, unique } from '../testing/samples.js';
import { migrateSqlite } from './migrate-sqlite.js';
import { sqliteDialect } from './sqlite-dialect.js';
import { sqlitePool } from './sqlite-pool.js';
import { openSqliteStore } from './sqlite-store.js';

let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-contention-'));
  path = join(folder, 'new', 'latchkey.db');
  await migrateSqlite({ path });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** That a state is made of, with the timer's. */
const TABLES = 7;

describe('the store on SQLite, contended', () => {
  it('loses no update when several connections write to one file, as several processes would', async () => {
    const id = unique('user');
    const stores = [await openSqliteStore({ path }), await openSqliteStore({ path }), await openSqliteStore({ path })];
    const count = (store: Store): Promise<void> =>
      store.transaction(async (tx) => {
        await tx.users.lock([id]);
        await new Promise((resolve) => setTimeout(resolve, 1));
        await tx.users.advance([id]);
      });
    try {
      const event = sampleEvent();
      const [isNew] = await Promise.all([
        Promise.all(stores.flatMap((store) => Array.from({ length: 20 }, () => store.inbox.append([event])))),
        Promise.all(stores.flatMap((store) => Array.from({ length: 10 }, () => count(store)))),
      ]);
      expect(isNew.flat().filter(Boolean)).toHaveLength(1);
      for (const store of stores) expect((await store.states.users([id])).get(id)?.revision).toBe(30);
    } finally {
      for (const store of stores) await store.close();
    }
  });

  it('waits for another process without blocking its own, and is unavailable when that takes too long', async () => {
    const store = await openSqliteStore({ path, acquireTimeoutMs: 300 });
    const other = new Database(path);
    try {
      other.prepare('BEGIN IMMEDIATE').run();
      let ticks = 0;
      const ticking = setInterval(() => {
        ticks += 1;
      }, 10);
      await expect(store.transaction((tx) => tx.now())).rejects.toBeInstanceOf(StoreUnavailable);
      clearInterval(ticking);
      expect(ticks).toBeGreaterThan(3);
      expect((await store.states.users(['alice'])).size).toBe(1);
      const appending = store.inbox.append([sampleEvent()]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      other.prepare('COMMIT').run();
      expect(await appending).toEqual([true]);
    } finally {
      other.close();
      await store.close();
    }
  });

  it('reads beside a transaction of its own, and refuses rather than waits for ever to write beside one', async () => {
    const store = await openSqliteStore({ path, acquireTimeoutMs: 200 });
    try {
      await store.transaction(async (tx) => {
        const id = unique('user');
        await tx.users.lock([id]);
        await tx.users.advance([id]);
        expect((await store.states.users([id])).get(id)?.revision).toBe(0);
        await expect(store.inbox.append([sampleEvent()])).rejects.toBeInstanceOf(StoreUnavailable);
      });
    } finally {
      await store.close();
    }
  });

  it('keeps what is committed in the log until it is folded in, and syncs each commit', async () => {
    const knex = sqlitePool({ path }, 'write');
    const pool = openPool({ knex, dialect: sqliteDialect });
    expect(await pool.sql.rows('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(await pool.sql.rows('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
    await pool.close();
  });

  it('never writes through the connection that reads', async () => {
    const pool = openPool({ knex: sqlitePool({ path }, 'read'), dialect: sqliteDialect });
    await expect(pool.sql.run('DELETE FROM meta')).rejects.toThrow('readonly');
    await pool.close();
  });

  it('needs a file', async () => {
    await expect(openSqliteStore({ path: ':memory:' })).rejects.toThrow('give a path');
  });

  it('commits nothing of a transaction that a full disk has ended, whatever was asked for along with it', async () => {
    const pool = openPool({ knex: sqlitePool({ path }, 'write'), dialect: sqliteDialect });
    await pool.sql.run('CREATE TABLE filled (text TEXT)');
    await pool.sql.run('CREATE TABLE beside (x INTEGER)');
    await pool.sql.run('INSERT INTO beside VALUES (0)');
    const [count] = await pool.sql.rows<{ page_count: number }>('PRAGMA page_count');
    await pool.sql.rows(`PRAGMA max_page_count = ${count!.page_count + 2}`);
    const full = pool.transaction(
      async (sql) => void (await sql.run('BEGIN IMMEDIATE')),
      (sql) =>
        Promise.all([
          sql.run('INSERT INTO filled VALUES (?)', ['x'.repeat(1024 * 1024)]),
          sql.run('UPDATE beside SET x = 1'),
        ]),
    );
    await expect(full).rejects.toThrow('full');
    await pool.sql.rows('PRAGMA max_page_count = 1000000');
    expect(await pool.sql.rows('SELECT x FROM beside')).toEqual([{ x: 0 }]);
    await pool.close();
  });

  it('reads a user’s state through the primary key of each table', async () => {
    const pool = openPool({ knex: sqlitePool({ path }, 'read'), dialect: sqliteDialect });
    const keys = userKeys(Array.from({ length: 300 }, () => unique('many'))).flat();
    const plan = await pool.sql.rows<{ detail: string }>(
      `EXPLAIN QUERY PLAN ${userStateQuery(pool.sql.dialect, ({ key }) => pool.sql.dialect.isOneOf(key, 300))}`,
      Array.from({ length: TABLES }, () => keys).flat(),
    );
    await pool.close();
    expect(plan.filter(({ detail }) => detail.includes('USING PRIMARY KEY (part=? AND '))).toHaveLength(TABLES);
  });
});
