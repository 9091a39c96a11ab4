import { setTimeout as sleep } from 'node:timers/promises';
import createKnex, { type Knex } from 'knex';
import { SILENT_LOG, watchPool } from '../sql/engine/pool-setup.js';
import type { Sql } from '../sql/engine/sql.js';
import { StoreUnavailable } from '../store.js';
import { cacheStatements } from './cache-statements.js';
import { ownFile } from './serve-alone.js';

export interface SqliteOptions {
  /** The database's file. If it does not exist, it is made with its folder, for its owner only. */
  readonly path: string;
  /** How long a writer waits for its turn: default 10,000. Transactions here take turns, however many there are. */
  readonly acquireTimeoutMs?: number;
  /** Told how long each turn was waited for, in milliseconds. */
  readonly onPoolWait?: (waitedMs: number) => void;
  /** Whether what is committed outlives a power cut; true when left out. */
  readonly durable?: boolean;
  /** The clock (epoch milliseconds) that the database goes by in place of this machine's: for tests, which move it. */
  readonly clock?: () => number;
}

export const DEFAULT_ACQUIRE_TIMEOUT_MS = 10_000;

/** Statements block the whole process while they wait for another one, so they hardly do; what is busy is tried again. */
const BUSY_TIMEOUT_MS = 20;

const FILE_PRAGMAS = ['journal_mode = WAL', 'foreign_keys = OFF'];

/** The function by which statements read the clock that was given, as an expression. */
export const GIVEN_NOW_MS = 'CAST(given_now_ms() AS INTEGER)';

interface RawConnection {
  prepare(text: string): object;
  pragma(text: string): unknown;
  function(name: string, call: () => number): unknown;
}

/** `write` is the one connection that changes anything; `read` sees what is committed and never waits for it. */
export function sqlitePool(options: SqliteOptions, use: 'read' | 'write'): Knex {
  const { path, acquireTimeoutMs = DEFAULT_ACQUIRE_TIMEOUT_MS, durable = true, clock } = options;
  if (path === '' || path === ':memory:') {
    throw new Error('the database needs a file that several connections can open: give a path');
  }
  if (use === 'write') ownFile(path);
  const knex = createKnex({
    client: 'better-sqlite3',
    connection: { filename: path },
    useNullAsDefault: true,
    pool: {
      min: 0,
      max: 1,
      // Closing the last connection folds the log into the file, so it is not done between two statements.
      idleTimeoutMillis: 2 ** 31 - 1,
      afterCreate: (connection: RawConnection, done: (error: unknown, connection: RawConnection) => void) => {
        connection.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
        for (const pragma of FILE_PRAGMAS) connection.pragma(pragma);
        connection.pragma(`synchronous = ${durable ? 'FULL' : 'OFF'}`);
        if (clock !== undefined) connection.function('given_now_ms', clock);
        if (use === 'read') connection.pragma('query_only = ON');
        cacheStatements(connection);
        done(null, connection);
      },
    },
    acquireConnectionTimeout: acquireTimeoutMs,
    // The message of an error would carry every bound value.
    compileSqlOnError: false,
    log: SILENT_LOG,
  });
  if (use === 'write' && options.onPoolWait !== undefined) watchPool(knex, options.onPoolWait);
  return knex;
}

const PAUSE_MS = 10;

/**
 * Begins a transaction that holds the file's one write lock from the start: one that asks for it later, after reading,
 * fails when another process was faster. Waits for other processes without blocking this one; rejects with
 * {@link StoreUnavailable} after `patienceMs`.
 */
export async function beginImmediate(sql: Sql, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      await sql.run('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (sql.dialect.failureOf(error) !== 'again') throw error;
      if (performance.now() > deadline) {
        throw new StoreUnavailable(`another process has held the database for ${patienceMs} ms`, error);
      }
    }
    await sleep(PAUSE_MS * (0.5 + Math.random()));
  }
}
