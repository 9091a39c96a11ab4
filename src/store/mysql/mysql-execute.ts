import type { Statement } from '../sql/engine/dialect.js';
import { driverError } from '../sql/engine/driver-error.js';

type Done = (error: unknown, answer?: unknown) => void;

/** What is used of the driver's connections. */
interface MysqlConnection {
  query(text: string, values: readonly unknown[], done: Done): void;
  execute(text: string, values: readonly unknown[], done: Done): void;
  /** Forgets what was prepared for this text, if anything was. */
  unprepare(text: string): void;
}

/**
 * The server, or a proxy before it, prepares no further statement (1461), does not prepare it (1295), or has lost one that
 * was prepared (1243, 1615).
 */
const NOT_PREPARED: ReadonlySet<unknown> = new Set([1243, 1295, 1461, 1615]);

/**
 * Runs a statement: a prepared one in the protocol for these, by which the server reads its text once for each connection; others
 * as text with the values in it. Where the server cannot prepare it, or has lost it, it runs as text, too, and is prepared anew the
 * next time.
 */
export async function mysqlExecute(connection: object, { text, values, prepared }: Statement): Promise<unknown> {
  const mysql = connection as MysqlConnection;
  if (prepared === true) {
    try {
      return await answered((done) => mysql.execute(text, values, done));
    } catch (error) {
      if (!NOT_PREPARED.has(driverError(error).errno)) throw error;
      mysql.unprepare(text);
    }
  }
  return answered((done) => mysql.query(text, values, done));
}

function answered(ask: (done: Done) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    ask((error, answer) => (error ? reject(error) : resolve(answer)));
  });
}
