import type { JsonObject } from '../../../core/values/json.js';
import type { Dialect, SqlValue, Statement } from './dialect.js';

/** Runs statements: each by itself, or within a transaction. */
export interface Sql {
  readonly dialect: Dialect;
  /** The rows that a query gives. */
  rows<Row extends object>(
    text: string,
    values?: readonly SqlValue[],
    how?: Pick<Statement, 'prepared'>,
  ): Promise<readonly Row[]>;
  /** Runs a change; gives how many rows it changed or inserted. */
  run(text: string, values?: readonly SqlValue[]): Promise<number>;
}

/** The row of a query that gives one at most. */
export async function firstRow<Row extends object>(
  sql: Sql,
  text: string,
  values: readonly SqlValue[] = [],
): Promise<Row | undefined> {
  return (await sql.rows<Row>(text, values))[0];
}

/** An open database: what the SQL modules need of an engine and its driver. */
export interface Engine {
  readonly dialect: Dialect;
  /** For reads outside of transactions: each sees what is committed when it runs. */
  readonly read: Sql;
  /** For changes outside of transactions: each is committed by itself, and run again after a failure of the kind `again`. */
  readonly write: Sql;
  /** Runs a transaction, once: commits when `work` resolves; rolls back when it rejects, and rejects likewise. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Runs several reads that all see one instant. */
  snapshot<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Parses stored JSON. It is kept as text, so that every engine gives back exactly what was stored. */
export function parseJson<T = JsonObject>(text: string): T {
  return JSON.parse(text) as T;
}
