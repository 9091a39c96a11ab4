import type { SaidEvent } from '../../../core/counting/derivations.js';
import { localDay } from '../../../core/values/local-time.js';
import { amountOf } from '../../../core/values/millionths.js';
import type { KeptEvent } from '../../event-store.js';
import { commaSeparated } from '../engine/dialect.js';
import { chunksOf } from '../engine/rows-by-key.js';
import { parseJson, type Sql } from '../engine/sql.js';
import { DONE, keptOf, keyRangeOf, nameOf, STORED_COLUMNS, type StoredRow } from '../events/event-row.js';
import type { UserKey } from './user-keys.js';

const USERS_PER_STATEMENT = 100;

/** What is kept of what users, or organizations, did, of some actions, or of all where these are left out, in the order in which it was taken. */
export async function keptEvents(
  sql: Sql,
  users: readonly UserKey[],
  actions: readonly string[] | undefined,
): Promise<ReadonlyMap<string, readonly SaidEvent[]>> {
  const found = new Map<string, SaidEvent[]>();
  if (actions?.length === 0) return found;
  for (const some of chunksOf(users, USERS_PER_STATEMENT)) {
    for (const row of await countedEvents(sql, some, { actions, order: 'part, received_at, place, dedupe' })) {
      const own = found.get(row.user_id);
      if (own === undefined) found.set(row.user_id, [saidEvent(row)]);
      else own.push(saidEvent(row));
    }
  }
  return found;
}

/** The last of them of one user. */
export async function lastEvents(
  sql: Sql,
  user: UserKey,
  { actions, limit }: { readonly actions: readonly string[]; readonly limit: number },
): Promise<readonly SaidEvent[]> {
  const order = `received_at DESC, place DESC, dedupe DESC LIMIT ${limit}`;
  return (await countedEvents(sql, [user], { actions, order })).map(saidEvent).reverse();
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

/** The key's range of each user is looked through, in which others' events are hardly ever: no other index is needed. */
function countedEvents(
  sql: Sql,
  users: readonly UserKey[],
  { actions, order }: { readonly actions: readonly string[] | undefined; readonly order: string },
): Promise<readonly StoredRow[]> {
  const { isOneOf, useIndex } = sql.dialect;
  const ranges = users.map(() => '(part = ? AND dedupe BETWEEN ? AND ?)').join(' OR ');
  return sql.rows<StoredRow>(
    `SELECT ${STORED_COLUMNS} FROM events${useIndex('PRIMARY')} WHERE (${ranges}) AND state = ${DONE} AND reverses IS NULL AND ` +
      `${isOneOf(['user_id'], users.length)} AND ${isOneOfActions(actions)} ORDER BY ${order}`,
    [...users.flatMap(keyRangeOf), ...users.map(([, id]) => id), ...(actions ?? [])],
  );
}

/** Of what happened before a deletion no action is known. */
function isOneOfActions(actions: readonly string[] | undefined): string {
  return actions === undefined ? "action <> ''" : `action IN (${commaSeparated('?', actions.length)})`;
}

/** It counts on the day on which the event has counted, wherever the user is now. */
function saidEvent(row: StoredRow): SaidEvent {
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
