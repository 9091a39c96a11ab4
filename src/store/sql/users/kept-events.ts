import type { SaidEvent } from '../../../core/counting/derivations.js';
import type { UserState } from '../../../core/states/user-state.js';
import { localDay } from '../../../core/values/local-time.js';
import { amountOf } from '../../../core/values/millionths.js';
import { commaSeparated } from '../engine/dialect.js';
import { chunksOf } from '../engine/rows-by-key.js';
import { parseJson, type Sql } from '../engine/sql.js';
import { DONE, keyRangeOf, STORED_COLUMNS, type StoredRow } from '../events/event-row.js';

const USERS_PER_STATEMENT = 100;

/** What is kept of what users did, of some actions, or of all where these are left out, in the order in which it was taken. */
export async function keptEvents(
  sql: Sql,
  users: readonly Pick<UserState, 'id'>[],
  actions: readonly string[] | undefined,
): Promise<ReadonlyMap<string, readonly SaidEvent[]>> {
  const found = new Map<string, SaidEvent[]>();
  if (actions?.length === 0) return found;
  for (const some of chunksOf(users, USERS_PER_STATEMENT)) {
    const ids = some.map(({ id }) => id);
    for (const row of await countedEvents(sql, ids, { actions, order: 'part, received_at, place, dedupe' })) {
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
  userId: string,
  { actions, limit }: { readonly actions: readonly string[]; readonly limit: number },
): Promise<readonly SaidEvent[]> {
  const order = `received_at DESC, place DESC, dedupe DESC LIMIT ${limit}`;
  return (await countedEvents(sql, [userId], { actions, order })).map(saidEvent).reverse();
}

/** The key's range of each user is looked through, in which others' events are hardly ever: no other index is needed. */
function countedEvents(
  sql: Sql,
  userIds: readonly string[],
  { actions, order }: { readonly actions: readonly string[] | undefined; readonly order: string },
): Promise<readonly StoredRow[]> {
  const { isOneOf, useIndex } = sql.dialect;
  // Of what happened before a deletion no action is known.
  const isOne = actions === undefined ? "action <> ''" : `action IN (${commaSeparated('?', actions.length)})`;
  const ranges = userIds.map(() => '(part = ? AND dedupe BETWEEN ? AND ?)').join(' OR ');
  return sql.rows<StoredRow>(
    `SELECT ${STORED_COLUMNS} FROM events${useIndex('PRIMARY')} WHERE (${ranges}) AND state = ${DONE} AND reverses IS NULL AND ` +
      `${isOneOf(['user_id'], userIds.length)} AND ${isOne} ORDER BY ${order}`,
    [...userIds.flatMap(keyRangeOf), ...userIds, ...(actions ?? [])],
  );
}

/** It counts on the day on which the event has counted, wherever the user is now. */
function saidEvent(row: StoredRow): SaidEvent {
  return {
    source: row.source,
    id: row.event_id,
    action: row.action,
    occurredAt: row.occurred_at,
    day: localDay(row.day_zone || 'UTC', row.occurred_at),
    value: amountOf(BigInt(row.value)),
    properties: row.properties === null ? undefined : parseJson(row.properties),
    receivedAt: row.received_at,
  };
}
