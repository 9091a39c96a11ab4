import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { sqliteDialect } from './sqlite-dialect.js';

const OWNER_ONLY = 0o600;
const FOLDER_OF_OWNER = 0o700;

/** Makes the file if it does not exist, and lets only its owner use it; likewise the folders that it makes. */
export function ownFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_OF_OWNER });
  try {
    // A file that exists is not opened: closing it would release the locks that SQLite has on it for this process.
    closeSync(openSync(path, 'ax', OWNER_ONLY));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  try {
    chmodSync(path, OWNER_ONLY);
  } catch (error) {
    // The file belongs to another user of the machine, who decides who may use it.
    if (codeOf(error) !== 'EPERM' && codeOf(error) !== 'EROFS') throw error;
  }
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}

/**
 * Takes the database for this server alone, until the given function is called or the process ends, however it ends. Throws
 * when another server has it: each would miss what the other changes, since both notice in process alone what was changed.
 *
 * The lock is SQLite's own, on a file beside the database: commands that read or write a little may still open the database.
 */
export function serveAlone(path: string): () => void {
  const file = `${path}.lock`;
  ownFile(file);
  const lock = new Database(file, { timeout: 0 });
  try {
    // Keeps SQLite from leaving a journal behind when a server is killed.
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (sqliteDialect.failureOf(error) !== 'again') throw error;
    throw new Error(
      `another server serves the database ${path}: end it, or give this one another DATABASE_URL; several servers need MySQL and Redis`,
    );
  }
  return () => {
    lock.close();
  };
}
