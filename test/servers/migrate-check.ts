import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { createDatabase } from './test-servers.js';

/** `latchkey migrate` on both engines, twice each; exits with 1 when one fails or when their tables differ. */
const MIGRATE_LIMIT_MS = 120_000;

async function migrate(databaseUrl: string): Promise<void> {
  await promisify(execFile)(process.execPath, ['dist/main.js', 'migrate'], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    timeout: MIGRATE_LIMIT_MS,
  });
}

async function migrateTwice(engine: string, databaseUrl: string, tables: () => Promise<string[]>): Promise<string[]> {
  await migrate(databaseUrl);
  const first = await tables();
  if (first.length === 0) {
    throw new Error(`${engine}: migrate made no tables`);
  }
  await migrate(databaseUrl);
  const second = await tables();
  if (first.join() !== second.join()) {
    throw new Error(`${engine}: a second migrate changed the tables from ${first.join(', ')} to ${second.join(', ')}`);
  }
  console.log(`${engine}: ${first.length} tables, and nothing to do the second time`);
  return first;
}

async function onSqlite(): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-migrate-'));
  const path = join(folder, 'latchkey.db');
  try {
    return await migrateTwice('SQLite', `sqlite:${path}`, async () => {
      const database = new Database(path, { readonly: true });
      const statement = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
        .pluck();
      const names = statement.all().map(String).sort();
      database.close();
      return names;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function onMariadb(): Promise<string[]> {
  const database = await createDatabase();
  try {
    return await migrateTwice('MariaDB', database.url, async () => {
      const connection = await createConnection({ uri: database.url, rowsAsArray: true });
      const [rows] = await connection.query('SHOW TABLES');
      await connection.end();
      return (Array.isArray(rows) ? rows : []).map(String).sort();
    });
  } finally {
    await database.drop();
  }
}

const sqlite = await onSqlite();
const mariadb = await onMariadb();
const onlyOne = [
  ...sqlite.filter((name) => !mariadb.includes(name)).map((name) => `${name} (SQLite only)`),
  ...mariadb.filter((name) => !sqlite.includes(name)).map((name) => `${name} (MariaDB only)`),
];
if (onlyOne.length > 0) {
  console.error(`the engines' tables differ: ${onlyOne.join(', ')}`);
  process.exitCode = 1;
}
