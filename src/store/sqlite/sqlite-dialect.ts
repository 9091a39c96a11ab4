import { commaSeparated, type Dialect, type FailureKind, type Statement } from '../sql/engine/dialect.js';
import { driverError, poolFailure } from '../sql/engine/driver-error.js';

const AWAY = /^SQLITE_(AUTH|CANTOPEN|CORRUPT|FULL|INTERRUPT|IOERR|NOLFS|NOMEM|NOTADB|PERM|PROTOCOL|READONLY)/;
/** What is missing while the file is restored or migrated: no statement here asks for a table that no schema has. */
const AWAY_MESSAGE = /database connection is not open|^no such table: /;
const AGAIN = /^SQLITE_(BUSY|LOCKED|SCHEMA)/;
const DUPLICATE = /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/;

/** The dialect of SQLite. A transaction holds the file's only write lock from its beginning, so rows need no locks. */
export const sqliteDialect: Dialect = {
  name: 'sqlite',
  nowMs: "CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)",
  forUpdate: '',
  forShare: '',
  joinsStatements: false,
  forUpdateOfFree: '',
  lastNumber: 'last_insert_rowid()',
  tableNamed: "SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name = ?",
  // A statement is prepared once for each text, so its text must not vary.
  literal: () => undefined,
  asText: (expression) => `CAST(${expression} AS TEXT)`,
  useIndex: () => '',
  isOneOf: (columns, count) =>
    columns.length === 1
      ? `${columns[0]} IN (${commaSeparated('?', count)})`
      : `(${columns.join(', ')}) IN (VALUES ${commaSeparated(`(${commaSeparated('?', columns.length)})`, count)})`,
  keepExisting: (key) => ` ON CONFLICT (${key.join(', ')}) DO NOTHING`,
  changeExisting: (key, change) => {
    const assignments = Object.entries(change).map(([column, how]) =>
      how === 'replace' ? `${column} = excluded.${column}` : `${column} = ${column} + excluded.${column}`,
    );
    return ` ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${assignments.join(', ')}`;
  },
  execute: sqliteExecute,
  failureOf,
  endsTransaction: () => false,
  turnsAway: () => false,
  answersOf: (answer) => [answer],
  rowsOf: (answer) => (Array.isArray(answer) ? answer : []),
  changesOf: (answer) =>
    typeof answer === 'object' && answer !== null && 'changes' in answer ? Number(answer.changes) : 0,
};

/** What is used of the driver's connections, which keep each statement prepared. */
interface SqliteConnection {
  prepare(text: string): {
    readonly reader: boolean;
    all(values: readonly unknown[]): unknown;
    run(values: readonly unknown[]): unknown;
  };
}

async function sqliteExecute(connection: object, { text, values }: Statement): Promise<unknown> {
  const statement = (connection as SqliteConnection).prepare(text);
  return statement.reader ? statement.all(values) : statement.run(values);
}

function failureOf(error: unknown): FailureKind {
  const driver = driverError(error);
  const code = String(driver.code);
  if (AGAIN.test(code)) return 'again';
  if (DUPLICATE.test(code)) return 'duplicate';
  if (AWAY.test(code) || AWAY_MESSAGE.test(String(driver.message))) return 'away';
  return poolFailure(driver) ?? 'defect';
}
