import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import mysql from 'mysql2/promise';
import { migrate } from '../../src/compose/server/open-adapters.js';
import { openMysqlStore } from '../../src/store/mysql/mysql-store.js';
import type { SqlStore } from '../../src/store/sql/sql-store.js';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { createDatabase } from '../../test/servers/test-servers.js';
import { actionName, loadManyUsers, type ManyUsers } from './many-users.js';

/** How many users a place holds; `USERS` in the environment. */
export const USERS = Number(process.env.USERS ?? 100_000);

/** A database of this run, loaded, and a way to ask it without Latchkey. */
export interface Place {
  readonly name: string;
  /** Whether several processes may work on it. */
  readonly shared: boolean;
  /** Of this run alone. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  query(text: string, values?: readonly unknown[]): Promise<readonly object[]>;
  end(): Promise<void>;
}

/** Executes a statement on a database of this run, for what Latchkey has no words for. */
export type Execute = (text: string, values?: readonly unknown[]) => Promise<readonly object[]>;

/** Fills a new database, before anything else works on it. */
export type Load = (store: SqlStore, execute: Execute) => Promise<void>;

async function mariadb(directory: string, load: Load): Promise<Place> {
  const database = await createDatabase();
  await migrate({ kind: 'mysql', url: database.url, poolSize: 2 });
  const store = await openMysqlStore({ url: database.url });
  const connection = await mysql.createConnection({ uri: database.url });
  const query: Execute = async (text, values = []) =>
    (await connection.query(text, [...values]))[0] as readonly object[];
  await load(store, query);
  await store.close();
  await query('ANALYZE TABLE users, action_totals');
  return {
    ...{ name: 'MariaDB', shared: true, directory },
    environment: { DATABASE_URL: database.url, REDIS_URL: process.env.TEST_REDIS_URL! },
    query,
    end: async () => {
      await connection.end();
      await database.drop();
    },
  };
}

/** Executes statements on a SQLite file. */
export function executeOn(path: string): { readonly execute: Execute; readonly close: () => void } {
  const database = new Sqlite(path);
  const execute: Execute = (text, values = []) => {
    const statement = database.prepare(text);
    if (statement.reader) return Promise.resolve(statement.all(...values) as readonly object[]);
    statement.run(...values);
    return Promise.resolve([]);
  };
  return { execute, close: () => void database.close() };
}

async function sqlite(directory: string, load: Load): Promise<Place> {
  const path = join(directory, 'many.db');
  await migrate({ kind: 'sqlite', path });
  const store = await openSqliteStore({ path });
  const { execute, close } = executeOn(path);
  await load(store, execute);
  close();
  await store.close();
  const database = new Sqlite(path, { readonly: true });
  return {
    ...{ name: 'SQLite', shared: false, directory },
    environment: { DATABASE_URL: `sqlite:${path}` },
    query: (text, values = []) => Promise.resolve(database.prepare(text).all(...values) as readonly object[]),
    end: () => Promise.resolve(void database.close()),
  };
}

const OPEN = { mariadb, sqlite } as const;
export type Engine = keyof typeof OPEN;

/** What is measured on; `ENGINES=sqlite` leaves one out. */
export const ENGINES = (process.env.ENGINES ?? 'mariadb,sqlite')
  .split(',')
  .filter((name): name is Engine => name in OPEN);

/** Measures on a new database of that engine, which `load` has filled. */
export async function withPlace(engine: Engine, load: Load, measure: (place: Place) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const place = await OPEN[engine](directory, load);
  await measure(place);
  await place.end();
  rmSync(directory, { recursive: true, force: true });
}

/** Measures on each engine in turn, on a database with these users. */
export async function forEachPlace(
  content: Omit<ManyUsers, 'users'>,
  measure: (place: Place) => Promise<void>,
): Promise<void> {
  for (const engine of ENGINES) {
    const startedAt = performance.now();
    const load: Load = (store) => loadManyUsers(store, { users: USERS, ...content });
    await withPlace(engine, load, async (place) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      console.log(`${place.name}: ${USERS} users with ${content.counters} counters each, stored in ${seconds} s`);
      await measure(place);
    });
  }
}

/** Every user and so many of their counters, in pages, by statements that do no more. Gives users a second. */
export async function plainReads({ query }: Place, counters: number, perPage: number): Promise<number> {
  const actions = Array.from({ length: counters }, (_, i) => actionName(i));
  const startedAt = performance.now();
  let [part, id, users] = [-1, '', 0];
  for (;;) {
    const page = (await query(
      'SELECT part, id, organization_id, roles, attributes, stage, revision, joined_at, email_verified FROM users ' +
        'WHERE part >= ? AND (part, id) > (?, ?) ORDER BY part, id LIMIT ?',
      [part, part, id, perPage],
    )) as readonly { part: number; id: string }[];
    const last = page.at(-1);
    if (last === undefined) break;
    const between = '(part = ? AND user_id > ?) OR (part > ? AND part < ?) OR (part = ? AND user_id <= ?)';
    await query(
      'SELECT user_id, action, event_count, value_sum, active_days, first_at, last_at FROM action_totals ' +
        `WHERE (${between}) AND action IN (${actions.map(() => '?').join(', ')})`,
      [part, id, part, last.part, last.part, last.id, ...actions],
    );
    users += page.length;
    ({ part, id } = last);
  }
  return users / ((performance.now() - startedAt) / 1000);
}
