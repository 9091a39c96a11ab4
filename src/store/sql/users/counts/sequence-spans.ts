import type { UserSpans } from '../../../../core/counting/sequences.js';
import type { Span } from '../../../../core/counting/spans.js';
import type { Earner } from '../../../../core/states/user-state.js';
import { insertRows } from '../../engine/insert-rows.js';
import { rowsByKey } from '../../engine/rows-by-key.js';
import { parseJson, type Sql } from '../../engine/sql.js';
import { userKey } from '../../engine/user-keys.js';

const KEY = ['part', 'user_id', 'action'] as const;

interface SpansRow {
  readonly user_id: string;
  readonly action: string;
  readonly spans: string;
}

export async function readSpans(
  sql: Sql,
  of: readonly Omit<UserSpans, 'spans'>[],
  earner: Earner,
): Promise<readonly UserSpans[]> {
  const rows = await rowsByKey<SpansRow>(
    sql,
    KEY,
    of.map(({ userId, action }) => [...userKey(userId, earner), action]),
    (condition) => `SELECT user_id, action, spans FROM sequence_spans WHERE ${condition}`,
  );
  return rows.map((row) => ({
    userId: row.user_id,
    action: row.action,
    spans: parseJson<readonly Span[]>(row.spans),
  }));
}

export async function putSpans(sql: Sql, spans: readonly UserSpans[], earner: Earner): Promise<void> {
  if (spans.length === 0) return;
  await insertRows(sql, {
    table: 'sequence_spans',
    columns: [...KEY, 'spans'],
    keyLength: KEY.length,
    rows: spans.map((one) => [...userKey(one.userId, earner), one.action, JSON.stringify(one.spans)]),
    existing: { spans: 'replace' },
  });
}
