export type SqlValue = string | number | null | Uint8Array;

/** A statement with the values that are bound to it. */
export interface Statement {
  readonly text: string;
  readonly values: readonly SqlValue[];
  /**
   * Whether a connection prepares the text once: only for one of few texts, all of which are run all the time. Within a transaction
   * it runs as it is.
   */
  readonly prepared?: boolean | undefined;
}

/**
 * What an error of a driver means.
 *
 * - `again`: the same may succeed the next time (after a deadlock, a lock timeout, a busy database).
 * - `away`: the store cannot be reached, or was too slow.
 * - `duplicate`: a row with that key is there.
 * - `defect`: anything else.
 */
export type FailureKind = 'again' | 'away' | 'duplicate' | 'defect';

/** All in which the engines' SQL and drivers differ. The rest of the SQL runs on each of them. */
export interface Dialect {
  readonly name: 'mysql' | 'sqlite';

  /** The engine's clock in whole epoch milliseconds, as an expression. */
  readonly nowMs: string;
  /** The end of a SELECT that locks the rows it reads; empty where transactions take turns anyway. */
  readonly forUpdate: string;
  readonly forShare: string;
  /** The end of a SELECT that locks the rows it reads and passes over those that others have locked. */
  readonly forUpdateOfFree: string;

  /** Whether the driver takes several statements in one text, and gives a list of answers. */
  readonly joinsStatements: boolean;

  /** The number that the engine gave the row which this connection inserted last into a table that it numbers, as an expression. */
  readonly lastNumber: string;

  /** A query that gives a row when there is a table of the bound name. */
  readonly tableNamed: string;

  /** A value as it stands in a statement's text; undefined where it is bound. */
  literal(value: SqlValue): string | undefined;
  /** The expression's number as text, with all its digits. */
  asText(expression: string): string;
  /** What follows a table's name to have it read by this index, whatever the engine's statistics say. */
  useIndex(index: string): string;
  /** The condition that these columns have one of `count` rows of values, which are bound in that order. */
  isOneOf(columns: readonly string[], count: number): string;
  /** The end of an INSERT that leaves rows whose key is there as they are, and does not count them as changed. */
  keepExisting(key: readonly string[]): string;
  /** The end of an INSERT that replaces, or adds to, these columns in rows whose key is there. */
  changeExisting(key: readonly string[], change: ColumnChanges): string;

  /** Runs a statement, or several in one text where they can be joined, on the driver's connection; gives the driver's answer. */
  execute(connection: object, statement: Statement): Promise<unknown>;
  /** What an error of the driver or the pool means. */
  failureOf(error: unknown): FailureKind;
  /** Whether the engine has rolled the whole transaction back, so that nothing more can belong to it. */
  endsTransaction(error: unknown): boolean;
  /**
   * Whether the error says that the server behind the connection refuses whatever it is asked, as an old writer does after a
   * fail-over: another connection may lead to one that does not.
   */
  turnsAway(error: unknown): boolean;
  /** Each statement's own answer in a driver's answer to several that went together. */
  answersOf(answer: unknown): readonly unknown[];
  /** The rows in a driver's answer to a query. */
  rowsOf(answer: unknown): readonly object[];
  /** The number of changed rows in a driver's answer to a change. */
  changesOf(answer: unknown): number;
}

export type ColumnChanges = Readonly<Record<string, 'replace' | 'add'>>;

/** `count` times the same text, with commas between. */
export function commaSeparated(text: string, count: number): string {
  return new Array<string>(count).fill(text).join(', ');
}
