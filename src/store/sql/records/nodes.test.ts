import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from '../../../../test/servers/test-servers.js';
import { migrateMysql } from '../../mysql/migrate-mysql.js';
import { mysqlDialect } from '../../mysql/mysql-dialect.js';
import { mysqlPool } from '../../mysql/mysql-pool.js';
import { NODE_KEPT_MS, type NodeReport } from '../../node-store.js';
import { migrateSqlite } from '../../sqlite/migrate-sqlite.js';
import { sqliteDialect } from '../../sqlite/sqlite-dialect.js';
import { sqlitePool } from '../../sqlite/sqlite-pool.js';
import type { Dialect } from '../engine/dialect.js';
import { openPool, type Pool } from '../engine/knex-engine.js';
import type { Engine } from '../engine/sql.js';
import { nodeStore } from './nodes.js';

interface Opened {
  /** A connection on the same database, by whose clock it is so many milliseconds later. */
  readonly pool: (laterMs: number) => Pool;
  readonly remove: () => Promise<void>;
}

async function onSqlite(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-nodes-'));
  const path = join(folder, 'nodes.db');
  await migrateSqlite({ path });
  return {
    pool: (laterMs) => openPool({ knex: sqlitePool({ path }, 'write'), dialect: later(sqliteDialect, laterMs) }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function onMariadb(): Promise<Opened> {
  const database = await createDatabase();
  await migrateMysql(database);
  return {
    pool: (laterMs) =>
      openPool({ knex: mysqlPool({ url: database.url, poolSize: 1 }), dialect: later(mysqlDialect, laterMs) }),
    remove: () => database.drop(),
  };
}

function later(dialect: Dialect, ms: number): Dialect {
  return { ...dialect, nowMs: `(${dialect.nowMs} + ${ms})` };
}

describe.each([
  ['SQLite', onSqlite],
  ['MariaDB', onMariadb],
])('the servers of a deployment on %s', (_name, open) => {
  let opened: Opened;
  const pools: Pool[] = [];
  const nodesAfter = (laterMs: number) => {
    const pool = opened.pool(laterMs);
    pools.push(pool);
    return nodeStore({ dialect: pool.sql.dialect, read: pool.sql, write: pool.sql } as Engine);
  };
  const report = (id: string): NodeReport => {
    const cache = { held: 0, bytes: 0, hits: 0, misses: 0 };
    return {
      ...{ id, roles: ['worker'], version: '1.0.0', startedAt: 1, revision: 7, notifier: 'connected' },
      ...{ caches: { users: cache, organizations: cache }, streams: 0, streamBacklog: 0, unknownKeys: [] },
    };
  };
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(async () => {
    for (const pool of pools) await pool.close();
    await opened.remove();
  });

  it('are not told of, and then dropped, who have been silent for a minute', async () => {
    const now = nodesAfter(0);
    // Half a minute for the test itself, however slow the machine.
    const [soon, late] = [nodesAfter(NODE_KEPT_MS - 30_000), nodesAfter(NODE_KEPT_MS + 1)];
    await now.announce(report('silent'));
    expect((await now.all()).map(({ id }) => id)).toEqual(['silent']);
    expect((await soon.all()).map(({ id }) => id)).toEqual(['silent']);
    expect(await late.all()).toEqual([]);
    await soon.announce(report('other'));
    expect((await now.all()).map(({ id }) => id)).toEqual(['other', 'silent']);
    await late.announce(report('newest'));
    // Read as of before, so that it is the row which is gone.
    expect((await now.all()).map(({ id }) => id)).toEqual(['newest', 'other']);
  });
});
