import type { ColumnChanges, SqlValue } from './dialect.js';
import type { Sql } from './sql.js';

/** How many rows one statement inserts: far below every engine's limits on bound values (32,766) and packets (16 MiB). */
const ROWS_PER_STATEMENT = 1000;
const BYTES_PER_STATEMENT = 4 * 1024 * 1024;

export type Row = readonly SqlValue[];

export interface Insert {
  readonly table: string;
  /** The columns whose values the rows give, the key's columns first. */
  readonly columns: readonly string[];
  readonly keyLength: number;
  readonly rows: readonly Row[];
  /** Further columns, each with an expression that is the same for every row. */
  readonly expressions?: Readonly<Record<string, string>>;
  /** What becomes of rows whose key is there. Left out, the statement fails for them. */
  readonly existing?: 'keep' | ColumnChanges;
}

/**
 * Inserts rows in as few statements as possible, sorted by key: since all writers lock rows in this order, batches do not
 * deadlock. Of several rows with the same key the last one is taken. Gives how many rows were new or changed.
 */
export async function insertRows(sql: Sql, insert: Insert): Promise<number> {
  // All statements are asked for before the first is awaited, so that nothing comes between them.
  const statements = inStatements(sortedByKey(insert)).map((rows) => insertOnce(sql, insert, rows));
  return (await Promise.all(statements)).reduce((sum, changes) => sum + changes, 0);
}

/** The rows of each statement. */
export function inStatements(rows: readonly Row[]): readonly (readonly Row[])[] {
  const statements: Row[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const size = row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length * 2 : 16), 0);
    const current = statements.at(-1);
    if (current === undefined || current.length === ROWS_PER_STATEMENT || bytes + size > BYTES_PER_STATEMENT) {
      statements.push([row]);
      bytes = size;
    } else {
      current.push(row);
      bytes += size;
    }
  }
  return statements;
}

function insertOnce(sql: Sql, insert: Insert, rows: readonly Row[]): Promise<number> {
  const expressions = Object.entries(insert.expressions ?? {});
  const columns = [...insert.columns, ...expressions.map(([column]) => column)];
  const also = expressions.map(([, expression]) => `, ${expression}`).join('');
  const bound: SqlValue[] = [];
  const place = (value: SqlValue): string => {
    const literal = sql.dialect.literal(value);
    if (literal === undefined) bound.push(value);
    return literal ?? '?';
  };
  const tuples = rows.map((row) => `(${row.map(place).join(', ')}${also})`).join(', ');
  const text = `INSERT INTO ${insert.table} (${columns.join(', ')}) VALUES ${tuples}${existingClause(sql, insert)}`;
  return sql.run(text, bound);
}

function existingClause(sql: Sql, { existing, columns, keyLength }: Insert): string {
  if (existing === undefined) return '';
  const key = columns.slice(0, keyLength);
  return existing === 'keep' ? sql.dialect.keepExisting(key) : sql.dialect.changeExisting(key, existing);
}

function sortedByKey({ rows, keyLength }: Insert): readonly Row[] {
  return keyLength === 0 || rows.length < 2 ? rows : rows.toSorted((a, b) => compareKeys(a, b, keyLength));
}

function compareKeys(a: Row, b: Row, keyLength: number): number {
  for (let i = 0; i < keyLength; i++) {
    const order = compareValues(a[i] ?? null, b[i] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(a: SqlValue, b: SqlValue): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (a === null || b === null || a === b) return 0;
  return a < b ? -1 : 1;
}
