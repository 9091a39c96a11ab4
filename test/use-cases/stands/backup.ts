import Database from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';

/** A copy of a whole database, by which it can be taken back while servers run. */
export interface Backup {
  restore(): Promise<void>;
}

export function takeBackup(databaseUrl: string): Promise<Backup> {
  const sqlite = 'sqlite:';
  return databaseUrl.startsWith(sqlite) ? ofSqlite(databaseUrl.slice(sqlite.length)) : ofMysql(databaseUrl);
}

async function ofSqlite(path: string): Promise<Backup> {
  const copy = `${path}.copy`;
  const copying = async (from: string, to: string): Promise<void> => {
    const database = new Database(from);
    try {
      await database.backup(to);
    } finally {
      database.close();
    }
  };
  await copying(path, copy);
  return { restore: () => copying(copy, path) };
}

/** Copies every table within the server, and puts the rows back in one transaction. */
async function ofMysql(url: string): Promise<Backup> {
  const connection = await createConnection({ uri: url, multipleStatements: false });
  const [rows] = await connection.query('SHOW FULL TABLES WHERE Table_type = ?', ['BASE TABLE']);
  const tables = (rows as Record<string, string>[]).map((row) => Object.values(row)[0]!);
  const originals = tables.filter((table) => !table.startsWith('copy_of_'));
  for (const table of originals) {
    await connection.query(`DROP TABLE IF EXISTS copy_of_${table}`);
    await connection.query(`CREATE TABLE copy_of_${table} AS SELECT * FROM ${table}`);
  }
  await connection.end();
  return {
    restore: async () => {
      const restoring = await createConnection(url);
      await restoring.query('SET foreign_key_checks = 0');
      await restoring.beginTransaction();
      for (const table of originals) {
        await restoring.query(`DELETE FROM ${table}`);
        await restoring.query(`INSERT INTO ${table} SELECT * FROM copy_of_${table}`);
      }
      await restoring.commit();
      await restoring.end();
    },
  };
}
