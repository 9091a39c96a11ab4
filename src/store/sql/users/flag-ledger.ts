import { partitionOf } from '../../../core/values/partition.js';
import type { Page, PageRequest } from '../../page.js';
import type { LedgerOrder, UserLedgerEntry } from '../../user-store.js';
import { joinPosition, pageOf, splitPosition } from '../engine/page-of.js';
import type { Sql, SqlValue } from '../engine/sql.js';
import { entryOf, UNLOCK_COLUMNS, type UnlockRow } from './unlock-ledger.js';

interface FlagUnlockRow extends UnlockRow {
  readonly user_id: string;
}

const KEY = ['recorded_at', 'part', 'user_id', 'seq'] as const;

/** A page of a flag's entries across users, by when they were recorded. */
export async function readFlagLedger(
  sql: Sql,
  flagId: string,
  page: PageRequest,
  order: LedgerOrder,
): Promise<Page<UserLedgerEntry>> {
  const [beyond, direction] = order === 'oldest' ? ['>', 'ASC'] : ['<', 'DESC'];
  const from = keyOf(page.after);
  // The first column's own condition is what lets the engine begin in the middle of its index.
  const condition =
    from === undefined
      ? ''
      : ` AND recorded_at ${beyond}= ? AND (${KEY.join(', ')}) ${beyond} (${KEY.map(() => '?').join(', ')})`;
  const rows = await sql.rows<FlagUnlockRow>(
    `SELECT user_id, ${UNLOCK_COLUMNS} FROM unlocks${sql.dialect.useIndex('unlocks_flag')} ` +
      `WHERE flag_id = ?${condition} ORDER BY ${KEY.map((column) => `${column} ${direction}`).join(', ')} LIMIT ?`,
    [flagId, ...(from === undefined ? [] : [from[0]!, ...from]), page.limit + 1],
  );
  return pageOf(
    rows,
    page.limit,
    (row) => ({ userId: row.user_id, ...entryOf(row) }),
    (row) => joinPosition([String(row.recorded_at), row.user_id, String(row.seq)]),
  );
}

function keyOf(after: string | undefined): readonly SqlValue[] | undefined {
  const [recordedAt, userId = '', seq] = splitPosition(after, 3) ?? [];
  if (recordedAt === undefined) return undefined;
  return [Number(recordedAt) || 0, partitionOf(userId), userId, Number(seq) || 0];
}
