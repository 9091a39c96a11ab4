import { isDeepStrictEqual } from 'node:util';
import createKnex, { type Knex } from 'knex';
import { SILENT_LOG, watchPool } from '../sql/engine/pool-setup.js';
import { type MysqlConnection, parseMysqlUrl, readTlsFiles, type TlsFiles } from './mysql-url.js';

export interface MysqlOptions {
  /** `mysql://USER:PASSWORD@HOST:PORT/DATABASE` */
  readonly url: string;
  /** Default 10. */
  readonly poolSize?: number;
  /** How long a caller waits for a connection: default 2,000. */
  readonly acquireTimeoutMs?: number;
  /** How long a statement may take, lock waits (2 s) included: default 10,000. */
  readonly statementTimeoutMs?: number;
  /** Told how long each connection was waited for, in milliseconds. */
  readonly onPoolWait?: (waitedMs: number) => void;
}

const DEFAULT_POOL_SIZE = 10;
export const DEFAULT_ACQUIRE_TIMEOUT_MS = 2000;
export const DEFAULT_STATEMENT_TIMEOUT_MS = 10_000;

/** How often the files of TLS are read again. */
const LOOK_EVERY_MS = 10_000;

/** How long a statement waits for a lock, in the engine's unit: the longest that a worker waits for another one's lane. */
const LOCK_WAIT_SECONDS = 2;

/** How many statements a connection keeps prepared: a server has room for 16,382 of all connections together by default. */
const MOST_PREPARED = 64;

/**
 * The settings of each session, whatever the server's defaults are. The isolation level is READ COMMITTED: the default one
 * locks gaps between rows, by which workers would block the intake of events.
 */
const SESSION = [
  // Values are compared with keys by the collation that the keys have.
  'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO," +
    `NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS} ` +
    // MariaDB would make a join of a list of 1,000 values, which are 500 keys of two columns, and may then read whole tables. MySQL
    // does no such thing, and takes this for a comment.
    '/*M!100318 , in_predicate_conversion_threshold = 0 */',
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

interface RawConnection {
  query(text: string, done: (error: unknown) => void): void;
  destroy(): void;
}

/** How often all connections may be renewed: a server that refuses everybody is not asked more often by new ones. */
const RENEW_EVERY_MS = 1_000;

/** The connections of a pool by when they were opened, so that all that are there can be replaced by new ones. */
export class ConnectionAges {
  readonly #openedAt = new WeakMap<RawConnection, number>();
  #renewedAt = Number.NEGATIVE_INFINITY;

  opened(connection: RawConnection): void {
    this.#openedAt.set(connection, performance.now());
  }

  /** Whether it was opened after the last renewal; the pool ends others as soon as nobody uses them. */
  isCurrent(connection: RawConnection): boolean {
    return (this.#openedAt.get(connection) ?? 0) > this.#renewedAt;
  }

  renew(): void {
    const now = performance.now();
    if (now - this.#renewedAt >= RENEW_EVERY_MS) this.#renewedAt = now;
  }
}

/** Opens a pool; nothing connects before the first statement. Throws when the URL cannot be read. */
export function mysqlPool(options: MysqlOptions, ages = new ConnectionAges()): Knex {
  const { poolSize = DEFAULT_POOL_SIZE, acquireTimeoutMs = DEFAULT_ACQUIRE_TIMEOUT_MS } = options;
  const { tlsFiles, ...server } = parseMysqlUrl(options.url);
  const settings = {
    ...server,
    charset: 'utf8mb4',
    connectTimeout: acquireTimeoutMs,
    // Counts rows that changed, not rows that were found.
    flags: '-FOUND_ROWS',
    jsonStrings: true,
    // Statements that do not wait for one another are sent together. Every value is bound, so none can become a statement.
    multipleStatements: true,
    maxPreparedStatements: MOST_PREPARED,
  };
  const knex = createKnex({
    client: 'mysql2',
    connection: tlsFiles === undefined ? settings : renewedSettings(settings, tlsFiles),
    pool: {
      min: 0,
      max: poolSize,
      afterCreate: (connection: RawConnection, done: (error: unknown, connection: RawConnection) => void) => {
        ages.opened(connection);
        setUpSession(connection).then(
          () => done(null, connection),
          (error: unknown) => {
            // The pool forgets a connection that it cannot use, and would leave it open.
            connection.destroy();
            done(error, connection);
          },
        );
      },
      validate: (connection: RawConnection) => ages.isCurrent(connection),
    },
    acquireConnectionTimeout: acquireTimeoutMs,
    // The message of an error would carry every bound value.
    compileSqlOnError: false,
    log: SILENT_LOG,
  });
  if (options.onPoolWait !== undefined) watchPool(knex, options.onPoolWait);
  return knex;
}

/** The settings with the contents of the files, which are read again now and then, since certificates are renewed. */
function renewedSettings<Settings extends Pick<MysqlConnection, 'ssl'>>(settings: Settings, files: TlsFiles) {
  let held = readTlsFiles(files);
  let lookedAt = performance.now();
  const changed = (): boolean => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return false;
    lookedAt = performance.now();
    try {
      return !isDeepStrictEqual(readTlsFiles(files), held);
    } catch {
      // What was read before is used again. If it is no longer good, connecting fails and says so.
      return false;
    }
  };
  return () => {
    held = readTlsFiles(files);
    return { ...settings, ssl: { ...settings.ssl, ...held }, expirationChecker: changed };
  };
}

async function setUpSession(connection: RawConnection): Promise<void> {
  for (const statement of SESSION) {
    await new Promise<void>((resolve, reject) => {
      connection.query(statement, (error) => (error ? reject(error) : resolve()));
    });
  }
}
