import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../test/servers/test-servers.js';
import { insertRows } from '../sql/engine/insert-rows.js';
import { openPool, type Pool } from '../sql/engine/knex-engine.js';
import type { Engine } from '../sql/engine/sql.js';
import { userKey } from '../sql/engine/user-keys.js';
import { eventReader } from '../sql/events/event-reader.js';
import { auditReader } from '../sql/records/audit.js';
import { backfillReader } from '../sql/records/backfills.js';
import { nodeStore } from '../sql/records/nodes.js';
import { derivedStore } from '../sql/users/derived-store.js';
import { timerReader } from '../sql/users/ledger/timer-store.js';
import { searchFill } from '../sql/users/search-fill.js';
import { deliveryStore } from '../sql/webhooks/deliveries.js';
import { outboundReader } from '../sql/webhooks/outbound.js';
import { webhookReader } from '../sql/webhooks/webhooks.js';
import { migrateMysql } from './migrate-mysql.js';
import { mysqlDialect } from './mysql-dialect.js';
import { mysqlPool } from './mysql-pool.js';

/** Enough of each for a scan, or a count without bounds, to stand out. */
const ROWS = 12_000;
const PARTS = 40;
const ENDPOINTS = 10;
const COUNTED = 100;

describe('what the overview and the health read on MariaDB', () => {
  let database: TestDatabase;
  let pool: Pool;
  let engine: Engine;

  beforeAll(async () => {
    database = await createDatabase();
    await migrateMysql(database);
    // One connection, whose status is read below.
    pool = openPool({
      knex: mysqlPool({ url: database.url, poolSize: 1, acquireTimeoutMs: 60_000 }),
      dialect: mysqlDialect,
    });
    engine = { dialect: mysqlDialect, read: pool.sql, write: pool.sql } as Engine;
    const { sql } = pool;
    const numbers = Array.from({ length: ROWS }, (_, i) => i);
    const event = ['part', 'dedupe', 'user_id', 'source', 'event_id', 'action', 'occurred_at', 'value', 'received_at'];
    await insertRows(sql, {
      ...{ table: 'events', columns: [...event, 'place', 'receipt', 'state'], keyLength: 2 },
      // Half of them wait, a third is dead, the rest is done.
      rows: numbers.map((n) => [
        ...[n % PARTS, keyOf(n), `user-${n}`, '', `e-${n}`, 'a', n, 0, n, n, 0],
        n % 2 === 0 ? 0 : n % 3 === 0 ? 2 : 1,
      ]),
    });
    await insertRows(sql, {
      ...{ table: 'timers', columns: ['part', 'user_id', 'due_at'], keyLength: 2 },
      rows: numbers.map((n) => [...userKey(`user-${n}`), n]),
    });
    await insertRows(sql, {
      ...{ table: 'backfills', keyLength: 0 },
      columns: [
        ...[
          'backfill_id',
          'flag_id',
          'organization_id',
          'reason',
          'revision',
          'state',
          'cursor_part',
          'cursor_user_id',
        ],
        ...['done', 'unlocked', 'relocked', 'failed', 'busy_ms', 'worker', 'leased_until', 'created_at', 'finished_at'],
      ],
      rows: numbers.map((n) => {
        const state = n < ROWS / 2 ? 'done' : n === ROWS / 2 ? 'running' : 'pending';
        return [
          `bkf_${n}`,
          `flg_${n}`,
          '',
          'flag',
          1,
          state,
          -1,
          '',
          0,
          0,
          0,
          0,
          0,
          '',
          0,
          n,
          state === 'done' ? n : null,
        ];
      }),
    });
    const endpoint = ['id', 'url', 'description', 'types', 'enabled', 'secrets', 'created_at', 'updated_at'];
    await insertRows(sql, {
      ...{ table: 'webhook_endpoints', columns: endpoint, keyLength: 1 },
      rows: Array.from({ length: ENDPOINTS }, (_, i) => [`whe_${i}`, 'https://example.com', '', '[]', 1, '[]', i, i]),
    });
    const delivery = ['id', 'endpoint_id', 'event_id', 'type', 'part', 'user_id', 'payload', 'state', 'attempts'];
    await insertRows(sql, {
      ...{ table: 'deliveries', columns: [...delivery, 'attempt_log', 'created_at', 'pending_since'], keyLength: 1 },
      rows: numbers.map((n) => [
        ...[`dlv_${String(n).padStart(8, '0')}`, `whe_${n % ENDPOINTS}`, 'evt', 't', 0, '', '{}'],
        ...[['pending', 'delivered', 'failed'][Math.floor(n / ENDPOINTS) % 3]!, 0, '[]', n, n],
      ]),
    });
    await insertRows(sql, {
      ...{ table: 'outbound_events', keyLength: 0 },
      columns: ['event_id', 'type', 'part', 'user_id', 'subject', 'payload', 'created_at'],
      rows: numbers.map((n) => [`evt_${n}`, 't', 0, '', '', '{}', n]),
    });
    const entry = ['id', 'at', 'actor', 'action', 'target', 'state_before', 'state_after', 'request_id', 'comment'];
    await insertRows(sql, {
      ...{ table: 'audit', columns: entry, keyLength: 1 },
      rows: numbers.map((n) => [n + 1, n, 'token:t', 'flag.set', 'a', '{}', '{}', 'r', '']),
    });
  });
  afterAll(async () => {
    await pool?.close();
    await database.drop();
  });

  /** How many rows, of tables and of indexes, the work has the engine read. */
  const rowsRead = async (work: () => Promise<unknown>): Promise<number> => {
    const read = async (): Promise<number> => {
      const rows = await pool.sql.rows<{ readonly Value: string }>("SHOW SESSION STATUS LIKE 'Handler_read%'");
      return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
    };
    const before = await read();
    await work();
    return (await read()) - before;
  };
  // Reading the status goes over a table of its own.
  const OWN = 60;

  it.each<[string, (engine: Engine) => Promise<unknown>, number]>([
    ['the oldest pending event of each partition', (it) => eventReader(it).oldestPending(), 4 * PARTS],
    ['dead letters, within bounds', (it) => eventReader(it).deadLetterBacklog(COUNTED), 3 * COUNTED],
    ['the timer that has waited longest', (it) => timerReader(it.read).due(ROWS, 1), 5],
    ['timers that are overdue, within bounds', (it) => timerReader(it.read).due(ROWS, COUNTED), 2 * COUNTED],
    ['unfinished backfills', (it) => backfillReader(it).unfinished(10, COUNTED), 3 * COUNTED],
    ['the servers', (it) => nodeStore(it).all(), 5],
    ['how deliveries stand', (it) => deliveryStore(it).standings(), 10 * ENDPOINTS],
    ['webhooks', (it) => webhookReader(it.read).list(), 5 * ENDPOINTS],
    ['the oldest event that has no deliveries', (it) => outboundReader(it.read).oldestAt(), 5],
    ['whether everybody is found', (it) => searchFill(it).isComplete(), 5],
    ['whether everybody is up to date', (it) => derivedStore(it).unsettled(), 10],
    ['the last changes', (it) => auditReader(it).list({ limit: 10 }, {}), 60],
  ])('is few rows for %s', async (_what, work, bound) => {
    expect(await rowsRead(() => work(engine))).toBeLessThan(bound + OWN);
  });

  it('is what there is', async () => {
    expect(await eventReader(engine).deadLetterBacklog(COUNTED)).toMatchObject({ count: COUNTED });
    const { items, count } = await backfillReader(engine).unfinished(2, COUNTED);
    expect([items.map(({ state }) => state), count]).toEqual([['running', 'pending', 'pending'], COUNTED]);
    expect(await deliveryStore(engine).standings()).toHaveLength(ENDPOINTS);
    expect(await eventReader(engine).oldestPending()).toHaveLength(PARTS / 2);
  });
});

function keyOf(n: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(n);
  return key;
}
