import { lastDayOf, type UserActionDay, type UserActionTotal } from '../../../core/states/user-state.js';
import { insertRows } from '../engine/insert-rows.js';
import type { Sql } from '../engine/sql.js';
import { userKey } from './user-keys.js';

export async function putTotals(sql: Sql, totals: readonly UserActionTotal[]): Promise<void> {
  await insertRows(sql, {
    table: 'action_totals',
    columns: [
      ...['part', 'user_id', 'action', 'event_count', 'value_sum'],
      ...['active_days', 'first_at', 'last_at', 'last_day', 'recent_days', 'day_count', 'day_sum', 'streaks'],
    ],
    keyLength: 3,
    rows: totals.map((total) => [
      ...userKey(total.userId),
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

export async function addDays(sql: Sql, days: readonly UserActionDay[]): Promise<void> {
  await insertRows(sql, {
    table: 'action_days',
    columns: ['part', 'user_id', 'action', 'day', 'event_count', 'value_sum'],
    keyLength: 4,
    rows: days.map(({ userId, action, day, count, sum }) => [...userKey(userId), action, day, count, String(sum)]),
    existing: { event_count: 'add', value_sum: 'add' },
  });
}
