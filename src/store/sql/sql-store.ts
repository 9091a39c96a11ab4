import { randomUUID } from 'node:crypto';
import type { EventInbox } from '../event-store.js';
import { groupAppend } from '../group-append.js';
import type { Store, Transaction } from '../store.js';
import { auditStore } from './audit.js';
import { backfillReader, backfillWriter } from './backfills.js';
import { configurationReader } from './configuration-reader.js';
import { configurationWriter } from './configuration-writer.js';
import { deliveryStore, deliveryWriter } from './deliveries.js';
import type { Engine } from './engine.js';
import { eventInbox } from './event-inbox.js';
import { eventReader } from './event-reader.js';
import { inboxWriter } from './inbox-writer.js';
import { LockedUsers } from './locked-users.js';
import { loadOrganizations } from './organization-state.js';
import { organizationWriter } from './organization-writer.js';
import { outboundReader, outboundWriter } from './outbound.js';
import { outboxReader, outboxWriter } from './outbox.js';
import { runAgain } from './run-again.js';
import { checkSchema } from './schema.js';
import { firstRow, type Sql } from './sql.js';
import { timerReader, timerWriter } from './timer-store.js';
import { tokenStore } from './tokens.js';
import { userHistory } from './user-history.js';
import { userPages } from './user-pages.js';
import { loadUsers } from './user-state.js';
import { userWriter } from './user-writer.js';
import { webhookReader, webhookWriter } from './webhooks.js';

/** A store on an SQL engine. */
export interface SqlStore extends Store {
  /** Rejects with `SchemaMismatch` when this release cannot run on the schema that is there. */
  checkSchema(): Promise<void>;
  /** Begins another life of the data, after a restore. */
  renewEpoch(): Promise<void>;
}

/** `appendsInFlight`: how many statements may carry concurrent appends to the inbox at once; the others wait and join. */
export function sqlStore(engine: Engine, appendsInFlight: number): SqlStore {
  const { read, write, dialect } = engine;
  const inbox: EventInbox = groupAppend(eventInbox(engine), { callsInFlight: appendsInFlight });
  return {
    configuration: configurationReader(engine),
    states: { users: (ids) => loadUsers(read, ids), organizations: (ids) => loadOrganizations(read, ids) },
    userPages: userPages(read),
    history: userHistory(read),
    inbox,
    events: eventReader(engine),
    timers: timerReader(read),
    outbox: outboxReader(engine),
    backfills: backfillReader(read),
    outbound: outboundReader(read),
    webhooks: webhookReader(read),
    deliveries: deliveryStore(engine),
    tokens: tokenStore(read, write),
    audit: auditStore(read, write),
    transaction: (work) => runAgain(dialect, () => engine.transaction((sql) => work(transactionOn(sql)))),
    now: () => readNow(read),
    epoch: () => readEpoch(read),
    ping: async () => {
      await read.rows('SELECT 1 AS one');
    },
    close: () => engine.close(),
    checkSchema: () => checkSchema(read),
    renewEpoch: async () => {
      await write.run("UPDATE meta SET value = ? WHERE name = 'epoch'", [randomUUID()]);
    },
  };
}

function transactionOn(sql: Sql): Transaction {
  const locked = new LockedUsers();
  return {
    configuration: configurationWriter(sql),
    users: userWriter(sql, locked),
    organizations: organizationWriter(sql),
    inbox: inboxWriter(sql),
    timers: timerWriter(sql, locked),
    outbox: outboxWriter(sql),
    backfills: backfillWriter(sql),
    outbound: outboundWriter(sql),
    webhooks: webhookWriter(sql),
    deliveries: deliveryWriter(sql),
    tokens: tokenStore(sql, sql),
    audit: auditStore(sql, sql),
    now: () => readNow(sql),
  };
}

async function readNow(sql: Sql): Promise<number> {
  const row = await firstRow<{ now_ms: number }>(sql, `SELECT ${sql.dialect.nowMs} AS now_ms`);
  if (row === undefined) throw new Error('the database gave no time');
  return row.now_ms;
}

async function readEpoch(sql: Sql): Promise<string> {
  const row = await firstRow<{ value: string }>(sql, "SELECT value FROM meta WHERE name = 'epoch'");
  if (row === undefined) throw new Error('the database has no epoch: run `latchkey migrate`');
  return row.value;
}
