import { hash } from 'node:crypto';
import type { UserDistinctValue } from '../../../core/counting/distinct-values.js';
import { insertRows } from '../engine/insert-rows.js';
import { rowsByKey } from '../engine/rows-by-key.js';
import type { Sql } from '../engine/sql.js';
import { userKey } from './user-keys.js';

const HASH_BYTES = 16;
const KEY = ['part', 'user_id', 'action', 'value_hash'] as const;

type Key = readonly [part: number, userId: string, action: string, hash: Uint8Array];

/** A value is kept as a hash over user, action and value, each with its length: the same value of two users has nothing in common. */
function keyOf({ userId, action, value }: UserDistinctValue): Key {
  const named = [userId, action, value].map((part) => `${part.length}:${part}`).join('');
  return [...userKey(userId), action, hash('sha256', named, 'buffer').subarray(0, HASH_BYTES)];
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Those of these values that have counted. */
export async function knownValues(
  sql: Sql,
  values: readonly UserDistinctValue[],
): Promise<{ has(value: UserDistinctValue): boolean }> {
  const rows = await rowsByKey<{ value_hash: Uint8Array }>(
    sql,
    KEY,
    values.map(keyOf),
    (condition) => `SELECT value_hash FROM distinct_values WHERE ${condition}`,
  );
  const known = new Set(rows.map((row) => textOf(row.value_hash)));
  return { has: (value) => known.size > 0 && known.has(textOf(keyOf(value)[3])) };
}

export async function addDistinctValues(sql: Sql, values: readonly UserDistinctValue[]): Promise<void> {
  if (values.length === 0) return;
  await insertRows(sql, {
    table: 'distinct_values',
    columns: [...KEY],
    keyLength: KEY.length,
    rows: values.map(keyOf),
    existing: 'keep',
  });
}
