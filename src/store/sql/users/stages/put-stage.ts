import { durationBucket } from '../../../../core/values/duration-histogram.js';
import type { StageChange } from '../../../user-store.js';
import { insertRows } from '../../engine/insert-rows.js';
import { firstRow, type Sql } from '../../engine/sql.js';
import { type UserKey, userKey } from '../../engine/user-keys.js';
import { NOW, REACHED, type StageCounts } from './stage-counts.js';

/** How many changes of a user's stage are kept, the newest ones: who goes back and forth for ever does not fill the table. */
const STAGE_CHANGES_KEPT = 1_000;

interface Before {
  readonly organization_id: string;
  readonly joined_at: number | null;
  readonly present: string;
  readonly seq: number | null;
  /** When the user reached the present stage, and left it first; null where there is none. */
  readonly reached_at: number | null;
  readonly left_at: number | null;
  /** Whether the present stage, and the new one, are counted; null where the user has never reached it. */
  readonly present_counted: number | null;
  readonly new_counted: number | null;
}

const BEFORE =
  'SELECT users.organization_id, users.joined_at, users.stage AS present, ' +
  '(SELECT MAX(seq) FROM stage_changes WHERE part = users.part AND user_id = users.id) AS seq, ' +
  'old.reached_at, old.left_at, old.counted AS present_counted, entered.counted AS new_counted FROM users ' +
  'LEFT JOIN stages_reached AS old ON old.part = users.part AND old.user_id = users.id AND old.stage = users.stage ' +
  'LEFT JOIN stages_reached AS entered ON entered.part = users.part AND entered.user_id = users.id AND entered.stage = ? ' +
  'WHERE users.part = ? AND users.id = ?';

/** Brings a locked user to a stage, and counts that: where they came from, how long they were there for the first time, where they are. */
export async function putStage(sql: Sql, counts: StageCounts, userId: string, change: StageChange): Promise<void> {
  const key = userKey(userId);
  const { stage, changedAt } = change;
  const before = await firstRow<Before>(sql, BEFORE, [stage, ...key]);
  if (before === undefined) throw new Error('the user has no row: lock users before they are written');
  const seq = (before.seq ?? 0) + 1;
  // Who was there before stages were counted is counted as a whole, later.
  const counted = (before.present_counted ?? before.new_counted ?? 1) === 1;
  await Promise.all([
    sql.run('INSERT INTO stage_changes (part, user_id, seq, stage, changed_at) VALUES (?, ?, ?, ?, ?)', [
      ...key,
      ...[seq, stage, changedAt],
    ]),
    dropOldest(sql, key, seq),
    leave(sql, key, before, change),
    insertRows(sql, {
      table: 'stages_reached',
      columns: ['part', 'user_id', 'stage', 'seq', 'reached_at', 'counted'],
      keyLength: 3,
      rows: [[...key, stage, seq, changedAt, Number(counted)]],
      existing: 'keep',
    }),
    sql.run('UPDATE users SET stage = ?, stage_entered_at = ? WHERE part = ? AND id = ?', [stage, changedAt, ...key]),
  ]);
  if (counted) countMove(counts, key, before, change);
}

async function dropOldest(sql: Sql, key: UserKey, seq: number): Promise<void> {
  if (seq <= STAGE_CHANGES_KEPT) return;
  const oldest = 'DELETE FROM stage_changes WHERE part = ? AND user_id = ? AND seq <= ?';
  await sql.run(oldest, [...key, seq - STAGE_CHANGES_KEPT]);
}

/** Whether this is the end of the user's first stay in the stage where they are. */
function endsFirstStay({ present, reached_at, left_at }: Before, { stage }: StageChange): boolean {
  return present !== stage && reached_at !== null && left_at === null;
}

async function leave(sql: Sql, key: UserKey, before: Before, change: StageChange): Promise<void> {
  if (!endsFirstStay(before, change)) return;
  const text = 'UPDATE stages_reached SET left_at = ? WHERE part = ? AND user_id = ? AND stage = ?';
  await sql.run(text, [change.changedAt, ...key, before.present]);
}

function countMove(counts: StageCounts, key: UserKey, before: Before, change: StageChange): void {
  const { present, reached_at, new_counted, organization_id, joined_at } = before;
  const { stage, changedAt } = change;
  const under = { organizationId: organization_id, joinedAt: joined_at };
  if (new_counted === null) counts.add(key, under, { stage, bucket: REACHED, n: 1 });
  if (present === stage) return;
  counts.add(key, under, { stage, bucket: NOW, n: 1 });
  if (present !== '') counts.add(key, under, { stage: present, bucket: NOW, n: -1 });
  if (endsFirstStay(before, change)) {
    counts.add(key, under, { stage: present, bucket: durationBucket(changedAt - reached_at!), n: 1 });
  }
}
