import type { SqlValue } from './dialect.js';
import type { Sql } from './sql.js';

/** How many keys one statement has. */
const KEYS_PER_STATEMENT = 500;

type Key = readonly SqlValue[];

/** Runs a change for these keys: `text` is given the condition that names them, and `values` are bound before the keys'. */
export async function changeByKey(
  sql: Sql,
  columns: readonly string[],
  keys: readonly Key[],
  text: (condition: string) => string,
  values: readonly SqlValue[] = [],
): Promise<number> {
  let changes = 0;
  for (const some of chunksOf(keys, KEYS_PER_STATEMENT)) {
    changes += await sql.run(text(sql.dialect.isOneOf(columns, some.length)), [...values, ...some.flat()]);
  }
  return changes;
}

/** Runs a query for these keys, likewise. */
export async function rowsByKey<Row extends object>(
  sql: Sql,
  columns: readonly string[],
  keys: readonly Key[],
  text: (condition: string) => string,
  values: readonly SqlValue[] = [],
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const some of chunksOf(keys, KEYS_PER_STATEMENT)) {
    const found = await sql.rows<Row>(text(sql.dialect.isOneOf(columns, some.length)), [...values, ...some.flat()]);
    for (const row of found) rows.push(row);
  }
  return rows;
}

/** Deletes rows by key; gives true for each that was there. The caller must hold the lock of what they belong to. */
export async function dropByKey(
  sql: Sql,
  table: string,
  columns: readonly string[],
  keys: readonly Key[],
): Promise<readonly boolean[]> {
  const list = columns.join(', ');
  const found = await rowsByKey<Readonly<Record<string, SqlValue>>>(
    sql,
    columns,
    keys,
    (condition) => `SELECT ${list} FROM ${table} WHERE ${condition}`,
  );
  const there = new Set(found.map((row) => JSON.stringify(columns.map((column) => row[column] ?? null))));
  if (there.size > 0) await changeByKey(sql, columns, keys, (condition) => `DELETE FROM ${table} WHERE ${condition}`);
  return keys.map((key) => there.has(JSON.stringify(key)));
}

/** Consecutive pieces of at most `size`. */
export function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  if (items.length <= size) return items.length === 0 ? [] : [items];
  const chunks: (readonly T[])[] = [];
  for (let i = 0; i < items.length; i += size) chunks.push(items.slice(i, i + size));
  return chunks;
}
