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
