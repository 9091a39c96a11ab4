import { isOrganizationPartition, type PartitionRange } from '../../../core/values/partition.js';
import type { EventKey, InboxWriter, NewEvent } from '../../event-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { changeByKey, chunksOf } from '../engine/rows-by-key.js';
import { Overtaken } from '../engine/run-again.js';
import type { Sql } from '../engine/sql.js';
import { contribute } from './contributions.js';
import type { Places } from './event-inbox.js';
import {
  DEAD,
  DONE,
  distinctKeys,
  EVENT_COLUMNS,
  EVENT_KEY,
  type EventRow,
  eventKeyOf,
  eventOf,
  PENDING,
  REVERSED,
  storedEvents,
} from './event-row.js';

const LONGEST_REASON = 4000;

/** How many events one statement replays: it compares each with every one. */
const EVENTS_PER_REPLAY = 100;

export interface InboxOptions {
  /** Whether the properties of counted events are dropped. */
  readonly dropProperties: boolean;
  readonly places: Places;
}

export function inboxWriter(sql: Sql, { dropProperties, places }: InboxOptions): InboxWriter {
  const counted = dropProperties ? 'state = ?, batch = ?, properties = NULL' : 'state = ?, batch = ?';
  // What a user did who is deleted by now counts, but nothing of it is kept.
  const contributed = `${counted}${dropProperties ? '' : ", properties = CASE WHEN contributor = '' THEN NULL ELSE properties END"}`;
  return {
    lockLane: (lane) => lockLane(sql, lane),
    take: (range, startAt, limit) => take(sql, { range, startAt, limit }),
    finish: async (events, batch) => {
      const settling = [...Map.groupBy(events, ({ dayZone = '' }) => dayZone)].flatMap(([zone, some]) =>
        [...Map.groupBy(some, ({ contribution }) => contribution !== undefined)].map(([ofOrganizations, alike]) => {
          const now = ofOrganizations ? contributed : counted;
          return zone === ''
            ? settle(sql, alike, now, [DONE, batch])
            : settle(sql, alike, `${now}, day_zone = ?`, [DONE, batch, zone]);
        }),
      );
      await Promise.all(settling);
    },
    contribute: (contributions, receivedAt) => contribute(sql, contributions, { receivedAt, places }),
    stored: (keys) => storedEvents(sql, keys),
    reverse: (events) => reverse(sql, events),
    forestall: (events) => forestall(sql, events),
    forget: async (events) => {
      const nothing = "action = '', value = 0, properties = NULL, organization_id = '', contributor = ''";
      await changeByKey(
        sql,
        EVENT_KEY,
        distinctKeys(events),
        (condition) => `UPDATE events SET ${nothing} WHERE state = ${DONE} AND ${condition}`,
      );
    },
    bury: (event, reason) => settle(sql, [event], 'state = ?, reason = ?', [DEAD, reason.slice(0, LONGEST_REASON)]),
    replay: (keys, receivedAt) => replay(sql, keys, receivedAt),
    discard: (keys) => discard(sql, keys),
  };
}

async function reverse(sql: Sql, events: readonly EventKey[]): Promise<void> {
  await changeByKey(
    sql,
    EVENT_KEY,
    distinctKeys(events),
    (condition) => `UPDATE events${sql.dialect.useIndex('PRIMARY')} SET state = ${REVERSED} WHERE ${condition}`,
  );
}

async function forestall(sql: Sql, events: Parameters<InboxWriter['forestall']>[0]): Promise<void> {
  const columns = [
    'user_id',
    'source',
    'event_id',
    'action',
    'occurred_at',
    'value',
    'received_at',
    'place',
    'receipt',
  ];
  const inserting = insertRows(sql, {
    table: 'events',
    columns: [...EVENT_KEY, ...columns, 'state'],
    keyLength: EVENT_KEY.length,
    rows: events.map((event) => {
      const { part, dedupe } = eventKeyOf(event);
      const { userId, source, id, receivedAt } = event;
      return [part, dedupe, userId, source, id, '', receivedAt, 0, receivedAt, 0, 0, REVERSED];
    }),
    existing: 'keep',
  });
  await Promise.all([inserting, reverse(sql, events)]);
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

/** Has dead letters count as taken back, without what they carry; the key stays, as of every event, until the retention is over. */
async function discard(sql: Sql, events: readonly EventKey[]): Promise<number> {
  let discarded = 0;
  for (const some of chunksOf(distinctKeys(events), EVENTS_PER_REPLAY)) {
    discarded += await changeByKey(
      sql,
      EVENT_KEY,
      some,
      (condition) =>
        `UPDATE events SET state = ${REVERSED}, reason = NULL, value = 0, properties = NULL WHERE state = ${DEAD} AND ${condition}`,
    );
  }
  return discarded;
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
  const keys = isOrganizationPartition(range.first) ? 'part, dedupe, ' : '';
  const rows = await sql.rows<EventRow>(
    `SELECT ${keys}${EVENT_COLUMNS} FROM events${sql.dialect.useIndex('events_state')} ` +
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
