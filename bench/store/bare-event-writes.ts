import { createHash } from 'node:crypto';
import mysql, { type Connection } from 'mysql2/promise';
import { partitionOf } from '../../src/core/values/partition.js';
import type { Place } from '../stand/places.js';

export interface BareEvent {
  readonly id: string;
  readonly userId: string;
  readonly action: string;
  /** Whether an unlock comes of it. */
  readonly unlocks: boolean;
}

type Row = Record<string, unknown>;
/** What is written, and the columns by which its rows are sorted, which is the key. */
const TABLES = {
  events: ['part', 'dedupe'],
  users: ['part', 'id'],
  action_totals: ['part', 'user_id', 'action'],
  unlocks: ['part', 'user_id', 'seq'],
} as const;
type Table = keyof typeof TABLES;

const PER_BATCH = 500;

/**
 * Writes the rows that come of events as plainly as can be, into tables that are the product's but for their names: in sorted
 * batches of 500, one transaction that puts the events into the inbox, on one connection, and one that counts them, on another.
 */
export class BareEventWrites {
  readonly #intake: Connection;
  readonly #counting: Connection;
  readonly #templates: Readonly<Record<Table, Row>>;

  private constructor(intake: Connection, counting: Connection, templates: Readonly<Record<Table, Row>>) {
    this.#intake = intake;
    this.#counting = counting;
    this.#templates = templates;
  }

  /** Takes the other columns of its rows from a row of each table: something must have been counted and unlocked before. */
  static async open({ query, environment }: Place): Promise<BareEventWrites> {
    const templates: Partial<Record<Table, Row>> = {};
    for (const table of Object.keys(TABLES) as Table[]) {
      await query(`CREATE TABLE bare_${table} LIKE ${table}`);
      const [row] = await query(`SELECT * FROM ${table} LIMIT 1`);
      if (row === undefined) throw new Error(`${table} has no row to take after`);
      templates[table] = row as Row;
    }
    const connect = () => mysql.createConnection({ uri: environment.DATABASE_URL! });
    return new BareEventWrites(await connect(), await connect(), templates as Record<Table, Row>);
  }

  async write(events: readonly BareEvent[]): Promise<void> {
    let counting = Promise.resolve();
    for (let from = 0; from < events.length; from += PER_BATCH) {
      const batch = events.slice(from, from + PER_BATCH);
      const rows = sorted('events', batch.map(inboxRow));
      await this.#inTransaction(this.#intake, (to) => this.#insert(to, 'events', rows));
      const before = counting;
      counting = before.then(() => this.#count(batch, rows));
    }
    await counting;
  }

  async end(): Promise<void> {
    await Promise.all([this.#intake.end(), this.#counting.end()]);
  }

  #count(batch: readonly BareEvent[], inbox: readonly Row[]): Promise<void> {
    const [users, totals] = [new Map<string, Row>(), new Map<string, Row>()];
    for (const { userId, action } of batch) {
      const part = partitionOf(userId);
      users.set(userId, { part, id: userId, revision: 1 });
      const key = `${userId}\n${action}`;
      const count = Number(totals.get(key)?.event_count ?? 0) + 1;
      totals.set(key, { part, user_id: userId, action, event_count: count });
    }
    const unlocks = batch.filter((event) => event.unlocks);
    return this.#inTransaction(this.#counting, async (to) => {
      await this.#insert(to, 'users', sorted('users', [...users.values()]), 'revision');
      await this.#insert(to, 'action_totals', sorted('action_totals', [...totals.values()]), 'event_count');
      const ledger = unlocks.map(({ userId }) => ({ part: partitionOf(userId), user_id: userId }));
      await this.#insert(to, 'unlocks', sorted('unlocks', ledger), 'rule_version');
      const keys = inbox.map(({ part, dedupe }) => [part, dedupe]);
      // Without the hint MariaDB looks through the whole table.
      const done = 'UPDATE bare_events FORCE INDEX (PRIMARY) SET state = 1, batch = ? WHERE (part, dedupe) IN (?)';
      await to.query(done, ['batch', keys]);
    });
  }

  async #inTransaction(connection: Connection, work: (connection: Connection) => Promise<void>): Promise<void> {
    await connection.beginTransaction();
    await work(connection);
    await connection.commit();
  }

  /** Inserts rows; where there is a column to add to, adds to those that are there. */
  async #insert(to: Connection, table: Table, rows: readonly Row[], added?: string): Promise<void> {
    if (rows.length === 0) return;
    const template = this.#templates[table];
    const columns = Object.keys(template);
    const values = rows.map((row) => columns.map((column) => (column in row ? row[column] : template[column])));
    const also = added === undefined ? '' : ` ON DUPLICATE KEY UPDATE ${added} = ${added} + VALUES(${added})`;
    await to.query(`INSERT INTO bare_${table} (${columns.join(', ')}) VALUES ?${also}`, [values]);
  }
}

function inboxRow({ id, userId, action }: BareEvent): Row {
  const dedupe = createHash('sha256').update(`${userId}\n${id}`).digest().subarray(0, 16);
  return { part: partitionOf(userId), dedupe, user_id: userId, event_id: id, action, state: 0, batch: null };
}

function sorted(table: Table, rows: readonly Row[]): readonly Row[] {
  const [, ...others] = TABLES[table];
  const keyOf = (row: Row): string =>
    others.map((column) => (row[column] instanceof Buffer ? row[column].toString('latin1') : row[column])).join('\n');
  return rows
    .map((row) => ({ row, part: Number(row.part), key: keyOf(row) }))
    .toSorted((a, b) => a.part - b.part || (a.key < b.key ? -1 : 1))
    .map(({ row }) => row);
}
