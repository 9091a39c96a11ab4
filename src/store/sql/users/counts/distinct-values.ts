import { hash } from 'node:crypto';
import type { CountedValue, UserDistinctValue } from '../../../../core/counting/distinct-values.js';
import type { Earner } from '../../../../core/states/user-state.js';
import type { KnownValues } from '../../../user-store.js';
import { insertRows } from '../../engine/insert-rows.js';
import { rowsByKey } from '../../engine/rows-by-key.js';
import type { Sql } from '../../engine/sql.js';
import { userKey } from '../../engine/user-keys.js';
import { eventKeyOf } from '../../events/event-row.js';

const HASH_BYTES = 16;
const KEY = ['part', 'user_id', 'action', 'value_hash'] as const;

type Key = readonly [part: number, userId: string, action: string, hash: Uint8Array];

/** A value is kept as a hash over user, action and value, each with its length: the same value of two users has nothing in common. */
function keyOf({ userId, action, value }: UserDistinctValue, earner: Earner): Key {
  const named = [userId, action, value].map((part) => `${part.length}:${part}`).join('');
  return [...userKey(userId, earner), action, hash('sha256', named, 'buffer').subarray(0, HASH_BYTES)];
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Those of these values that have counted. */
export async function knownValues(
  sql: Sql,
  values: readonly UserDistinctValue[],
  earner: Earner,
): Promise<KnownValues> {
  const rows = await rowsByKey<{ value_hash: Uint8Array; counted_by: Uint8Array }>(
    sql,
    KEY,
    values.map((value) => keyOf(value, earner)),
    (condition) => `SELECT value_hash, counted_by FROM distinct_values WHERE ${condition}`,
  );
  const known = new Map(rows.map((row) => [textOf(row.value_hash), textOf(row.counted_by)]));
  const countedBy = (value: UserDistinctValue): string | undefined => known.get(textOf(keyOf(value, earner)[3]));
  return {
    has: (value) => known.size > 0 && countedBy(value) !== undefined,
    isBy: (value, event) => countedBy(value) === eventKeyOf({ ...event, userId: value.userId }).text,
  };
}

export async function dropDistinctValues(
  sql: Sql,
  values: readonly UserDistinctValue[],
  earner: Earner,
): Promise<void> {
  for (const value of values) {
    await sql.run('DELETE FROM distinct_values WHERE part = ? AND user_id = ? AND action = ? AND value_hash = ?', [
      ...keyOf(value, earner),
    ]);
  }
}

export async function addDistinctValues(sql: Sql, values: readonly CountedValue[], earner: Earner): Promise<void> {
  if (values.length === 0) return;
  await insertRows(sql, {
    table: 'distinct_values',
    columns: [...KEY, 'counted_by'],
    keyLength: KEY.length,
    rows: values.map((value) => [...keyOf(value, earner), eventKeyOf({ ...value.by, userId: value.userId }).dedupe]),
    existing: { counted_by: 'replace' },
  });
}
