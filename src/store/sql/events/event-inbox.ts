import { randomInt } from 'node:crypto';
import { millionthsOf } from '../../../core/values/millionths.js';
import type { EventInbox, NewEvent } from '../../event-store.js';
import { inStatements, insertRows, type Row } from '../engine/insert-rows.js';
import { rowsByKey } from '../engine/rows-by-key.js';
import { runAgain } from '../engine/run-again.js';
import type { Engine, Sql } from '../engine/sql.js';
import { dedupeText, EVENT_KEY, eventKeyOf, type HashedKey, PENDING } from './event-row.js';

const MOST_EVENTS = 1000;
const RECEIPTS = 2 ** 47;

const COLUMNS = [
  ...EVENT_KEY,
  ...['user_id', 'source', 'event_id', 'action', 'occurred_at', 'value', 'properties', 'received_at'],
  ...['place', 'receipt', 'state', 'organization_id'],
];
/** Few events take back others: the column is left out where none does. */
const REVERSING_COLUMNS = [...COLUMNS, 'reverses'];

/** Gives out the places of events, in the order in which they are stored; it gives the first of so many. */
export type Places = (events: number) => number;

/** It starts anew with the process: what matters is the order of events that come within one millisecond. */
export function placesFromZero(): Places {
  let places = 0;
  return (events) => {
    places += events;
    return places - events;
  };
}

export function eventInbox(engine: Engine, places: Places): EventInbox {
  return { append: (events) => append(engine, events, places(events.length)) };
}

async function append(engine: Engine, events: readonly NewEvent[], firstPlace: number): Promise<readonly boolean[]> {
  if (events.length === 0) return [];
  if (events.length > MOST_EVENTS) throw new RangeError(`${events.length} events at once; at most ${MOST_EVENTS}`);
  const receipt = randomInt(RECEIPTS);
  const keys = events.map(eventKeyOf);
  const firstOf = new Map<string, number>();
  for (const [i, key] of keys.entries()) if (!firstOf.has(key.text)) firstOf.set(key.text, i);
  const distinct = [...firstOf.values()];
  const reversing = events.some(({ reverses }) => reverses !== undefined);
  const rows = distinct.map((i) => {
    const row = rowOf(events[i]!, keys[i]!, firstPlace + i, receipt);
    return reversing ? [...row, reversesOf(events[i]!)] : row;
  });

  const columns = reversing ? REVERSING_COLUMNS : COLUMNS;
  const insert = (sql: Sql): Promise<number> =>
    insertRows(sql, { table: 'events', columns, keyLength: EVENT_KEY.length, rows, existing: 'keep' });
  // One statement is a transaction by itself. Payloads too large for one packet take several, and a transaction around them.
  const inserted =
    inStatements(rows).length === 1
      ? await insert(engine.write)
      : await runAgain(engine.dialect, () => engine.transaction(insert));

  const isNew =
    inserted === rows.length
      ? undefined
      : await insertedWith(
          engine.read,
          distinct.map((i) => keys[i]!),
          receipt,
        );
  return keys.map((key, i) => firstOf.get(key.text) === i && (isNew === undefined || isNew.has(key.text)));
}

/** Those of these events that this call has stored, by its receipt: the others were stored before, or by another call. */
async function insertedWith(sql: Sql, keys: readonly HashedKey[], receipt: number): Promise<ReadonlySet<string>> {
  const rows = await rowsByKey<{ dedupe: Uint8Array }>(
    sql,
    EVENT_KEY,
    keys.map(({ part, dedupe }) => [part, dedupe]),
    (condition) => `SELECT dedupe FROM events${sql.dialect.useIndex('PRIMARY')} WHERE receipt = ? AND ${condition}`,
    [receipt],
  );
  return new Set(rows.map((row) => dedupeText(row.dedupe)));
}

function reversesOf({ reverses }: NewEvent): string | null {
  return reverses === undefined ? null : JSON.stringify(reverses);
}

function rowOf(event: NewEvent, key: HashedKey, place: number, receipt: number): Row {
  return [
    key.part,
    key.dedupe,
    event.userId,
    event.source,
    event.id,
    event.action,
    event.occurredAt,
    String(millionthsOf(event.value)),
    JSON.stringify(event.properties),
    event.receivedAt,
    place,
    receipt,
    PENDING,
    event.organizationId ?? '',
  ];
}
