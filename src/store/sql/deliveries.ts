import {
  ATTEMPTS_KEPT,
  type Claim,
  type ClaimOptions,
  type Delivery,
  type DeliveryAttempt,
  type DeliveryFilter,
  type DeliveryState,
  type DeliveryStore,
  type DeliveryWriter,
  type Recorded,
} from '../delivery-store.js';
import type { Page, PageRequest } from '../page.js';
import type { Engine } from './engine.js';
import { insertRows } from './insert-rows.js';
import { parseJson } from './json-column.js';
import { partOf } from './outbound.js';
import { pageOf } from './page-of.js';
import { changeByKey } from './rows-by-key.js';
import { firstRow, type Sql, type SqlValue } from './sql.js';

interface DeliveryRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly event_id: string;
  readonly type: string;
  readonly user_id: string;
  readonly payload: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly next_attempt_at: number | null;
  readonly attempt_log: string;
  readonly created_at: number;
  readonly finished_at: number | null;
}

const SELECT =
  'SELECT id, endpoint_id, event_id, type, user_id, payload, state, attempts, next_attempt_at, attempt_log, ' +
  'created_at, finished_at';

export function deliveryStore({ read, write }: Engine): DeliveryStore {
  return {
    claim: (id, options) => claim(read, write, id, options),
    record: (claimed, recorded) => record(write, claimed, recorded),
    overdue: async (endpointId, dueAtOrBefore, limit) => {
      const rows = await read.rows<{ id: string }>(
        `SELECT id FROM deliveries${read.dialect.useIndex('deliveries_due')} ` +
          "WHERE endpoint_id = ? AND state = 'pending' AND next_attempt_at <= ? ORDER BY next_attempt_at LIMIT ?",
        [endpointId, dueAtOrBefore, limit],
      );
      return rows.map(({ id }) => id);
    },
    list: (filter, page) => list(read, filter, page),
    oldestPendingAt: async (endpointId) => {
      const row = await firstRow<{ created_at: number }>(
        read,
        `SELECT created_at FROM deliveries${read.dialect.useIndex('deliveries_state')} ` +
          "WHERE endpoint_id = ? AND state = 'pending' ORDER BY id LIMIT 1",
        [endpointId],
      );
      return row?.created_at;
    },
    purge: (finishedBefore, limit) => purge(read, write, finishedBefore, limit),
  };
}

export function deliveryWriter(sql: Sql): DeliveryWriter {
  return {
    add: async (deliveries) => {
      await insertRows(sql, {
        table: 'deliveries',
        columns: [
          ...['id', 'endpoint_id', 'event_id', 'type', 'part', 'user_id', 'payload', 'state', 'attempts'],
          ...['next_attempt_at', 'attempt_log', 'created_at'],
        ],
        keyLength: 1,
        rows: deliveries.map(({ id, endpointId, eventId, type, userId, body, createdAt }) => [
          ...[id, endpointId, eventId, type, partOf(userId), userId, body, 'pending', 0],
          ...[createdAt, '[]', createdAt],
        ]),
      });
    },
    replay: (endpointId, which, at, limit) => replay(sql, endpointId, which, at, limit),
  };
}

async function claim(
  read: Sql,
  write: Sql,
  id: string,
  { leaseMs, earlyMs }: ClaimOptions,
): Promise<Claim | undefined> {
  const { nowMs } = write.dialect;
  const changed = await write.run(
    `UPDATE deliveries SET next_attempt_at = ${nowMs} + ? ` +
      `WHERE id = ? AND state = 'pending' AND next_attempt_at <= ${nowMs} + ?`,
    [leaseMs, id, earlyMs],
  );
  if (changed === 0) return undefined;
  const row = await firstRow<DeliveryRow>(read, `${SELECT} FROM deliveries WHERE id = ?`, [id]);
  if (row?.state !== 'pending' || row.next_attempt_at === null) return undefined;
  return { delivery: deliveryOf(row), leaseEndsAt: row.next_attempt_at, now: row.next_attempt_at - leaseMs };
}

