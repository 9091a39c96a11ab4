import type { Dialect } from './dialect.js';
import type { Sql } from './sql.js';

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
