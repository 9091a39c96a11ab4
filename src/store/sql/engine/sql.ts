import type { JsonObject } from '../../../core/values/json.js';
import type { Dialect } from './dialect.js';

export type SqlValue = string | number | null | Uint8Array;

/** A way to run statements: the pool (each statement for itself), or one transaction. */
export interface Sql {
  readonly dialect: Dialect;
  /** The rows that a query gives. */
  rows<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Runs a change; gives how many rows it changed, or inserted. */
  run(text: string, values?: readonly SqlValue[]): Promise<number>;
}

/** The only row of a query that gives one at most. */
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
  /** Committed rows, each statement for itself. */
  readonly read: Sql;
  /** Statements that commit by themselves, and run again when only the moment was wrong. */
  readonly write: Sql;
  /** One attempt at a transaction: commits when `work` resolves, rolls back and passes on when it rejects. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Several reads of one instant. */
  snapshot<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** JSON is kept as text and parsed here, so that every engine gives back exactly what was stored. */
export function parseJson<T = JsonObject>(text: string): T {
  return JSON.parse(text) as T;
}
