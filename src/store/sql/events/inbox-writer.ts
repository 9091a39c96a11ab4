import type { PartitionRange } from '../../../core/values/partition.js';
import type { EventKey, InboxWriter, NewEvent } from '../../event-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { changeByKey, chunksOf } from '../engine/rows-by-key.js';
import { Overtaken } from '../engine/run-again.js';
import type { Sql } from '../engine/sql.js';
import { DEAD, DONE, distinctKeys, EVENT_COLUMNS, EVENT_KEY, type EventRow, eventOf, PENDING } from './event-row.js';

const LONGEST_REASON = 4000;

/** How many events one statement replays: it compares each with every one. */
const EVENTS_PER_REPLAY = 100;

export function inboxWriter(sql: Sql, dropProperties: boolean): InboxWriter {
  const counted = dropProperties ? 'state = ?, batch = ?, properties = NULL' : 'state = ?, batch = ?';
  return {
    lockLane: (lane) => lockLane(sql, lane),
    take: (range, startAt, limit) => take(sql, { range, startAt, limit }),
    finish: (events, batch) => settle(sql, events, counted, [DONE, batch]),
    forget: async (events) => {
      const nothing = "action = '', value = 0, properties = NULL";
      await changeByKey(
        sql,
        EVENT_KEY,
        distinctKeys(events),
        (condition) => `UPDATE events SET ${nothing} WHERE state = ${DONE} AND ${condition}`,
      );
    },
    bury: (event, reason) => settle(sql, [event], 'state = ?, reason = ?', [DEAD, reason.slice(0, LONGEST_REASON)]),
    replay: (keys, receivedAt) => replay(sql, keys, receivedAt),
  };
}

/** Makes dead letters pending, as if they came now, in the order of the keys. */
async function replay(sql: Sql, events: readonly EventKey[], receivedAt: number): Promise<number> {
  let replayed = 0;
  const keys = distinctKeys(events);
  for (const [i, some] of chunksOf(keys, EVENTS_PER_REPLAY).entries()) {
    const places = some.flatMap(([, dedupe], n) => [dedupe, i * EVENTS_PER_REPLAY + n]);
    replayed += await changeByKey(
      sql,
      EVENT_KEY,
      some,
      (condition) =>
        `UPDATE events SET state = ${PENDING}, reason = NULL, received_at = ?, ` +
        `place = CASE dedupe${' WHEN ? THEN ?'.repeat(some.length)} ELSE place END WHERE state = ${DEAD} AND ${condition}`,
      [receivedAt, ...places],
    );
  }
  return replayed;
}

/** Locks the lane's row. It waits for as long as the session waits for a lock: 2 s. */
async function lockLane(sql: Sql, lane: number): Promise<boolean> {
  try {
    await insertRows(sql, { table: 'lanes', columns: ['lane'], keyLength: 1, rows: [[lane]], existing: 'keep' });
    return true;
  } catch (error) {
    if (sql.dialect.failureOf(error) === 'again') return false;
    throw error;
  }
}

interface Taking {
  readonly range: PartitionRange;
  readonly startAt: number;
  readonly limit: number;
}

async function take(sql: Sql, { range, startAt, limit }: Taking): Promise<readonly NewEvent[]> {
  const taken = await takeFrom(sql, { first: startAt, last: range.last }, limit);
  if (taken.length === limit || startAt <= range.first) return taken;
  return [...taken, ...(await takeFrom(sql, { first: range.first, last: startAt - 1 }, limit - taken.length))];
}

async function takeFrom(sql: Sql, range: PartitionRange, limit: number): Promise<readonly NewEvent[]> {
  const rows = await sql.rows<EventRow>(
    `SELECT ${EVENT_COLUMNS} FROM events${sql.dialect.useIndex('events_state')} ` +
      `WHERE state = ${PENDING} AND part BETWEEN ? AND ? ORDER BY part, received_at, place, dedupe LIMIT ?`,
    [range.first, range.last, limit],
  );
  return rows.map(eventOf);
}

/**
 * Takes events out of the pending ones. An event is counted once, whatever lanes there are: where another transaction has
 * taken one of these since this one read them, this one throws {@link Overtaken} and runs again.
 */
async function settle(
  sql: Sql,
  events: readonly EventKey[],
  assignments: string,
  values: readonly (string | number)[],
): Promise<void> {
  const keys = distinctKeys(events);
  const settled = await changeByKey(
    sql,
    EVENT_KEY,
    keys,
    (condition) =>
      `UPDATE events${sql.dialect.useIndex('PRIMARY')} SET ${assignments} WHERE state = ${PENDING} AND ${condition}`,
    values,
  );
  if (settled !== keys.length) {
    throw new Overtaken(`${keys.length - settled} of ${keys.length} events were settled by another transaction`);
  }
}
