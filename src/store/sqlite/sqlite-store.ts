import { openPool } from '../sql/engine/knex-engine.js';
import type { Engine } from '../sql/engine/sql.js';
import { type SqlStore, sqlStore } from '../sql/sql-store.js';
import { sqliteDialect } from './sqlite-dialect.js';
import {
  beginImmediate,
  DEFAULT_ACQUIRE_TIMEOUT_MS,
  GIVEN_NOW_MS,
  type SqliteOptions,
  sqlitePool,
} from './sqlite-pool.js';

const APPENDS_IN_FLIGHT = 1;

export interface SqliteStoreOptions extends SqliteOptions {
  /** Whether the properties of counted events are dropped, rather than kept with the event; false when left out. */
  readonly dropProperties?: boolean;
  /** False leaves the schema unchecked; call `checkSchema` before the first use. */
  readonly checkSchema?: boolean;
}

/**
 * Opens a store on a SQLite file. Rejects with `StoreUnavailable` when the file cannot be opened, and with
 * `SchemaMismatch` when this release cannot run on the schema that is there.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqlStore> {
  const { dropProperties } = options;
  const store = sqlStore(sqliteEngine(options), { appendsInFlight: APPENDS_IN_FLIGHT, dropProperties });
  if (options.checkSchema === false) return store;
  try {
    await store.checkSchema();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function sqliteEngine(options: SqliteOptions): Engine {
  const dialect = options.clock === undefined ? sqliteDialect : { ...sqliteDialect, nowMs: GIVEN_NOW_MS };
  const writing = openPool({ knex: sqlitePool(options, 'write'), dialect });
  const reading = openPool({ knex: sqlitePool(options, 'read'), dialect });
  const patienceMs = options.acquireTimeoutMs ?? DEFAULT_ACQUIRE_TIMEOUT_MS;
  return {
    dialect,
    read: reading.retrying,
    write: writing.retrying,
    transaction: (work) => writing.transaction((sql) => beginImmediate(sql, patienceMs), work),
    snapshot: (work) =>
      reading.transaction(async (sql) => {
        await sql.run('BEGIN');
      }, work),
    close: async () => {
      await reading.close();
      await writing.close();
    },
  };
}
