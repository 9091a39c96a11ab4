import type { Earner } from '../../../../core/states/user-state.js';
import { isOrganizationPartition } from '../../../../core/values/partition.js';
import type { TimerReader, TimerWriter } from '../../../user-store.js';
import { insertRows } from '../../engine/insert-rows.js';
import { changeByKey, rowsByKey } from '../../engine/rows-by-key.js';
import type { Sql } from '../../engine/sql.js';
import { USER_KEY, userKey, userKeys } from '../../engine/user-keys.js';
import type { LockedUsers } from '../state/locked-users.js';

interface TimerRow {
  readonly part: number;
  readonly user_id: string;
  readonly due_at: number;
}

export function timerWriter(sql: Sql, locked: LockedUsers, earner: Earner = 'user'): TimerWriter {
  return {
    put: async (timers) => {
      const dueAt = new Map(timers.map((timer) => [timer.userId, timer.dueAt]));
      for (const [userId, at] of dueAt) {
        const known = locked.of(userId);
        if (known === undefined) continue;
        if (known.dueAt === at) dueAt.delete(userId);
        known.dueAt = at;
      }
      const set = [...dueAt].flatMap(([userId, at]) => (at === undefined ? [] : [[...userKey(userId, earner), at]]));
      const dropped = [...dueAt].filter(([, at]) => at === undefined).map(([userId]) => userKey(userId, earner));
      const setting = insertRows(sql, {
        table: 'timers',
        columns: [...USER_KEY, 'due_at'],
        keyLength: USER_KEY.length,
        rows: set,
        existing: { due_at: 'replace' },
      });
      const dropping = changeByKey(sql, USER_KEY, dropped, (condition) => `DELETE FROM timers WHERE ${condition}`);
      await Promise.all([setting, dropping]);
    },
    dueAt: async (userIds) => {
      const dueAt = new Map<string, number>();
      const unread: string[] = [];
      for (const userId of userIds) {
        const known = locked.of(userId);
        if (known === undefined) unread.push(userId);
        else if (known.dueAt !== undefined) dueAt.set(userId, known.dueAt);
      }
      const select = 'SELECT part, user_id, due_at FROM timers WHERE ';
      const rows = await rowsByKey<TimerRow>(
        sql,
        USER_KEY,
        userKeys(unread, earner),
        (condition) => select + condition,
      );
      for (const row of rows) dueAt.set(row.user_id, row.due_at);
      return dueAt;
    },
  };
}

export function timerReader(sql: Sql): TimerReader {
  return {
    due: async (at, limit, after) => {
      const [part, userId] = after === undefined ? [-1, ''] : userKey(after.userId, after.earner);
      const from = after?.dueAt ?? Number.MIN_SAFE_INTEGER;
      const rows = await sql.rows<TimerRow>(
        'SELECT part, user_id, due_at FROM timers WHERE due_at >= ? AND due_at <= ? AND ' +
          '(due_at > ? OR part > ? OR (part = ? AND user_id > ?)) ORDER BY due_at, part, user_id LIMIT ?',
        [from, at, from, part, part, userId, limit],
      );
      return rows.map((row) => ({
        ...{ userId: row.user_id, dueAt: row.due_at },
        ...(isOrganizationPartition(row.part) && { earner: 'organization' }),
      }));
    },
  };
}
