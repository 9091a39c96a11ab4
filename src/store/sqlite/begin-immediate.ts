import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../sql/engine/sql.js';
import { StoreUnavailable } from '../store.js';

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
