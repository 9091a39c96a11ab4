import { randomUUID } from 'node:crypto';
import type { ActionNames } from '../../core/states/user-state.js';
import type { EventInbox } from '../event-store.js';
import { groupAppend } from '../group-append.js';
import type { Store, Transaction } from '../store.js';
import { configurationReader } from './configuration/configuration-reader.js';
import { configurationWriter } from './configuration/configuration-writer.js';
import { beat } from './engine/pulse.js';
import { runAgain } from './engine/run-again.js';
import { type Engine, firstRow, type Sql } from './engine/sql.js';
import { WriteCheck } from './engine/write-check.js';
import { dayStore, dayWriter } from './events/action-days.js';
import { volumeStore } from './events/action-volume.js';
import { eventInbox, placesFromZero } from './events/event-inbox.js';
import { eventReader } from './events/event-reader.js';
import { type InboxOptions, inboxWriter } from './events/inbox-writer.js';
import { finder } from './finding/finder.js';
import { onboardingStore } from './onboarding/onboarding-store.js';
import { auditReader, auditWriter } from './records/audit.js';
import { backfillReader, backfillWriter } from './records/backfills.js';
import { nodeStore } from './records/nodes.js';
import { outboxReader, outboxWriter } from './records/outbox.js';
import { tokenReader, tokenWriter } from './records/tokens.js';
import { versionReader, versionWriter } from './records/versions.js';
import { checkSchema } from './schema/schema.js';
import { bringUp } from './users/counts/derived-actions.js';
import { derivedStore } from './users/derived-store.js';
import { organizationsThatEarn, readOrganizations } from './users/earners.js';
import { timerReader, timerWriter } from './users/ledger/timer-store.js';
import { memberReader } from './users/member-roles.js';
import { searchFill } from './users/search-fill.js';
import { StageCounts } from './users/stages/stage-counts.js';
import { LockedUsers } from './users/state/locked-users.js';
import { loadUsers } from './users/state/user-state.js';
import { userHistory } from './users/user-history.js';
import { userPages } from './users/user-pages.js';
import { earnerWriter, userWriter } from './users/user-writer.js';
import { deliveryStore, deliveryWriter } from './webhooks/deliveries.js';
import { outboundReader, outboundWriter } from './webhooks/outbound.js';
import { webhookReader, webhookWriter } from './webhooks/webhooks.js';

/** A store on an SQL engine. */
export interface SqlStore extends Store {
  /** Rejects with `SchemaMismatch` when this release cannot run on the database's schema. */
  checkSchema(): Promise<void>;
  /**
   * Begins another epoch, since the database has gone back: after a restore from a backup, or a fail-over that lost writes. Whoever
   * noticed that in an epoch says in which: where another one has begun a moment ago, somebody else has noticed the same, and nothing
   * changes.
   */
  renewEpoch(noticedIn?: string): Promise<void>;
  /** Raises the counter of this server by one and gives it; see `beat`. */
  pulse(server: string): Promise<number>;
}

export interface SqlStoreOptions {
  /** How many calls of the inbox may be under way at once; see `groupAppend`. */
  readonly appendsInFlight: number;
  /** Whether the properties of counted events are dropped, rather than kept with the event; false when left out. */
  readonly dropProperties?: boolean | undefined;
}

