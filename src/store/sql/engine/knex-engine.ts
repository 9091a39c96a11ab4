import type { Knex } from 'knex';
import { StoreUnavailable } from '../../store.js';
import type { Dialect, SqlValue, Statement } from './dialect.js';
import { Pipeline } from './pipeline.js';
import { runAgain } from './run-again.js';
import type { Sql } from './sql.js';

/**
 * The part of knex that its types leave out: its pool of connections. Statements are given to the driver itself, since knex looks
 * through each of them by regular expressions, twice.
 */
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
  const onConnection = async <T>(work: (connection: PooledConnection) => Promise<T>): Promise<T> => {
    const connection = await client.acquireConnection().catch((error: unknown) => {
      throw translated(options, error);
    });
    try {
      return await work(connection);
    } finally {
      await client.releaseConnection(connection);
    }
  };
  const sql = sqlOf(dialect, (statement) => onConnection((connection) => execute(options, connection, statement)));
  return {
    sql,
    retrying: {
      dialect,
      rows: (text, values, how) => runAgain(dialect, () => sql.rows(text, values, how)),
      run: (text, values) => runAgain(dialect, () => sql.run(text, values)),
    },
    transaction: (begin, work) => onConnection((connection) => inTransaction(options, connection, begin, work)),
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
      rows: (text, values, how) => guarded(() => sql.rows(text, values, how)),
      run: (text, values) => guarded(() => sql.run(text, values)),
    },
    end: () => {
      ended = true;
      return broken;
    },
  };
}

/** How much longer statements that are sent together may take, for each after the first, as a share of one's time. */
const MORE_TIME_EACH = 0.2;

/** Runs a statement, or so many in one text. One that takes too long costs its connection: it may be under way for long. */
async function execute(
  options: PoolOptions,
  connection: PooledConnection,
  statement: Statement,
  statements = 1,
): Promise<unknown> {
  const { dialect, statementTimeoutMs } = options;
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = dialect.execute(connection, { ...statement, values: statement.values.map(bound) });
    if (statementTimeoutMs === undefined) return await answer;
    const timeIsUp = new Promise<never>((_, reject) => {
      const timeoutMs = Math.ceil(statementTimeoutMs * (1 + MORE_TIME_EACH * (statements - 1)));
      timer = setTimeout(() => {
        const tooSlow = new StoreUnavailable(`a statement was not answered within ${timeoutMs} ms`);
        connection.__knex__disposed = tooSlow;
        reject(tooSlow);
      }, timeoutMs);
    });
    return await Promise.race([answer, timeIsUp]);
  } catch (error) {
    throw translated(options, withText(error, statement));
  } finally {
    clearTimeout(timer);
  }
}

function sqlOf(dialect: Dialect, run: (statement: Statement) => Promise<unknown>): Sql {
  return {
    dialect,
    rows: async <Row extends object>(
      text: string,
      values: readonly SqlValue[] = [],
      how?: Pick<Statement, 'prepared'>,
    ) => dialect.rowsOf(await run({ text, values, ...how })) as readonly Row[],
    run: async (text, values = []) => dialect.changesOf(await run({ text, values })),
  };
}

/** A connection that runs statements in the order in which they are asked for: as texts, which can go together. */
function connectionSql(options: PoolOptions, connection: PooledConnection): Sql {
  const { dialect } = options;
  const send = async (statements: readonly Statement[]): Promise<readonly unknown[]> => {
    const [first, ...others] = statements;
    if (others.length === 0) return [await execute(options, connection, first!)];
    const text = statements.map((statement) => statement.text).join('; ');
    const values = statements.flatMap((statement) => statement.values);
    return dialect.answersOf(await execute(options, connection, { text, values }, statements.length));
  };
  const pipeline = new Pipeline(send, { together: dialect.joinsStatements });
  return sqlOf(dialect, ({ text, values }) => pipeline.add(text, values));
}

/** Drivers know bytes as buffers only. */
function bound(value: SqlValue): SqlValue {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** How much of a statement's text an error tells. Strings are bound, so the text has none. */
const CHARACTERS_TOLD = 500;

function withText(error: unknown, { text }: Statement): unknown {
  if (error instanceof Error && !(error instanceof StoreUnavailable)) {
    error.message += ` (in: ${text.length > CHARACTERS_TOLD ? `${text.slice(0, CHARACTERS_TOLD)}…` : text})`;
  }
  return error;
}

function translated({ dialect, onTurnedAway }: PoolOptions, error: unknown): unknown {
  if (error instanceof StoreUnavailable) return error;
  if (dialect.turnsAway(error)) onTurnedAway?.();
  if (dialect.failureOf(error) !== 'away') return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StoreUnavailable(`the store is not available: ${message}`, error);
}
