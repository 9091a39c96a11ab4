import { PARTITIONS } from '../../../core/values/partition.js';
import type { PurgeOptions } from '../../event-store.js';
import { changeByKey } from '../engine/rows-by-key.js';
import { type Engine, firstRow } from '../engine/sql.js';
import { DONE, EVENT_KEY } from './event-row.js';

/** How many partitions one statement looks through: for each the engine searches the index. */
const PARTITIONS_PER_STATEMENT = 256;

const DAY_KEY = ['part', 'user_id', 'action', 'day'] as const;

/** Drops keys of counted events, then days of actions; `limit` rows of each at most. */
export async function purgeEvents(engine: Engine, options: PurgeOptions): Promise<number> {
  const events = await purgeKeys(engine, options);
  return events > 0 ? events : purgeDays(engine, options);
}

async function purgeKeys(engine: Engine, { receivedBefore, limit }: PurgeOptions): Promise<number> {
  const { isOneOf, useIndex } = engine.dialect;
  let gone = 0;
  for (let first = 0; first < PARTITIONS && gone < limit; first += PARTITIONS_PER_STATEMENT) {
    const parts = Array.from({ length: PARTITIONS_PER_STATEMENT }, (_, i) => first + i);
    const rows = await engine.read.rows<{ part: number; dedupe: Uint8Array }>(
      `SELECT part, dedupe FROM events${useIndex('events_state')} WHERE state = ${DONE} AND ` +
        `${isOneOf(['part'], parts.length)} AND received_at < ? LIMIT ?`,
      [...parts, receivedBefore, limit - gone],
    );
    gone += await changeByKey(
      engine.write,
      EVENT_KEY,
      rows.map((row) => [row.part, row.dedupe]),
      (condition) => `DELETE FROM events WHERE ${condition}`,
    );
  }
  return gone;
}

interface DayRow {
  readonly part: number;
  readonly user_id: string;
  readonly action: string;
  readonly day: number;
}

async function purgeDays(engine: Engine, { keepDaysFrom, keepOtherDaysFrom, limit }: PurgeOptions): Promise<number> {
  let gone = 0;
  for (let action = await nextAction(engine, ''); action !== undefined && gone < limit; ) {
    const rows = await engine.read.rows<DayRow>(
      `SELECT ${DAY_KEY.join(', ')} FROM action_days WHERE action = ? AND day < ? LIMIT ?`,
      [action, keepDaysFrom.get(action) ?? keepOtherDaysFrom, limit - gone],
    );
    gone += await changeByKey(
      engine.write,
      DAY_KEY,
      rows.map((row) => DAY_KEY.map((column) => row[column])),
      (condition) => `DELETE FROM action_days WHERE ${condition}`,
    );
    action = await nextAction(engine, action);
  }
  return gone;
}

/** The first action by name, after the given one, of which days are kept: one search of the index. */
async function nextAction(engine: Engine, after: string): Promise<string | undefined> {
  const row = await firstRow<{ action: string | null }>(
    engine.read,
    'SELECT MIN(action) AS action FROM action_days WHERE action > ?',
    [after],
  );
  return row?.action ?? undefined;
}
