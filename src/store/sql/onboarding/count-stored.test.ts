import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { createDatabase } from '../../../../test/servers/test-servers.js';
import { migrateMysql } from '../../mysql/migrate-mysql.js';
import { openMysqlStore } from '../../mysql/mysql-store.js';
import { migrateSqlite } from '../../sqlite/migrate-sqlite.js';
import { openSqliteStore } from '../../sqlite/sqlite-store.js';
import type { SqlStore } from '../sql-store.js';

interface Opened {
  readonly store: SqlStore;
  /** Runs a statement past the store. */
  readonly run: (text: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

const ENGINES: Readonly<Record<string, () => Promise<Opened>>> = {
  SQLite: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-counted-'));
    const path = join(folder, 'counted.db');
    await migrateSqlite({ path });
    const store = await openSqliteStore({ path });
    const database = new Database(path);
    return {
      store,
      run: async (text) => void database.prepare(text).run(),
      close: async () => {
        database.close();
        await store.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
  MariaDB: async () => {
    const made = await createDatabase();
    await migrateMysql(made);
    const store = openMysqlStore(made);
    const connection = await createConnection(made.url);
    return {
      store: await store,
      run: async (text) => void (await connection.query(text)),
      close: async () => {
        await connection.end();
        await (await store).close();
        await made.drop();
      },
    };
  },
};

const STAGES = ['started', 'invited', 'paid'];
const USERS = 40;

/** Brings a user to as many stages as there are in `to`. */
async function walk(store: SqlStore, userId: string, to: readonly string[], from: number): Promise<void> {
  for (const [i, stage] of to.entries()) {
    await store.transaction(async (tx) => {
      await tx.users.lock([userId]);
      await tx.users.putStage(userId, { stage, changedAt: (from + i) * 90_000 });
    });
  }
}

describe('users who reached stages before these were counted', () => {
  for (const [engine, open] of Object.entries(ENGINES)) {
    it(`are counted exactly, though others move meanwhile: on ${engine}`, async () => {
      const { store, run, close } = await open();
      try {
        const users = Array.from({ length: USERS }, (_, i) => `user-${i}`);
        const profile = { organizationId: 'acme', roles: [], emailVerified: false, attributes: {}, joinedAt: 0 };
        await store.transaction(async (tx) => {
          await tx.users.lock(users);
          await tx.users.putProfiles(users.map((userId) => ({ ...profile, userId })));
        });
        for (const [i, userId] of users.entries()) await walk(store, userId, STAGES.slice(0, 1 + (i % 3)), 0);
        const counted = () =>
          store.onboarding.counts({ organizationId: 'acme', joined: { from: 0, to: 0 }, stages: [...STAGES, 'left'] });
        const sorted = async () => (await counted()).toSorted((a, b) => (a.stage < b.stage ? -1 : 1));

        // As it is in a database that is older.
        await run('DELETE FROM onboarding_counts');
        await run('UPDATE stages_reached SET counted = 0, left_at = NULL');
        await run("UPDATE meta SET value = '' WHERE name = 'onboarding_counted'");
        expect(await store.onboarding.isWhole()).toBe(false);
        const moving = Promise.all(
          users.map(async (userId, i) => {
            if (i % 4 === 0) await walk(store, userId, ['left', 'started'], 10);
            if (i % 4 === 1) {
              await store.transaction(async (tx) => {
                await tx.users.lock([userId]);
                await tx.users.remove(userId, { at: 1, limit: 1_000 });
              });
            }
          }),
        );
        for (let round = 0; await store.onboarding.countSome(3); round++) expect(round).toBeLessThan(USERS);
        await moving;
        expect(await store.onboarding.isWhole()).toBe(true);

        const told = (await sorted()).map(({ stage, reached, now, stays }) => [stage, reached, now, sum(stays)]);
        const there = users.map((_, i) => i).filter((i) => i % 4 !== 1);
        const moved = (i: number) => i % 4 === 0;
        const reached = (least: number) => there.filter((i) => i % 3 >= least);
        const stayed = (least: number) => reached(least).filter((i) => i % 3 === least && !moved(i)).length;
        const ended = (least: number) => reached(least).filter((i) => i % 3 > least || moved(i)).length;
        const back = there.filter(moved).length;
        expect(told).toEqual([
          ['invited', reached(1).length, stayed(1), ended(1)],
          ['left', back, 0, back],
          ['paid', reached(2).length, stayed(2), ended(2)],
          ['started', there.length, stayed(0) + back, ended(0)],
        ]);
      } finally {
        await close();
      }
    });
  }
});

function sum(stays: ReadonlyMap<number, number>): number {
  return [...stays.values()].reduce((total, n) => total + n, 0);
}
