import type { TimerReader, TimerWriter } from '../timer-store.js';
import { insertRows } from './insert-rows.js';
import { changeByKey, rowsByKey } from './rows-by-key.js';
import type { Sql } from './sql.js';
import { USER_KEY, userKey, userKeys } from './user-keys.js';

interface TimerRow {
  readonly user_id: string;
  readonly due_at: number;
}

export function timerWriter(sql: Sql): TimerWriter {
  return {
    put: async (timers) => {
      const dueAt = new Map(timers.map((timer) => [timer.userId, timer.dueAt]));
      const set = [...dueAt].flatMap(([userId, at]) => (at === undefined ? [] : [[...userKey(userId), at]]));
      const dropped = [...dueAt].filter(([, at]) => at === undefined).map(([userId]) => userKey(userId));
      await insertRows(sql, {
        table: 'timers',
        columns: [...USER_KEY, 'due_at'],
        keyLength: USER_KEY.length,
        rows: set,
        existing: { due_at: 'replace' },
      });
      await changeByKey(sql, USER_KEY, dropped, (condition) => `DELETE FROM timers WHERE ${condition}`);
    },
    overdue: async (userIds, at) => {
      const rows = await rowsByKey<TimerRow>(
        sql,
        USER_KEY,
        userKeys(userIds),
        (condition) => `SELECT user_id, due_at FROM timers WHERE due_at <= ? AND ${condition}`,
        [at],
      );
      return new Map(rows.map((row) => [row.user_id, row.due_at]));
    },
  };
}

export function timerReader(sql: Sql): TimerReader {
  return {
    due: async (at, limit) => {
      const rows = await sql.rows<TimerRow>(
        'SELECT user_id, due_at FROM timers WHERE due_at <= ? ORDER BY due_at LIMIT ?',
        [at, limit],
      );
      return rows.map((row) => ({ userId: row.user_id, dueAt: row.due_at }));
    },
  };
}
