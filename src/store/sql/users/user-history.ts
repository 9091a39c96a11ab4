import type { UserHistory } from '../../user-store.js';
import { numberAfter, pageOf } from '../engine/page-of.js';
import type { Sql } from '../engine/sql.js';
import { userKey } from '../engine/user-keys.js';
import { readFlagLedger, readLedger } from './ledger/unlock-ledger.js';
import { readDeleted } from './user-removal.js';

interface StageChangeRow {
  readonly seq: number;
  readonly stage: string;
  readonly changed_at: number;
}

export function userHistory(sql: Sql): UserHistory {
  return {
    ledger: (userId, page) => readLedger(sql, userKey(userId), page),
    organizationLedger: (organizationId, page) => readLedger(sql, userKey(organizationId, 'organization'), page),
    flagLedger: (flagId, page, order) => readFlagLedger(sql, flagId, page, order),
    deletedTotals: () => readDeleted(sql),
    progress: async (userId, page) => {
      const rows = await sql.rows<StageChangeRow>(
        'SELECT seq, stage, changed_at FROM stage_changes WHERE part = ? AND user_id = ? AND seq > ? ' +
          'ORDER BY seq LIMIT ?',
        [...userKey(userId), numberAfter(page.after, 0), page.limit + 1],
      );
      return pageOf(
        rows,
        page.limit,
        (row) => ({ stage: row.stage, changedAt: row.changed_at }),
        (row) => String(row.seq),
      );
    },
  };
}
