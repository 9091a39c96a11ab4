import { commaSeparated, type Dialect } from '../sql/engine/dialect.js';
import { mysqlExecute } from './mysql-execute.js';
import { endsTransaction, failureOf, turnsAway } from './mysql-failure.js';

/** MySQL 8 and MariaDB 10.11: only what both understand. */
export const mysqlDialect: Dialect = {
  name: 'mysql',
  nowMs: 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)',
  forUpdate: ' FOR UPDATE',
  forShare: ' LOCK IN SHARE MODE',
  joinsStatements: true,
  forUpdateOfFree: ' FOR UPDATE SKIP LOCKED',
  lastNumber: 'LAST_INSERT_ID()',
  tableNamed: 'SELECT 1 AS one FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?',
  // The driver puts values into the text itself: for whole numbers that is more work than writing them there at once.
  literal: (value) => (Number.isSafeInteger(value) ? String(value) : undefined),
  asText: (expression) => `CAST(${expression} AS CHAR)`,
  useIndex: (index) => ` FORCE INDEX (${index})`,
  isOneOf: (columns, count) => {
    if (columns.length === 1) return `${columns[0]} IN (${commaSeparated('?', count)})`;
    // MariaDB updates by a list of one row with a scan of the whole table, whatever index it is told to use.
    if (count === 1) return `(${columns.map((column) => `${column} = ?`).join(' AND ')})`;
    return `(${columns.join(', ')}) IN (${commaSeparated(`(${commaSeparated('?', columns.length)})`, count)})`;
  },
  // INSERT IGNORE would also pass over other errors than a key that is there. The first column of a key may be what rows are
  // sharded by, which engines refuse to set.
  keepExisting: (key) => ` ON DUPLICATE KEY UPDATE ${key.at(-1)} = ${key.at(-1)}`,
  changeExisting: (_key, change) => {
    const assignments = Object.entries(change).map(([column, how]) =>
      how === 'replace' ? `${column} = VALUES(${column})` : `${column} = ${column} + VALUES(${column})`,
    );
    return ` ON DUPLICATE KEY UPDATE ${assignments.join(', ')}`;
  },
  execute: mysqlExecute,
  failureOf,
  endsTransaction,
  turnsAway,
  answersOf: (answer) => (Array.isArray(answer) ? answer : []),
  rowsOf: (answer) => (Array.isArray(answer) ? answer : []),
  changesOf: (answer) =>
    typeof answer === 'object' && answer !== null && 'affectedRows' in answer ? Number(answer.affectedRows) : 0,
};
