import type { Knex } from 'knex';
import { StoreUnavailable } from '../../store.js';
import type { Dialect } from './dialect.js';
import { Pipeline, type Statement } from './pipeline.js';
import { runAgain } from './run-again.js';
import type { Sql, SqlValue } from './sql.js';

/** The part of knex that its types leave out: its pool of connections. */
interface KnexClient {
  acquireConnection(): Promise<PooledConnection>;
  releaseConnection(connection: PooledConnection): Promise<void>;
}

/** A connection with the mark by which the pool knows that it must be replaced. */
interface PooledConnection {
  __knex__disposed?: unknown;
}

export interface PoolOptions {
  readonly knex: Knex;
  readonly dialect: Dialect;
  /** How long a statement may take before it fails and its connection is closed; absent where that cannot be done. */
  readonly statementTimeoutMs?: number;
  /** Told that a server has turned a statement away: connections that were opened before may lead to the wrong server. */
  readonly onTurnedAway?: () => void;
}

/** Statements and transactions on knex's pool. */
export interface Pool {
  /** Runs each statement by itself, on any connection. */
  readonly sql: Sql;
  /** Likewise, and runs it again after a failure of the kind `again`. */
  readonly retrying: Sql;
  /** Runs a transaction: `begin` begins it, and it is committed when `work` resolves, rolled back when it rejects. */
  transaction<T>(begin: (sql: Sql) => Promise<void>, work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function openPool(options: PoolOptions): Pool {
  const { knex, dialect } = options;
  const client: KnexClient = knex.client;
  const sql = sqlOf(dialect, executeOn(options));
  return {
    sql,
    retrying: {
      dialect,
      rows: (text, values) => runAgain(dialect, () => sql.rows(text, values)),
      run: (text, values) => runAgain(dialect, () => sql.run(text, values)),
    },
    transaction: async (begin, work) => {
      const connection = await client.acquireConnection().catch((error: unknown) => {
        throw translated(options, error);
      });
      try {
        return await inTransaction(options, connection, begin, work);
      } finally {
        await client.releaseConnection(connection);
      }
    },
    close: () => knex.destroy(),
  };
}

async function inTransaction<T>(
  options: PoolOptions,
  connection: PooledConnection,
  begin: (sql: Sql) => Promise<void>,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  const sql = connectionSql(options, connection);
  const guarded = guard(sql);
  await begin(guarded.sql);
  try {
    const result = await work(guarded.sql);
    const broken = guarded.end();
    if (broken !== undefined) throw broken.error;
    await sql.run('COMMIT');
    return result;
  } catch (error) {
    const broken = guarded.end();
    await rollBack(sql, connection);
    throw broken === undefined ? error : broken.error;
  }
}

/** Rolls back in any case: a transaction that is left open would be committed by the next one on its connection. */
async function rollBack(sql: Sql, connection: PooledConnection): Promise<void> {
  // The pool closes this connection, which ends its transaction. It may not even answer.
  if (connection.__knex__disposed !== undefined) return;
  await sql.run('ROLLBACK').catch((failure: unknown) => {
    connection.__knex__disposed = failure;
  });
}

interface Broken {
  readonly error: unknown;
}

/**
 * Guards a transaction. A statement that comes after its end is refused: its connection may serve another one by then. After
 * an error by which the engine has ended the transaction, every further statement and the commit fail with that error, even
 * if `work` has caught it: they would not belong to any transaction. `end` gives that error.
 */
function guard(sql: Sql): { readonly sql: Sql; readonly end: () => Broken | undefined } {
  let broken: Broken | undefined;
  let ended = false;
  const guarded = async <T>(statement: () => Promise<T>): Promise<T> => {
    if (broken !== undefined) throw broken.error;
    if (ended) throw new Error('the transaction has ended; was one of its promises not awaited?');
    try {
      return await statement();
    } catch (error) {
      if (sql.dialect.endsTransaction(error) || error instanceof StoreUnavailable) broken = { error };
      throw error;
    }
  };
  return {
    sql: {
      dialect: sql.dialect,
      rows: (text, values) => guarded(() => sql.rows(text, values)),
      run: (text, values) => guarded(() => sql.run(text, values)),
    },
    end: () => {
      ended = true;
      return broken;
    },
  };
}

type Execute = (text: string, values?: readonly SqlValue[]) => Promise<unknown>;

/** How much longer statements that are sent together may take, for each after the first, as a share of one's time. */
const MORE_TIME_EACH = 0.2;

function executeOn(options: PoolOptions, connection?: PooledConnection, statements = 1): Execute {
  const { knex, statementTimeoutMs } = options;
  const timeoutMs = statementTimeoutMs && Math.ceil(statementTimeoutMs * (1 + MORE_TIME_EACH * (statements - 1)));
  return async (text, values = []) => {
    const query = knex.raw<unknown>(text, values.map(bound));
    if (timeoutMs !== undefined) query.timeout(timeoutMs);
    if (connection !== undefined) query.connection(connection);
    try {
      return await query;
    } catch (error) {
      throw translated(options, error);
    }
  };
}

function sqlOf(dialect: Dialect, execute: Execute): Sql {
  return {
    dialect,
    rows: async <Row extends object>(text: string, values?: readonly SqlValue[]) =>
      dialect.rowsOf(await execute(text, values)) as readonly Row[],
    run: async (text, values) => dialect.changesOf(await execute(text, values)),
  };
}

/** A connection that runs statements in the order in which they are asked for. */
function connectionSql(options: PoolOptions, connection: PooledConnection): Sql {
  const { dialect } = options;
  const send = async (statements: readonly Statement[]): Promise<readonly unknown[]> => {
    const [first, ...others] = statements;
    const execute = executeOn(options, connection, statements.length);
    if (others.length === 0) return [await execute(first!.text, first!.values)];
    const texts = statements.map(({ text }) => text).join('; ');
    const values = statements.flatMap((statement) => statement.values);
    return dialect.answersOf(await execute(texts, values));
  };
  const pipeline = new Pipeline(send, { together: dialect.joinsStatements });
  return sqlOf(dialect, (text, values = []) => pipeline.add(text, values));
}

/** knex knows bytes as buffers only. */
function bound(value: SqlValue): string | number | null | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

function translated({ dialect, onTurnedAway }: PoolOptions, error: unknown): unknown {
  if (dialect.turnsAway(error)) onTurnedAway?.();
  if (dialect.failureOf(error) !== 'away') return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StoreUnavailable(`the store is not available: ${message}`, error);
}
