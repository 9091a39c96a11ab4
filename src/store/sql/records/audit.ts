import type { JsonValue } from '../../../core/values/json.js';
import type { AuditEntry, AuditReader, AuditWriter } from '../../audit-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { numberAfter, pageOf } from '../engine/page-of.js';
import { changeByKey } from '../engine/rows-by-key.js';
import { type Engine, parseJson, type Sql } from '../engine/sql.js';

interface AuditRow {
  readonly id: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly state_before: string;
  readonly state_after: string;
  readonly request_id: string;
  readonly comment: string;
}

const COLUMNS = ['at', 'actor', 'action', 'target', 'state_before', 'state_after', 'request_id', 'comment'] as const;

export function auditWriter(sql: Sql): AuditWriter {
  return {
    append: async (entry) => {
      await insertRows(sql, {
        table: 'audit',
        columns: COLUMNS,
        keyLength: 0,
        rows: [
          [
            entry.at,
            entry.actor,
            entry.action,
            entry.target,
            JSON.stringify(entry.before),
            JSON.stringify(entry.after),
            entry.requestId,
            entry.comment,
          ],
        ],
      });
    },
  };
}

export function auditReader({ read, write }: Engine): AuditReader {
  return {
    list: async (page, { target }) => {
      const rows = await read.rows<AuditRow>(
        `SELECT id, ${COLUMNS.join(', ')} FROM audit WHERE id < ?${target === undefined ? '' : ' AND target = ?'} ORDER BY id DESC LIMIT ?`,
        [numberAfter(page.after, Number.MAX_SAFE_INTEGER), ...(target === undefined ? [] : [target]), page.limit + 1],
      );
      return pageOf(rows, page.limit, entryOf, (row) => String(row.id));
    },
    purge: async (before, limit) => {
      // Read in the order of the key, in which instants grow: a search by instant would read the whole table if nothing is old.
      const rows = await read.rows<Pick<AuditRow, 'id' | 'at'>>('SELECT id, at FROM audit ORDER BY id LIMIT ?', [
        limit,
      ]);
      const old = rows.filter(({ at }) => at < before).map(({ id }) => [id]);
      return changeByKey(write, ['id'], old, (condition) => `DELETE FROM audit WHERE ${condition}`);
    },
  };
}

function entryOf(row: AuditRow): AuditEntry {
  return {
    at: row.at,
    actor: row.actor,
    action: row.action,
    target: row.target,
    before: parseJson<JsonValue>(row.state_before),
    after: parseJson<JsonValue>(row.state_after),
    requestId: row.request_id,
    comment: row.comment,
  };
}
