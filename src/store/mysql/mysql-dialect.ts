import { commaSeparated, type Dialect, type FailureKind } from '../sql/engine/dialect.js';
import { driverError, poolFailure } from '../sql/engine/driver-error.js';

const DUPLICATE_ENTRY = 1062;
const LOCK_WAIT_TIMEOUT = 1205;
/** Error numbers after which the whole transaction has to run again. MariaDB 11.6 and later answer the second, too. */
const DEADLOCK = 1213;
const RECORD_CHANGED = 1020;

/**
 * Error numbers of a server that refuses for now: it starts or stops, is full or out of memory, is being restored, is
 * read-only after a fail-over, or is the wrong one. These must count as the store being away: a failure that is taken for a
 * statement's own would put the event aside that it counts.
 */
const AWAY_NUMBERS: ReadonlySet<unknown> = new Set([
  1021, 1026, 1030, 1037, 1038, 1040, 1041, 1044, 1045, 1049, 1053, 1077, 1114, 1129, 1135, 1142, 1143, 1146, 1158,
  1159, 1160, 1161, 1203, 1206, 1226, 1290, 1317, 1836, 1927, 1969, 3024, 3159, 4031,
]);

const AWAY_CODES: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'ENOENT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'HANDSHAKE_NO_SSL_SUPPORT',
  'HANDSHAKE_SSL_ERROR',
]);

/** MySQL 8 and MariaDB 10.11: only what both understand. */
export const mysqlDialect: Dialect = {
  name: 'mysql',
  nowMs: 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)',
  forUpdate: ' FOR UPDATE',
  forShare: ' LOCK IN SHARE MODE',
  joinsStatements: true,
  forUpdateOfFree: ' FOR UPDATE SKIP LOCKED',
  tableNamed: 'SELECT 1 AS one FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?',
  asText: (expression) => `CAST(${expression} AS CHAR)`,
  useIndex: (index) => ` FORCE INDEX (${index})`,
  isOneOf: (columns, count) => {
    if (columns.length === 1) return `${columns[0]} IN (${commaSeparated('?', count)})`;
    // MariaDB updates by a list of one row with a scan of the whole table, whatever index it is told to use.
    if (count === 1) return `(${columns.map((column) => `${column} = ?`).join(' AND ')})`;
    return `(${columns.join(', ')}) IN (${commaSeparated(`(${commaSeparated('?', columns.length)})`, count)})`;
  },
  // INSERT IGNORE would also pass over other errors than a key that is there.
  keepExisting: ([first]) => ` ON DUPLICATE KEY UPDATE ${first} = ${first}`,
  changeExisting: (_key, change) => {
    const assignments = Object.entries(change).map(([column, how]) =>
      how === 'replace' ? `${column} = VALUES(${column})` : `${column} = ${column} + VALUES(${column})`,
    );
    return ` ON DUPLICATE KEY UPDATE ${assignments.join(', ')}`;
  },
  failureOf,
  endsTransaction: (error) => [DEADLOCK, RECORD_CHANGED].includes(Number(driverError(error).errno)),
  answersOf: (answer) => {
    const [answers]: unknown[] = Array.isArray(answer) ? answer : [];
    return Array.isArray(answers) ? answers.map((one) => [one]) : [];
  },
  rowsOf: (answer) => {
    const [rows]: unknown[] = Array.isArray(answer) ? answer : [];
    return Array.isArray(rows) ? rows : [];
  },
  changesOf: (answer) => {
    const [header]: unknown[] = Array.isArray(answer) ? answer : [];
    return typeof header === 'object' && header !== null && 'affectedRows' in header ? Number(header.affectedRows) : 0;
  },
};

function failureOf(error: unknown): FailureKind {
  const driver = driverError(error);
  if ([DEADLOCK, RECORD_CHANGED, LOCK_WAIT_TIMEOUT].includes(Number(driver.errno))) return 'again';
  if (driver.errno === DUPLICATE_ENTRY) return 'duplicate';
  if (driver.fatal === true || AWAY_CODES.has(driver.code) || AWAY_NUMBERS.has(driver.errno)) return 'away';
  return poolFailure(driver) ?? 'defect';
}
