import { changeByKey, rowsByKey } from '../engine/rows-by-key.js';
import { firstRow, type Sql } from '../engine/sql.js';
import { USER_KEY, type UserKey } from '../engine/user-keys.js';
import { countedWhole } from '../users/stages/counted-users.js';
import { StageCounts } from '../users/stages/stage-counts.js';

const CURSOR = 'onboarding_counted';
const ALL = 'all';

/** Whether all are counted who had reached a stage before stages were counted. */
export async function isWhole(sql: Sql): Promise<boolean> {
  return (await readCursor(sql, '')) === ALL;
}

/** Counts some of those who had reached a stage before; gives whether there may be more. */
export async function countSome(sql: Sql, limit: number): Promise<boolean> {
  const cursor = await readCursor(sql, sql.dialect.forUpdate);
  if (cursor === ALL) return false;
  const [part, userId] = cursor === '' ? [-1, ''] : (JSON.parse(cursor) as UserKey);
  const rows = await sql.rows<{ part: number; user_id: string }>(
    'SELECT DISTINCT part, user_id FROM stages_reached WHERE part >= ? AND (part > ? OR user_id > ?) AND counted = 0 ' +
      'ORDER BY part, user_id LIMIT ?',
    [part, part, userId, limit],
  );
  const users = rows.map((row): UserKey => [row.part, row.user_id]);
  if (users.length > 0) await countUsers(sql, users);
  const last = users.length < limit ? ALL : JSON.stringify(users.at(-1));
  await sql.run('UPDATE meta SET value = ? WHERE name = ?', [last, CURSOR]);
  return last !== ALL;
}

async function readCursor(sql: Sql, locking: string): Promise<string> {
  const row = await firstRow<{ value: string }>(sql, `SELECT value FROM meta WHERE name = ?${locking}`, [CURSOR]);
  return row?.value ?? ALL;
}

interface ChangeRow {
  readonly part: number;
  readonly user_id: string;
  readonly stage: string;
  readonly left_at: number | null;
}

async function countUsers(sql: Sql, users: readonly UserKey[]): Promise<void> {
  await rowsByKey(sql, ['part', 'id'], users, (condition) => {
    return `SELECT id FROM users WHERE ${condition} ORDER BY part, id${sql.dialect.forUpdate}`;
  });
  // Of a change that is kept no more nothing is known: whoever has left since is counted, and not for how long they stayed.
  const left = await rowsByKey<ChangeRow>(
    sql,
    ['stages_reached.part', 'stages_reached.user_id'],
    users,
    (condition) =>
      'SELECT stages_reached.part, stages_reached.user_id, stages_reached.stage, stage_changes.changed_at AS left_at ' +
      'FROM stages_reached JOIN stage_changes ON stage_changes.part = stages_reached.part ' +
      'AND stage_changes.user_id = stages_reached.user_id AND stage_changes.seq = stages_reached.seq + 1 ' +
      `WHERE ${condition} AND stages_reached.left_at IS NULL`,
  );
  for (const { part, user_id, stage, left_at } of left) {
    const text = 'UPDATE stages_reached SET left_at = ? WHERE part = ? AND user_id = ? AND stage = ?';
    await sql.run(text, [left_at, part, user_id, stage]);
  }
  const uncounted = (condition: string): string => `UPDATE stages_reached SET counted = 1 WHERE ${condition}`;
  // A user may have been counted, or deleted, since the page was read: the lock tells.
  const counts = new StageCounts();
  await countedWhole(sql, counts, users, () => changeByKey(sql, USER_KEY, users, uncounted));
  await counts.write(sql);
}