/** The store on an engine. */
export function sqlStore(opened: Engine, { appendsInFlight, dropProperties = false }: SqlStoreOptions): SqlStore {
  const check = new WriteCheck(opened.write);
  const engine = check.watching(opened);
  const { read, dialect } = engine;
  const places = placesFromZero();
  const inbox: EventInbox = groupAppend(eventInbox(engine, places), { callsInFlight: appendsInFlight });
  return {
    configuration: configurationReader(engine),
    states: {
      users: (ids, daysOf) => readUsers(engine, ids, daysOf),
      organizations: (ids, earnerDaysOf) => readOrganizations(engine, ids, earnerDaysOf),
    },
    userPages: userPages(engine),
    members: memberReader(read),
    history: userHistory(read),
    finder: finder(engine),
    searchFill: searchFill(engine),
    onboarding: onboardingStore(engine),
    inbox,
    events: eventReader(engine),
    days: dayStore(engine),
    volume: volumeStore(engine),
    derived: derivedStore(engine),
    timers: timerReader(read),
    outbox: outboxReader(engine),
    backfills: backfillReader(engine),
    outbound: outboundReader(read),
    webhooks: webhookReader(read),
    deliveries: deliveryStore(engine),
    nodes: nodeStore(engine),
    tokens: tokenReader(engine),
    audit: auditReader(engine),
    versions: versionReader(engine),
    transaction: (work) =>
      runAgain(dialect, () =>
        engine.transaction(async (sql) => {
          const counts = new StageCounts();
          const made = await work(transactionOn(sql, counts, { dropProperties, places }));
          await counts.write(sql);
          return made;
        }),
      ),
    now: () => readNow(read),
    epoch: () => readEpoch(read),
    deployment: () => readDeployment(read),
    ping: async () => {
      await read.rows('SELECT 1 AS one');
    },
    checkWriting: () => check.run(),
    close: () => engine.close(),
    checkSchema: () => checkSchema(read),
    renewEpoch: (noticedIn) => runAgain(dialect, () => engine.transaction((sql) => renewEpoch(sql, noticedIn))),
    pulse: (server) => runAgain(dialect, () => engine.transaction((sql) => beat(sql, server))),
  };
}

/** States of users, with derived actions counted anew for those who are behind: as of one instant that may be later. */
async function readUsers(engine: Engine, ids: readonly string[], daysOf: ActionNames | undefined) {
  const { states, behind } = await loadUsers(engine.read, ids, daysOf);
  if (behind.length === 0) return states;
  const broughtUp = await engine.snapshot(async (sql) => {
    const again = await loadUsers(
      sql,
      behind.map(({ id }) => id),
      daysOf,
    );
    return new Map([...again.states, ...(await bringUp(sql, again.behind)).states]);
  });
  return new Map([...states, ...broughtUp]);
}

function transactionOn(sql: Sql, counts: StageCounts, options: InboxOptions): Transaction {
  const locked = new LockedUsers();
  return {
    configuration: configurationWriter(sql),
    users: userWriter(sql, locked, counts),
    organizations: organizationsThatEarn(sql),
    members: memberReader(sql),
    earners: earnerWriter(sql, new LockedUsers()),
    inbox: inboxWriter(sql, options),
    days: dayWriter(sql),
    timers: timerWriter(sql, locked),
    outbox: outboxWriter(sql),
    backfills: backfillWriter(sql),
    outbound: outboundWriter(sql),
    webhooks: webhookWriter(sql),
    deliveries: deliveryWriter(sql),
    tokens: tokenWriter(sql),
    audit: auditWriter(sql),
    versions: versionWriter(sql),
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

async function readDeployment(sql: Sql): Promise<string> {
  const row = await firstRow<{ value: string }>(sql, "SELECT value FROM meta WHERE name = 'deployment'");
  if (row === undefined) throw new Error('the database has no deployment id: run `latchkey migrate`');
  return row.value;
}

/** Servers that notice the same loss within this time begin one epoch together. */
const TOGETHER_MS = 10_000;

async function renewEpoch(sql: Sql, noticedIn: string | undefined): Promise<void> {
  const text = `SELECT value FROM meta WHERE name = 'epoch_began_at'${sql.dialect.forUpdate}`;
  const began = await firstRow<{ value: string }>(sql, text);
  const [present, now] = [await readEpoch(sql), await readNow(sql)];
  const age = now - Number(began?.value ?? 0);
  if (noticedIn !== undefined && noticedIn !== present && age >= 0 && age < TOGETHER_MS) return;
  await sql.run("UPDATE meta SET value = ? WHERE name = 'epoch_began_at'", [String(now)]);
  await sql.run("UPDATE meta SET value = ? WHERE name = 'epoch'", [randomUUID()]);
}
