import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import Database from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { migrate } from '../../../src/compose/server/open-adapters.js';
import { type RunningServer, startServer } from '../../../src/compose/server/start-server.js';
import { readConfig } from '../../../src/config/config.js';
import { createLogger } from '../../../src/observability/logger.js';
import { openMysqlStore } from '../../../src/store/mysql/mysql-store.js';
import type { SqlStore } from '../../../src/store/sql/sql-store.js';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.js';
import { createDatabase, createRedisSpace } from '../../servers/test-servers.js';
import { composeUseCaseStand, type UseCaseStand, type UseCaseStandOptions } from './use-case-stand.js';

/** One engine with a database of its own, empty but migrated. What it hands out ends with the suite. */
export interface Engine {
  readonly name: 'SQLite and the embedded queue' | 'MariaDB, BullMQ and Redis';
  readonly databaseUrl: () => string;
  /** Whole servers on the same database, with the worker's role alone unless told otherwise. */
  readonly start: (environment?: Readonly<Record<string, string>>) => Promise<RunningServer>;
  /** The use cases on the same database with nothing running in the background: tests move everything by hand. */
  readonly compose: (options?: UseCaseStandOptions) => Promise<UseCaseStand>;
  /** The database through another pool of connections. */
  readonly openStore: (options?: { readonly dropProperties?: boolean }) => Promise<SqlStore>;
  /** What a statement reads from the database itself, past every store. */
  readonly rows: <Row extends object>(query: string) => Promise<readonly Row[]>;
}

interface Place {
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
  readonly drop: () => Promise<void>;
}

/** Runs the same suite on both shapes that are deployed. */
export function describeOnEachEngine(name: string, suite: (engine: Engine) => void): void {
  describe(name, () => {
    describe('on SQLite and the embedded queue', () => suite(engineOn('SQLite and the embedded queue', sqlitePlace)));
    describe('on MariaDB, BullMQ and Redis', () => suite(engineOn('MariaDB, BullMQ and Redis', mariadbPlace)));
  });
}

/** The engine that several servers share, for what only they show. */
export function describeOnMariadb(name: string, suite: (engine: Engine) => void): void {
  describe(name, () => suite(engineOn('MariaDB, BullMQ and Redis', mariadbPlace)));
}

function engineOn(name: Engine['name'], settle: (directory: string) => Promise<Place>): Engine {
  const ends: (() => Promise<unknown>)[] = [];
  let directory = '';
  let place: Place | undefined;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'latchkey-use-cases-'));
    ends.push(() => rm(directory, { recursive: true, force: true }));
    place = await settle(directory);
    ends.push(place.drop);
  });
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  const databaseUrl = (): string => {
    if (place === undefined) throw new Error('the engine is there in tests and hooks only');
    return place.databaseUrl;
  };
  const openStore: Engine['openStore'] = async (options = {}) => {
    const url = databaseUrl();
    const store = url.startsWith('sqlite:')
      ? await openSqliteStore({ path: url.slice('sqlite:'.length), ...options })
      : await openMysqlStore({ url, ...options });
    ends.push(() => store.close());
    return store;
  };
  return {
    name,
    databaseUrl,
    openStore,
    rows: (query) => readRows(databaseUrl(), query),
    compose: async (options) => composeUseCaseStand(await openStore(), options),
    start: async (environment = {}) => {
      const config = readConfig({
        DATABASE_URL: databaseUrl(),
        ...(place?.redisUrl === undefined ? {} : { REDIS_URL: place.redisUrl }),
        DATA_DIR: await mkdtemp(join(directory, 'server-')),
        ROLES: 'worker',
        LATCHKEY_ADMIN_TOKEN: 'the-admin-token-of-these-tests',
        LATCHKEY_SECRET: 'the-secret-of-all-servers-of-these-tests',
        GRPC_ADDR: '127.0.0.1:0',
        HTTP_ADDR: '127.0.0.1:0',
        OPS_ADDR: '127.0.0.1:0',
        LOG_LEVEL: 'silent',
        ...environment,
      });
      const server = await startServer(config, createLogger(config.logLevel));
      ends.push(() => server.stop(1_000));
      return server;
    },
  };
}

async function readRows<Row extends object>(url: string, query: string): Promise<readonly Row[]> {
  if (url.startsWith('sqlite:')) {
    const database = new Database(url.slice('sqlite:'.length), { readonly: true });
    const rows = database.prepare(query).all() as Row[];
    database.close();
    return rows;
  }
  const connection = await createConnection(url);
  const [rows] = await connection.query(query);
  await connection.end();
  return rows as Row[];
}

async function sqlitePlace(directory: string): Promise<Place> {
  const path = join(directory, 'latchkey.db');
  await migrate({ kind: 'sqlite', path });
  return { databaseUrl: `sqlite:${path}`, redisUrl: undefined, drop: () => Promise.resolve() };
}

async function mariadbPlace(): Promise<Place> {
  const [database, redis] = [await createDatabase(), await createRedisSpace()];
  await migrate({ kind: 'mysql', url: database.url, poolSize: 2 });
  return { databaseUrl: database.url, redisUrl: redis.url, drop: () => database.drop() };
}
