import type { SaidEvent } from '../../../../core/counting/derivations.js';
import type { Span } from '../../../../core/counting/take-back.js';
import { amountOf } from '../../../../core/values/millionths.js';
import { localDay } from '../../../../core/values/time/local-time.js';
import type { KeptEvent } from '../../../event-store.js';
import type { FirstAndLast } from '../../../user-store.js';
import { commaSeparated } from '../../engine/dialect.js';
import { firstRow, parseJson, type Sql } from '../../engine/sql.js';
import type { UserKey } from '../../engine/user-keys.js';
import {
  DONE,
  eventKeyOf,
  keptOf,
  keyRangeOf,
  nameOf,
  STORED_COLUMNS,
  type StoredRow,
} from '../../events/event-row.js';

const USERS_PER_STATEMENT = 100;
/** How many events are held at once. */
const PAGE = 1_000;

/** What is read of the events that were counted. */
interface Reading {
  /** The actions whose events are read; left out, all. */
  readonly actions: readonly string[] | undefined;
  /** Whether they are read with their properties. */
  readonly properties: boolean;
}

/** What is kept of what one user, or organization, did. */
export interface KeptOfUser {
  readonly userId: string;
  /** The events in the order in which they were taken, however many there are: of these no more than a page is held. */
  readonly pages: AsyncIterable<readonly SaidEvent[]> | Iterable<readonly SaidEvent[]>;
  /** By action, of those that are asked for, when the first of them occurred. */
  firsts(actions: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/** What is kept of each of these users, in their order. Many who did little are read at once, who did much is read by pages. */
export async function* keptOfUsers(sql: Sql, users: readonly UserKey[], reading: Reading): AsyncGenerator<KeptOfUser> {
  if (reading.actions?.length === 0) {
    for (const user of users) yield heldOf(user, []);
    return;
  }
  for (let [i, size] = [0, USERS_PER_STATEMENT]; i < users.length; ) {
    const some = users.slice(i, i + size);
    const rows = await rowsOf(sql, some, { ...reading, limit: PAGE + 1 });
    if (rows.length > PAGE && some.length > 1) {
      size = Math.ceil(some.length / 2);
      continue;
    }
    if (rows.length > PAGE) yield pagedOf(sql, some[0]!, reading);
    else {
      const byUser = Map.groupBy(rows, ({ user_id }) => user_id);
      for (const user of some) yield heldOf(user, byUser.get(user[1]) ?? []);
    }
    i += some.length;
    if (rows.length <= PAGE / 2) size = Math.min(USERS_PER_STATEMENT, 2 * size);
  }
}

function heldOf([, userId]: UserKey, rows: readonly TakenRow[]): KeptOfUser {
  const events = rows.toSorted(inOrderTaken).map(saidEvent);
  const firsts = new Map<string, number>();
  for (const { action, occurredAt } of events) firsts.set(action, Math.min(occurredAt, firsts.get(action) ?? Infinity));
  return { userId, pages: [events], firsts: async () => firsts };
}

function pagedOf(sql: Sql, user: UserKey, reading: Reading): KeptOfUser {
  return { userId: user[1], pages: pagesOf(sql, user, reading), firsts: (actions) => firstsOf(sql, user, actions) };
}

async function* pagesOf(sql: Sql, user: UserKey, reading: Reading): AsyncGenerator<readonly SaidEvent[]> {
  for (let after: TakenRow | undefined; ; ) {
    const rows = await pageTaken(sql, user, { ...reading, after });
    if (rows.length > 0) yield rows.map(saidEvent);
    if (rows.length < PAGE) return;
    after = rows.at(-1);
  }
}

/** One user's events among those of the partition, which the index has in the order in which they were taken. */
function pageTaken(
  sql: Sql,
  user: UserKey,
  { after, actions, properties }: Reading & { readonly after: TakenRow | undefined },
): Promise<readonly TakenRow[]> {
  const [part, first, last] = keyRangeOf(user);
  const place = after === undefined ? [-1, -1, first] : [after.received_at, after.place, after.dedupe];
  // With the first of the two conditions every engine begins in the middle of its index.
  return sql.rows<TakenRow>(
    `SELECT ${columnsOf(properties)} FROM events${sql.dialect.useIndex('events_state')} WHERE state = ${DONE} AND part = ? AND ` +
      'received_at >= ? AND (received_at, place, dedupe) > (?, ?, ?) AND dedupe BETWEEN ? AND ? AND reverses IS NULL AND ' +
      `user_id = ? AND ${isOneOfActions(actions)} ORDER BY received_at, place, dedupe LIMIT ${PAGE}`,
    [part, place[0]!, ...place, first, last, user[1], ...(actions ?? [])],
  );
}

/** By action, when the first of the kept events of one user occurred. */
async function firstsOf(sql: Sql, user: UserKey, actions: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (actions.length === 0) return new Map();
  const rows = await sql.rows<{ action: string; first_at: number }>(
    `SELECT action, MIN(occurred_at) AS first_at FROM events${sql.dialect.useIndex('PRIMARY')} WHERE part = ? AND ` +
      `dedupe BETWEEN ? AND ? AND state = ${DONE} AND reverses IS NULL AND user_id = ? AND ${isOneOfActions(actions)} GROUP BY action`,
    [...keyRangeOf(user), user[1], ...actions],
  );
  return new Map(rows.map((row) => [row.action, row.first_at]));
}

/** See `UserWriter.firstAndLast`: the engine looks at them, so that none has to come here. */
export async function firstAndLast(
  sql: Sql,
  user: UserKey,
  { actions, occurredFrom, except, most }: FirstAndLast,
): Promise<Span | 'many' | undefined> {
  const row = await firstRow<{ events: number; first_at: number | null; last_at: number | null }>(
    sql,
    'SELECT COUNT(*) AS events, MIN(occurred_at) AS first_at, MAX(occurred_at) AS last_at FROM (SELECT occurred_at FROM ' +
      `events${sql.dialect.useIndex('PRIMARY')} WHERE part = ? AND dedupe BETWEEN ? AND ? AND dedupe <> ? AND state = ${DONE} AND ` +
      `reverses IS NULL AND user_id = ? AND ${isOneOfActions(actions)} AND occurred_at >= ? LIMIT ${most + 1}) AS others`,
    [
      ...keyRangeOf(user),
      eventKeyOf({ ...except, userId: user[1] }).dedupe,
      ...[user[1], ...(actions ?? []), occurredFrom],
    ],
  );
  if (row === undefined || row.first_at === null || row.last_at === null) return undefined;
  return row.events > most ? 'many' : { firstAt: row.first_at, lastAt: row.last_at };
}

/** The last of them of one user. */
export async function lastEvents(
  sql: Sql,
  user: UserKey,
  { actions, limit }: { readonly actions: readonly string[]; readonly limit: number },
): Promise<readonly SaidEvent[]> {
  const few = await rowsOf(sql, [user], { actions, properties: true, limit: limit + 1 });
  if (few.length <= limit) return few.toSorted(inOrderTaken).map(saidEvent);
  const rows = await sql.rows<TakenRow>(
    `SELECT ${columnsOf(true)} FROM events${sql.dialect.useIndex('events_state')} WHERE state = ${DONE} AND part = ? AND ` +
      `dedupe BETWEEN ? AND ? AND reverses IS NULL AND user_id = ? AND ${isOneOfActions(actions)} ` +
      `ORDER BY received_at DESC, place DESC, dedupe DESC LIMIT ${limit}`,
    [...keyRangeOf(user), user[1], ...actions],
  );
  return rows.map(saidEvent).reverse();
}

/** A page of them, in the order of their keys, after the event of that key. */
export async function keptPage(
  sql: Sql,
  user: UserKey,
  { actions, after, limit }: KeptPage,
): Promise<readonly KeptEvent[]> {
  const rows = await sql.rows<StoredRow>(
    `SELECT ${STORED_COLUMNS} FROM events${sql.dialect.useIndex('PRIMARY')} WHERE part = ? AND dedupe BETWEEN ? AND ? ` +
      `AND dedupe > ? AND state = ${DONE} AND reverses IS NULL AND user_id = ? AND ${isOneOfActions(actions)} ORDER BY dedupe LIMIT ?`,
    [...keyRangeOf(user), Buffer.from(after, 'hex'), user[1], ...(actions ?? []), limit],
  );
  return rows.map(keptOf);
}

interface KeptPage {
  readonly actions: readonly string[] | undefined;
  readonly after: string;
  readonly limit: number;
}

/** Events by whose user's range of keys they are found, in which others' are hardly ever: in no order, and `limit` of all at most. */
function rowsOf(
  sql: Sql,
  users: readonly UserKey[],
  { actions, properties, limit }: Reading & { readonly limit: number },
): Promise<readonly TakenRow[]> {
  const { isOneOf, useIndex } = sql.dialect;
  const ranges = users.map(() => '(part = ? AND dedupe BETWEEN ? AND ?)').join(' OR ');
  return sql.rows<TakenRow>(
    `SELECT ${columnsOf(properties)} FROM events${useIndex('PRIMARY')} WHERE (${ranges}) AND state = ${DONE} AND reverses IS NULL AND ` +
      `${isOneOf(['user_id'], users.length)} AND ${isOneOfActions(actions)} LIMIT ${limit}`,
    [...users.flatMap(keyRangeOf), ...users.map(([, id]) => id), ...(actions ?? [])],
  );
}

/** The columns of which an event is made that derived actions are counted by. */
type TakenRow = Pick<
  StoredRow,
  | 'user_id'
  | 'source'
  | 'event_id'
  | 'action'
  | 'occurred_at'
  | 'value'
  | 'properties'
  | 'received_at'
  | 'part'
  | 'dedupe'
  | 'place'
  | 'day_zone'
>;

function columnsOf(properties: boolean): string {
  const own =
    'user_id, source, event_id, action, occurred_at, CAST(value AS CHAR) AS value, received_at, part, dedupe, place, day_zone';
  return `${own}, ${properties ? 'properties' : 'NULL AS properties'}`;
}

function inOrderTaken(one: TakenRow, other: TakenRow): number {
  return one.received_at - other.received_at || one.place - other.place || Buffer.compare(one.dedupe, other.dedupe);
}

/** Of what happened before a deletion no action is known. */
function isOneOfActions(actions: readonly string[] | undefined): string {
  return actions === undefined ? "action <> ''" : `action IN (${commaSeparated('?', actions.length)})`;
}

/** It counts on the day on which the event has counted, wherever the user is now. */
function saidEvent(row: TakenRow): SaidEvent {
  return {
    ...nameOf(row),
    action: row.action,
    occurredAt: row.occurred_at,
    day: localDay(row.day_zone || 'UTC', row.occurred_at),
    value: amountOf(BigInt(row.value)),
    properties: row.properties === null ? undefined : parseJson(row.properties),
    receivedAt: row.received_at,
  };
}
