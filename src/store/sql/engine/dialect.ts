/**
 * - `again`: nothing is wrong but the moment (deadlock, lock timeout, busy): the same may succeed the next time.
 * - `away`: the store cannot be reached, or was too slow.
 * - `duplicate`: a row with that key is there.
 * - `defect`: anything else.
 */
export type FailureKind = 'again' | 'away' | 'duplicate' | 'defect';

/** Everything in which the engines' SQL and drivers differ; the rest of the SQL runs on all of them as it stands. */
export interface Dialect {
  readonly name: 'mysql' | 'sqlite';

  /** The engine's clock in whole epoch milliseconds, as an expression. */
  readonly nowMs: string;
  /** Ends a SELECT that locks what it reads, for change or against it; empty where transactions take turns anyway. */
  readonly forUpdate: string;
  readonly forShare: string;
  /** Likewise for change, and passes over rows that others have locked. */
  readonly forUpdateOfFree: string;

  /** Whether the driver takes several statements in one text, and gives a list of answers. */
  readonly joinsStatements: boolean;

  /** A query that gives a row when there is a table of the bound name. */
  readonly tableNamed: string;

  /** The expression as text, digit by digit. */
  asText(expression: string): string;
  /** Follows a table's name: read through this index whatever the statistics say. */
  useIndex(index: string): string;
  /** The condition that these columns are one of `count` rows of values, bound in that order. */
  isOneOf(columns: readonly string[], count: number): string;
  /** Ends an INSERT: rows whose key is there stay as they are, and are not counted as changed. */
  keepExisting(key: readonly string[]): string;
  /** Ends an INSERT: in rows whose key is there these columns are replaced, or added to. */
  changeExisting(key: readonly string[], change: ColumnChanges): string;

  /** What a driver's, or the pool's, error means. */
  failureOf(error: unknown): FailureKind;
  /** Whether the engine has rolled the whole transaction back, so that nothing more can belong to it. */
  endsTransaction(error: unknown): boolean;
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
