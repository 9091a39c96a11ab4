import type { FailureKind } from '../sql/engine/dialect.js';
import { driverError, poolFailure } from '../sql/engine/driver-error.js';

const DUPLICATE_ENTRY = 1062;

/** Another statement may wait less, or not at all, and its transaction goes on. */
const LOCK_WAIT: ReadonlySet<number> = new Set([1205, 3572]);

/**
 * Error numbers after which the whole transaction has to run again: a record has changed, a commit that Galera (1180) or group
 * replication (3101) did not certify, a deadlock, a table defined anew meanwhile, a statement to be prepared again, and
 * the rollbacks and deadlocks of distributed transactions and named locks.
 */
const RUN_AGAIN: ReadonlySet<number> = new Set([1020, 1180, 1213, 1412, 1613, 1614, 1615, 1689, 3058, 3101]);

/**
 * Error numbers of a server that refuses whatever it is asked, so that another connection may lead to one that does not: it is
 * read-only since a fail-over (1036, 1290, 1792, 1836, 1874), not ready in its cluster (1047, 3100), offline (3032), or
 * it stops or cuts connections (1053, 1077, 1079, 1080, 1927, 3168, 3169, 4031).
 */
const TURNED_AWAY: ReadonlySet<number> = new Set([
  ...[1036, 1047, 1053, 1077, 1079, 1080, 1290, 1792, 1836, 1874, 1927, 3032, 3100, 3168, 3169, 4031],
]);

/**
 * Other error numbers of a server that refuses for now, where their class does not tell it: it starts, is full or out of memory,
 * is being restored, has reached a limit, was told to end a statement, lets nobody in, or is the wrong one.
 */
const AWAY: ReadonlySet<number> = new Set([
  ...[1021, 1026, 1030, 1037, 1038, 1040, 1041, 1044, 1045, 1049, 1114, 1129, 1130, 1135, 1142, 1143, 1146, 1158],
  ...[1159, 1160, 1161, 1203, 1206, 1226, 1227, 1317, 1637, 1698, 1820, 1862, 1932, 1969, 3024, 3118, 3159],
]);

/** Error numbers that are about a statement or its values, although their class says nothing in particular. */
const OF_THE_STATEMENT: ReadonlySet<number> = new Set([
  ...[1093, 1153, 1267, 1270, 1271, 1300, 1364, 1366, 1390, 1411, 1436, 3819],
]);

/** A proxy's own errors: those of MySQL's client library, which it passes on (2002, 2006, 2013, …), and ProxySQL's (9001, …). */
const OF_A_PROXY = [
  { from: 2000, to: 2999 },
  { from: 9000, to: 9999 },
] as const;

/**
 * Classes of SQLSTATE: connections, transactions that cannot do that now, credentials, resources, an operator's and the system's
 * doing, and everything that is not about a statement in particular.
 */
const AWAY_CLASS = /^(08|25|28|53|57|58|70|HY)/;
/** The class of transactions that were rolled back. */
const AGAIN_CLASS = /^40/;

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

/**
 * What an error of MySQL, MariaDB, a cluster of them or a proxy before them means. A failure is a defect only where the server
 * says that a statement or its values are wrong: what is taken for a defect without being one would answer a call with
 * INTERNAL, and might put an event aside that nothing is wrong with.
 */
export function failureOf(error: unknown): FailureKind {
  const driver = driverError(error);
  const number = Number(driver.errno);
  if (LOCK_WAIT.has(number) || RUN_AGAIN.has(number)) return 'again';
  if (number === DUPLICATE_ENTRY) return 'duplicate';
  if (driver.fatal === true || AWAY_CODES.has(driver.code)) return 'away';
  if (AWAY.has(number) || TURNED_AWAY.has(number) || isOfProxy(number)) return 'away';
  if (OF_THE_STATEMENT.has(number)) return 'defect';
  const state = typeof driver.sqlState === 'string' ? driver.sqlState : '';
  if (AGAIN_CLASS.test(state)) return 'again';
  if (AWAY_CLASS.test(state)) return 'away';
  return poolFailure(driver) ?? 'defect';
}

/** Whether the engine has rolled the whole transaction back. */
export function endsTransaction(error: unknown): boolean {
  return failureOf(error) === 'again' && !LOCK_WAIT.has(Number(driverError(error).errno));
}

/** Whether another connection may lead to a server that does what this one refuses. */
export function turnsAway(error: unknown): boolean {
  const number = Number(driverError(error).errno);
  return TURNED_AWAY.has(number) || isOfProxy(number);
}

function isOfProxy(number: number): boolean {
  return OF_A_PROXY.some(({ from, to }) => number >= from && number <= to);
}