/** The lease's end tells one claim from the next: they are never the same. */
async function record(sql: Sql, { delivery, leaseEndsAt }: Claim, recorded: Recorded): Promise<boolean> {
  const { attempt, state, nextAttemptAt } = recorded;
  const log = [...delivery.log, attempt].slice(-ATTEMPTS_KEPT);
  const finishedAt = state === 'pending' ? null : attempt.at + attempt.durationMs;
  const changed = await sql.run(
    'UPDATE deliveries SET state = ?, attempts = ?, next_attempt_at = ?, attempt_log = ?, finished_at = ? ' +
      "WHERE id = ? AND state = 'pending' AND next_attempt_at = ?",
    [
      ...[state, delivery.attempts + 1, nextAttemptAt ?? null, JSON.stringify(log), finishedAt],
      ...[delivery.id, leaseEndsAt],
    ],
  );
  return changed > 0;
}

async function list(sql: Sql, { endpointId, state }: DeliveryFilter, page: PageRequest): Promise<Page<Delivery>> {
  const conditions = ['endpoint_id = ?'];
  const values: SqlValue[] = [endpointId];
  if (page.after !== undefined) {
    conditions.push('id < ?');
    values.push(page.after);
  }
  if (state !== undefined) {
    conditions.push('state = ?');
    values.push(state);
  }
  const rows = await sql.rows<DeliveryRow>(
    `${SELECT} FROM deliveries${sql.dialect.useIndex(state === undefined ? 'deliveries_listing' : 'deliveries_state')} ` +
      `WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ?`,
    [...values, page.limit + 1],
  );
  return pageOf(rows, page.limit, deliveryOf, (row) => row.id);
}

async function replay(
  sql: Sql,
  endpointId: string,
  which: readonly string[] | 'failed',
  at: number,
  limit: number,
): Promise<number> {
  const ids = which === 'failed' ? await failedOf(sql, endpointId, limit) : which.slice(0, limit);
  return changeByKey(
    sql,
    ['id'],
    ids.map((id) => [id]),
    (condition) =>
      "UPDATE deliveries SET state = 'pending', attempts = 0, next_attempt_at = ?, finished_at = NULL " +
      `WHERE endpoint_id = ? AND state <> 'pending' AND ${condition}`,
    [at, endpointId],
  );
}

async function failedOf(sql: Sql, endpointId: string, limit: number): Promise<readonly string[]> {
  const rows = await sql.rows<{ id: string }>(
    `SELECT id FROM deliveries${sql.dialect.useIndex('deliveries_state')} ` +
      "WHERE endpoint_id = ? AND state = 'failed' ORDER BY id LIMIT ?",
    [endpointId, limit],
  );
  return rows.map(({ id }) => id);
}

async function purge(read: Sql, write: Sql, finishedBefore: number, limit: number): Promise<number> {
  const finished = await read.rows<{ id: string }>('SELECT id FROM deliveries WHERE finished_at < ? LIMIT ?', [
    finishedBefore,
    limit,
  ]);
  // Endpoint by endpoint: what hangs on one that is gone is found by the index, not by reading them all.
  const owners = await read.rows<{ endpoint_id: string }>('SELECT DISTINCT endpoint_id FROM deliveries');
  const endpoints = new Set((await read.rows<{ id: string }>('SELECT id FROM webhook_endpoints')).map(({ id }) => id));
  const orphans: { id: string }[] = [];
  for (const { endpoint_id } of owners) {
    if (endpoints.has(endpoint_id) || orphans.length >= limit) continue;
    const text = 'SELECT id FROM deliveries WHERE endpoint_id = ? LIMIT ?';
    orphans.push(...(await read.rows<{ id: string }>(text, [endpoint_id, limit - orphans.length])));
  }
  const drop = (rows: readonly { id: string }[], more: string, values: readonly SqlValue[]): Promise<number> =>
    changeByKey(
      write,
      ['id'],
      rows.map(({ id }) => [id]),
      (condition) => `DELETE FROM deliveries WHERE ${more}${condition}`,
      values,
    );
  // Looked at once more: it may have been replayed meanwhile.
  const gone = await drop(finished, 'finished_at < ? AND ', [finishedBefore]);
  return gone + (await drop(orphans, '', []));
}

function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    eventId: row.event_id,
    type: row.type,
    userId: row.user_id,
    body: row.payload,
    createdAt: row.created_at,
    state: row.state,
    attempts: row.attempts,
    ...(row.next_attempt_at !== null && { nextAttemptAt: row.next_attempt_at }),
    log: parseJson<readonly DeliveryAttempt[]>(row.attempt_log),
    ...(row.finished_at !== null && { finishedAt: row.finished_at }),
  };
}
