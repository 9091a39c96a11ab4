import {
  type ActionDay,
  type Earner,
  lastDayOf,
  type UserActionDay,
  type UserActionTotal,
} from '../../../../core/states/user-state.js';
import { commaSeparated } from '../../engine/dialect.js';
import { insertRows } from '../../engine/insert-rows.js';
import type { Sql } from '../../engine/sql.js';
import { type UserKey, userKey } from '../../engine/user-keys.js';

export async function putTotals(sql: Sql, totals: readonly UserActionTotal[], earner: Earner): Promise<void> {
  await insertRows(sql, {
    table: 'action_totals',
    columns: [
      ...['part', 'user_id', 'action', 'event_count', 'value_sum'],
      ...['active_days', 'first_at', 'last_at', 'last_day', 'recent_days', 'day_count', 'day_sum', 'streaks'],
    ],
    keyLength: 3,
    rows: totals.map((total) => [
      ...userKey(total.userId, earner),
      total.action,
      total.count,
      String(total.sum),
      total.activeDays,
      total.firstAt,
      total.lastAt,
      lastDayOf(total),
      String(total.recentDays),
      total.openDay?.count ?? 0,
      String(total.openDay?.sum ?? 0),
      total.streaks ?? '',
    ]),
    existing: {
      event_count: 'replace',
      value_sum: 'replace',
      active_days: 'replace',
      first_at: 'replace',
      last_at: 'replace',
      last_day: 'replace',
      recent_days: 'replace',
      day_count: 'replace',
      day_sum: 'replace',
      streaks: 'replace',
    },
  });
}

export async function addDays(sql: Sql, days: readonly UserActionDay[], earner: Earner): Promise<void> {
  await insertRows(sql, {
    table: 'action_days',
    columns: ['part', 'user_id', 'action', 'day', 'event_count', 'value_sum'],
    keyLength: 4,
    rows: days.map(({ userId, action, day, count, sum }) => [
      ...userKey(userId, earner),
      action,
      day,
      count,
      String(sum),
    ]),
    existing: { event_count: 'add', value_sum: 'add' },
  });
}

export async function dayRows(
  sql: Sql,
  user: UserKey,
  actions: readonly string[],
): Promise<ReadonlyMap<string, readonly ActionDay[]>> {
  const rows = await sql.rows<{ action: string; day: number; event_count: number; value_sum: string }>(
    `SELECT action, day, event_count, ${sql.dialect.asText('value_sum')} AS value_sum FROM ` +
      `action_days${sql.dialect.useIndex('PRIMARY')} WHERE ${ofActions(actions)}`,
    [...user, ...actions],
  );
  const days = Map.groupBy(rows, ({ action }) => action);
  return new Map(
    [...days].map(([action, list]) => [
      action,
      list.map((row) => ({ day: row.day, count: row.event_count, sum: BigInt(row.value_sum) })),
    ]),
  );
}

export async function takeDays(sql: Sql, days: readonly UserActionDay[], earner: Earner): Promise<void> {
  const adding = addDays(sql, days, earner);
  const dropping = [...Map.groupBy(days, ({ userId }) => userId)].map(([userId, own]) => {
    const actions = [...new Set(own.map(({ action }) => action))];
    return sql.run(`DELETE FROM action_days WHERE event_count <= 0 AND ${ofActions(actions)}`, [
      ...userKey(userId, earner),
      ...actions,
    ]);
  });
  await Promise.all([adding, ...dropping]);
}

export async function forgetActions(sql: Sql, user: UserKey, actions: readonly string[]): Promise<void> {
  const drop = (table: string): Promise<number> =>
    sql.run(`DELETE FROM ${table} WHERE ${ofActions(actions)}`, [...user, ...actions]);
  await Promise.all(['action_totals', 'action_days', 'distinct_values'].map(drop));
}

/** Names the user first: in a DELETE not every engine finds lists of keys of several columns by its index. */
function ofActions(actions: readonly string[]): string {
  return `part = ? AND user_id = ? AND action IN (${commaSeparated('?', actions.length)})`;
}
