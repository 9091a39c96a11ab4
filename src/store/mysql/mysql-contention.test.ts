import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { createDatabase, type TestDatabase } from '../../../test/servers/test-servers.js';
import { busy, insist } from '../../../test/timing.js';
import { partitionOf } from '../../core/values/partition.js';
import { openPool } from '../sql/engine/knex-engine.js';
import type { Sql } from '../sql/engine/sql.js';
import { userKeys } from '../sql/engine/user-keys.js';
import type { SqlStore } from '../sql/sql-store.js';
import { userStateQuery } from '../sql/users/state/user-state-query.js';
import { StoreUnavailable } from '../store.js';
import { changing, gate, ledgerEntry, sampleEvent, unique } from '../testing/samples.js';
import { migrateMysql } from './migrate-mysql.js';
import { mysqlDialect } from './mysql-dialect.js';
import { mysqlPool } from './mysql-pool.js';
import { openMysqlStore } from './mysql-store.js';

let database: TestDatabase;
let store: SqlStore;

beforeAll(async () => {
  database = await createDatabase();
  await migrateMysql(database);
  store = await openMysqlStore(database);
});

afterAll(async () => {
  await store.close();
  await database.drop();
});

/** That a state is made of, with the timer's. */
const TABLES = 7;

describe('the store on MariaDB, contended', () => {
  it('says after two seconds that the lane is another one’s, and stays usable', async () => {
    const held = gate();
    const finish = gate();
    const holder = store.transaction(async (tx) => {
      await tx.inbox.lockLane(3);
      held.open();
      await finish.opened;
    });
    await held.opened;
    const start = performance.now();
    const got = await store.transaction(async (tx) => {
      const locked = await tx.inbox.lockLane(3);
      expect(await tx.inbox.lockLane(4)).toBe(true);
      return locked;
    });
    const waitedMs = performance.now() - start;
    finish.open();
    await holder;
    expect(got).toBe(false);
    expect(waitedMs).toBeGreaterThan(1500);
    expect(waitedMs).toBeLessThan(busy(4000));
  });

  it('takes events in while a worker holds its lane, its users and the events it counts', async () => {
    const userId = unique('busy');
    const partition = partitionOf(userId);
    await store.inbox.append([sampleEvent({ userId }), sampleEvent({ userId })]);
    await store.transaction(async (tx) => {
      await tx.inbox.lockLane(0);
      const taken = await tx.inbox.take({ first: partition, last: partition }, partition, 1000);
      await tx.users.lock([userId]);
      await tx.users.appendLedger([{ userId, ...ledgerEntry() }]);
      await tx.inbox.finish(taken, 'batch');
      expect(await store.inbox.append([sampleEvent({ userId }), sampleEvent({ userId })])).toEqual([true, true]);
    });
  });

  it('waits out a lock that is held longer than a lock may be waited for', async () => {
    const id = unique('slow');
    const locked = gate();
    const holder = store.transaction(async (tx) => {
      await tx.users.lock([id]);
      locked.open();
      await new Promise((resolve) => setTimeout(resolve, 2600));
      await tx.users.advance([id]);
    });
    await locked.opened;
    let runs = 0;
    await store.transaction(async (tx) => {
      runs += 1;
      await tx.users.lock([id]);
      await tx.users.advance([id]);
    });
    await holder;
    expect(runs).toBe(2);
    expect((await store.states.users([id])).get(id)?.revision).toBe(2);
  });

  it('fills what users are found by around one whom somebody holds, and then waits for that one alone', async () => {
    const inOrder = (a: string, b: string): number => partitionOf(a) - partitionOf(b) || (a < b ? -1 : 1);
    const ids = Array.from({ length: 9 }, () => unique('filled')).toSorted(inOrder);
    await store.transaction(async (tx) => {
      await tx.users.lock(ids);
      const profile = { organizationId: '', roles: [], emailVerified: true, attributes: { email: 'x@example.com' } };
      await tx.users.putProfiles(ids.map((userId) => ({ userId, ...profile })));
      await tx.users.advance(ids);
    });
    await changing(store, (tx) => tx.configuration.putSearchAttributes(['email']));
    const found = async (): Promise<readonly string[]> => {
      const ask = { text: 'x@example.com', organizationId: '', role: '', stage: '', attributes: ['email'], limit: 20 };
      return (await store.finder.users(ask)).items.map(({ userId }) => userId);
    };
    const locked = gate();
    const finish = gate();
    const holder = store.transaction(async (tx) => {
      await tx.users.lock([ids[4]!]);
      locked.open();
      await finish.opened;
    });
    await locked.opened;
    let waiting: Promise<boolean> | undefined;
    try {
      // All before the one who is held are done without a wait: it would be refused after two seconds.
      expect(await store.searchFill.step(1_000)).toBe(true);
      expect((await found()).toSorted()).toEqual(ids.slice(0, 4).toSorted());
      // Then the one, with nobody else held meanwhile.
      waiting = store.searchFill.step(1_000);
      await store.transaction((tx) => tx.users.lock(ids.filter((id) => id !== ids[4])));
    } finally {
      finish.open();
      await holder;
    }
    await waiting;
    while (await store.searchFill.step(2));
    expect((await found()).toSorted()).toEqual(ids.toSorted());
  });

  it('loses a transaction whose connection was killed, and goes on with the next', async () => {
    const id = unique('killed');
    const lost = store.transaction(async (tx) => {
      await tx.users.lock([id]);
      await killOthers(database.url);
      await tx.users.advance([id]);
    });
    await expect(lost).rejects.toBeInstanceOf(StoreUnavailable);
    await store.transaction(async (tx) => {
      expect((await tx.users.lock([id])).get(id)?.revision).toBe(0);
    });
  });

  it('rolls back a transaction whose statement was interrupted, before its connection serves another', async () => {
    const knex = mysqlPool({ url: database.url, poolSize: 1 });
    const pool = openPool({ knex, dialect: mysqlDialect });
    const begin = async (sql: Sql): Promise<void> => void (await sql.run('START TRANSACTION'));
    const name = unique('half');
    try {
      const interrupted = pool.transaction(begin, async (sql) => {
        await sql.run("INSERT INTO meta (name, value) VALUES (?, '')", [name]);
        // As after KILL QUERY, or a limit of the server's: the connection and its transaction go on.
        await sql.run("SIGNAL SQLSTATE '70100' SET MYSQL_ERRNO = 1317");
      });
      await expect(interrupted).rejects.toBeInstanceOf(StoreUnavailable);
      await pool.transaction(begin, (sql) => sql.run('DO 0'));
      expect(await pool.sql.rows('SELECT value FROM meta WHERE name = ?', [name])).toEqual([]);
    } finally {
      await pool.close();
    }
  });

  it('runs as text what the server does not prepare, and prepares again what was prepared before a table changed', async () => {
    const pool = openPool({ knex: mysqlPool({ url: database.url, poolSize: 1 }), dialect: mysqlDialect });
    const table = unique('prepared').replaceAll('-', '_');
    const read = () => pool.sql.rows(`SELECT * FROM ${table} WHERE id = ?`, [1], { prepared: true });
    try {
      await pool.sql.run(`CREATE TABLE ${table} (id INT NOT NULL PRIMARY KEY)`);
      await pool.sql.run(`INSERT INTO ${table} VALUES (1)`);
      expect(await read()).toEqual([{ id: 1 }]);
      await pool.sql.run(`ALTER TABLE ${table} ADD COLUMN name VARCHAR(9) NOT NULL DEFAULT 'a'`);
      expect(await read()).toEqual([{ id: 1, name: 'a' }]);
      // No server takes this one but as text.
      await pool.sql.rows("PREPARE one FROM 'SELECT 1 AS one'", [], { prepared: true });
      expect(await pool.sql.rows('EXECUTE one')).toEqual([{ one: 1 }]);
      await pool.sql.run(`DROP TABLE ${table}`);
    } finally {
      await pool.close();
    }
  });

  it('is unavailable when no connection is free in time, and tells how long each was waited for', async () => {
    const waits: number[] = [];
    const onPoolWait = (waitedMs: number): void => void waits.push(waitedMs);
    const options = { url: database.url, poolSize: 1, acquireTimeoutMs: 500, onPoolWait };
    const narrow = await insist(() => openMysqlStore(options));
    waits.length = 0;
    try {
      await narrow.transaction(async () => {
        await expect(narrow.states.users(['alice'])).rejects.toBeInstanceOf(StoreUnavailable);
        await expect(narrow.transaction((tx) => tx.now())).rejects.toBeInstanceOf(StoreUnavailable);
      });
      expect(waits.filter((waitedMs) => waitedMs > 400)).toHaveLength(2);
      await insist(() => narrow.ping());
    } finally {
      await narrow.close();
    }
  });

  it('reads a user’s state through the primary key of each table', async () => {
    const knex = mysqlPool({ url: database.url });
    const pool = openPool({ knex, dialect: mysqlDialect });
    const keys = userKeys(Array.from({ length: 500 }, () => unique('many'))).flat();
    const plan = await pool.sql.rows<RowDataPacket>(
      `EXPLAIN ${userStateQuery(pool.sql.dialect, ({ key }) => pool.sql.dialect.isOneOf(key, 500))}`,
      Array.from({ length: TABLES }, () => keys).flat(),
    );
    await pool.close();
    const [derived] = plan.filter((row) => row.select_type === 'SUBQUERY');
    expect(derived).toMatchObject({ table: 'configuration_revision', type: 'const' });
    const tables = plan.filter((row) => row.select_type !== 'UNION RESULT' && row !== derived);
    expect(tables).toHaveLength(TABLES);
    for (const row of tables) expect(row).toMatchObject({ type: 'range', key: 'PRIMARY' });
  });
});

/** Ends all connections to that database but its own, as an administrator or a fail-over would. */
async function killOthers(url: string): Promise<void> {
  const connection = await createConnection(url);
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
  );
  for (const row of rows) await connection.query('KILL ?', [row.id]);
  await connection.end();
}
