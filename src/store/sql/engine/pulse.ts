import { DAY_MS } from '../../../core/values/time/time.js';
import { insertRows } from './insert-rows.js';
import { firstRow, type Sql } from './sql.js';

/** For how long the pulse of a server is kept that has ended, or is cut off. */
export const PULSE_KEPT_MS = 30 * DAY_MS;

/**
 * Raises this server's own counter by one and gives it. Nobody else writes it: where it is not above what it was the last time, the
 * database has lost what was committed since, whatever that was. It runs in a transaction, so it is read where writes are taken.
 */
export async function beat(sql: Sql, server: string): Promise<number> {
  const { nowMs } = sql.dialect;
  await insertRows(sql, {
    table: 'server_pulses',
    columns: ['server', 'beats'],
    keyLength: 1,
    rows: [[server, 1]],
    expressions: { beaten_at: nowMs },
    existing: { beats: 'add', beaten_at: 'replace' },
  });
  const row = await firstRow<{ beats: number }>(sql, 'SELECT beats FROM server_pulses WHERE server = ?', [server]);
  const beats = Number(row?.beats);
  if (beats === 1) await sql.run(`DELETE FROM server_pulses WHERE beaten_at < ${nowMs} - ?`, [PULSE_KEPT_MS]);
  return beats;
}
