import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { redisCommand } from './redis-server.js';

/**
 * The servers that a whole test run shares, and each test file's own place on them. A test that kills, restarts or
 * flushes a server starts its own: `startMariadb` and `startRedis` beside this file.
 */
export const DATABASE_VARIABLE = 'TEST_DATABASE_URL';
export const REDIS_VARIABLE = 'TEST_REDIS_URL';

export interface TestDatabase {
  /** `mysql://…` of a new, empty database. */
  readonly url: string;
  drop(): Promise<void>;
}

export interface TestRedis {
  /** `redis://127.0.0.1:PORT/N`: a database number that no other file has. Channels are shared by all numbers. */
  readonly url: string;
  /** A random name for keys and channels, such as `t3f9c01ab`. */
  readonly prefix: string;
  /** Forgets what is in that database number. */
  flush(): Promise<void>;
}

/** Creates an empty database on the run's MariaDB. The caller drops it, in `afterAll`. */
export async function createDatabase(): Promise<TestDatabase> {
  const base = new URL(sharedServer(DATABASE_VARIABLE));
  const name = `latchkey_test_${randomBytes(6).toString('hex')}`;
  const execute = async (statement: string): Promise<void> => {
    const connection = await createConnection(base.href);
    try {
      await connection.query(statement);
    } finally {
      await connection.end();
    }
  };
  await execute(`CREATE DATABASE \`${name}\``);
  const url = new URL(base);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(`DROP DATABASE IF EXISTS \`${name}\``) };
}

/** Reserves an empty database number on the run's Redis. */
export async function createRedisSpace(): Promise<TestRedis> {
  const base = new URL(sharedServer(REDIS_VARIABLE));
  const port = Number(base.port);
  // Database 0 holds only this counter; a number is never handed out twice in a run.
  const number = Number((await redisCommand(port, 'INCR latchkey-test-spaces')).slice(1));
  return {
    url: `redis://${base.host}/${number}`,
    prefix: `t${randomBytes(4).toString('hex')}`,
    flush: async () => {
      await redisCommand(port, 'FLUSHDB', number);
    },
  };
}

function sharedServer(variable: string): string {
  const url = process.env[variable];
  if (url === undefined || url === '') {
    throw new Error(`${variable} is not set: run the tests by npm test or scripts/test, which start the servers`);
  }
  return url;
}
