import type { Dialect } from '../sql/engine/dialect.js';
import { openPool, type Pool } from '../sql/engine/knex-engine.js';
import type { Engine, Sql } from '../sql/engine/sql.js';
import { type SqlStore, sqlStore } from '../sql/sql-store.js';
import { mysqlDialect } from './mysql-dialect.js';
import { ConnectionAges, DEFAULT_STATEMENT_TIMEOUT_MS, type MysqlOptions, mysqlPool } from './mysql-pool.js';

const DEFAULT_APPENDS_IN_FLIGHT = 4;

export interface MysqlStoreOptions extends MysqlOptions {
  /** How many statements that append to the inbox may be under way at once; default 4. */
  readonly appendsInFlight?: number;
  /** Whether the properties of counted events are dropped, rather than kept with the event; false when left out. */
  readonly dropProperties?: boolean;
  /** False opens the store without asking it anything: call `checkSchema` before the first use. */
  readonly checkSchema?: boolean;
}

/**
 * Opens a store on MySQL 8 or MariaDB 10.11 and later. Rejects with `StoreUnavailable` when it cannot be reached, and
 * with `SchemaMismatch` when this release cannot run on the schema that is there.
 */
export async function openMysqlStore(options: MysqlStoreOptions): Promise<SqlStore> {
  const ages = new ConnectionAges();
  const knex = mysqlPool(options, ages);
  const statementTimeoutMs = options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS;
  const pool = openPool({ knex, dialect: mysqlDialect, statementTimeoutMs, onTurnedAway: () => ages.renew() });
  const { appendsInFlight = DEFAULT_APPENDS_IN_FLIGHT, dropProperties } = options;
  const store = sqlStore(mysqlEngine(mysqlDialect, pool), { appendsInFlight, dropProperties });
  if (options.checkSchema === false) return store;
  try {
    await store.checkSchema();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function mysqlEngine(dialect: Dialect, pool: Pool): Engine {
  return {
    dialect,
    read: pool.sql,
    write: pool.retrying,
    transaction: (work) => pool.transaction(begin, work),
    snapshot: (work) => pool.transaction(beginSnapshot, work),
    close: () => pool.close(),
  };
}

async function begin(sql: Sql): Promise<void> {
  goAhead(sql, 'START TRANSACTION');
}

async function beginSnapshot(sql: Sql): Promise<void> {
  goAhead(sql, 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  goAhead(sql, 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
}

/** Sends a statement together with the next one, without waiting for it. Where it fails, the next one fails, too. */
function goAhead(sql: Sql, text: string): void {
  sql.run(text).catch(() => undefined);
}
