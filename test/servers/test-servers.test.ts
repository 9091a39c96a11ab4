import { afterAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { startMariadb } from './mariadb-server.js';
import { startRedis } from './redis-server.js';
import { requireProgram } from './server-process.js';
import { createDatabase, createRedisSpace } from './test-servers.js';

const cleanups: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) {
    await cleanup();
  }
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function redisClient(url: string): Promise<Redis> {
  const client = new Redis(url, { lazyConnect: true });
  await client.connect();
  return client;
}

describe("the run's servers", () => {
  it('give each file an empty database of its own, and forget it when dropped', async () => {
    const [first, second] = await Promise.all([createDatabase(), createDatabase()]);
    cleanups.push(first.drop, second.drop);
    expect(first.url).not.toBe(second.url);
    const connection = await createConnection(first.url);
    cleanups.push(() => connection.end());
    await connection.query('CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB');
    const other = await createConnection(second.url);
    cleanups.push(() => other.end());
    const [rows] = await other.query('SHOW TABLES');
    expect(rows).toEqual([]);

    const third = await createDatabase();
    await third.drop();
    await expect(createConnection(third.url)).rejects.toThrow(/Unknown database|Access denied/);
  });

  it('give each file a Redis database of its own, and flush that alone', async () => {
    const [first, second] = await Promise.all([createRedisSpace(), createRedisSpace()]);
    expect(first.prefix).not.toBe(second.prefix);
    const one = await redisClient(first.url);
    const two = await redisClient(second.url);
    try {
      await one.set('key', 'one');
      await two.set('key', 'two');
      expect(await one.get('key')).toBe('one');
      await first.flush();
      expect(await one.get('key')).toBeNull();
      expect(await two.get('key')).toBe('two');
    } finally {
      one.disconnect();
      two.disconnect();
    }
  });
});

describe('a server of a test of its own', () => {
  it('Redis can be flushed, taken down and restarted on the same port, and stops by pid', async () => {
    const redis = await startRedis();
    cleanups.push(() => redis.stop());
    const client = await redisClient(redis.url);
    client.on('error', () => undefined);
    try {
      expect((await client.config('GET', 'maxmemory-policy'))[1]).toBe('noeviction');
      await client.set('key', 'value');
      await redis.flush();
      expect(await client.get('key')).toBeNull();
      const before = redis.pid;
      await redis.down('SIGKILL');
      expect(isRunning(before)).toBe(false);
      await redis.restart();
      expect(redis.pid).not.toBe(before);
      await client.set('key', 'again');
      expect(await client.get('key')).toBe('again');
    } finally {
      client.disconnect();
    }
    await redis.stop();
    expect(isRunning(redis.pid)).toBe(false);
  });

  it('Redis with an append-only file keeps what it had over a restart', async () => {
    const redis = await startRedis({ appendOnly: true });
    cleanups.push(() => redis.stop());
    const client = await redisClient(redis.url);
    client.on('error', () => undefined);
    try {
      await client.set('key', 'kept');
      await redis.restart();
      expect(await client.get('key')).toBe('kept');
    } finally {
      client.disconnect();
    }
  });

  it('MariaDB commits durably when asked to, and stops by pid', async () => {
    const mariadb = await startMariadb({ flushLogAtCommit: 1 });
    cleanups.push(() => mariadb.stop());
    const connection = await createConnection(mariadb.url);
    const [rows] = await connection.query(
      'SELECT @@innodb_flush_log_at_trx_commit AS flush, @@default_storage_engine AS engine',
    );
    await connection.end();
    expect(rows).toEqual([{ flush: 1, engine: 'InnoDB' }]);
    await mariadb.stop();
    expect(isRunning(mariadb.pid)).toBe(false);
  });

  it('says what to do when the program is not installed', () => {
    expect(() => requireProgram('no-such-server-program')).toThrow(/run scripts\/test once/);
  });
});
