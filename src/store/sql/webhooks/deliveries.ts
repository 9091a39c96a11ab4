import {
  ATTEMPTS_KEPT,
  type ClaimOptions,
  type Delivery,
  type DeliveryAttempt,
  type DeliveryClaim,
  type DeliveryFilter,
  type DeliveryKey,
  type DeliveryStanding,
  type DeliveryState,
  type DeliveryStore,
  type DeliveryWriter,
  type Recorded,
} from '../../delivery-store.js';
import type { Page, PageRequest } from '../../page.js';
import type { SqlValue } from '../engine/dialect.js';
import { insertRows } from '../engine/insert-rows.js';
import { pageOf } from '../engine/page-of.js';
import { changeByKey } from '../engine/rows-by-key.js';
import { type Engine, firstRow, parseJson, type Sql } from '../engine/sql.js';
import { partOf } from './outbound.js';

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
  readonly pending_since: number;
  readonly finished_at: number | null;
}

const SELECT =
  'SELECT id, endpoint_id, event_id, type, user_id, payload, state, attempts, next_attempt_at, attempt_log, ' +
  'created_at, pending_since, finished_at';

export function deliveryStore({ read, write }: Engine): DeliveryStore {
  return {
    claim: (key, options) => claim(read, write, key, options),
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
      const row = await firstRow<{ pending_since: number }>(
        read,
        `SELECT pending_since FROM deliveries${read.dialect.useIndex('deliveries_since')} ` +
          "WHERE endpoint_id = ? AND state = 'pending' ORDER BY pending_since LIMIT 1",
        [endpointId],
      );
      return row?.pending_since;
    },
    standings: () => standings(read),
    giveUp: (endpointId, pendingSinceBefore, limit) => giveUp(read, write, endpointId, pendingSinceBefore, limit),
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
          ...['next_attempt_at', 'attempt_log', 'created_at', 'pending_since'],
        ],
        keyLength: 1,
        rows: deliveries.map(({ id, endpointId, eventId, type, userId, body, createdAt }) => [
          ...[id, endpointId, eventId, type, partOf(userId), userId, body, 'pending', 0],
          ...[createdAt, '[]', createdAt, createdAt],
        ]),
      });
    },
    replay: (endpointId, which, at, limit) => replay(sql, endpointId, which, at, limit),
  };
}

async function claim(
  read: Sql,
  write: Sql,
  { id, endpointId }: DeliveryKey,
  { leaseMs, earlyMs }: ClaimOptions,
): Promise<DeliveryClaim | undefined> {
  const { nowMs } = write.dialect;
  const changed = await write.run(
    `UPDATE deliveries SET next_attempt_at = ${nowMs} + ? ` +
      `WHERE id = ? AND endpoint_id = ? AND state = 'pending' AND next_attempt_at <= ${nowMs} + ?`,
    [leaseMs, id, endpointId, earlyMs],
  );
  if (changed === 0) return undefined;
  const row = await firstRow<DeliveryRow>(read, `${SELECT} FROM deliveries WHERE id = ?`, [id]);
  if (row?.state !== 'pending' || row.next_attempt_at === null) return undefined;
  return { delivery: deliveryOf(row), leaseEndsAt: row.next_attempt_at, now: row.next_attempt_at - leaseMs };
}

/** Records an attempt, if the claim still holds: the end of its lease tells it from any other claim. */
async function record(sql: Sql, { delivery, leaseEndsAt }: DeliveryClaim, recorded: Recorded): Promise<boolean> {
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

async function standings(sql: Sql): Promise<readonly DeliveryStanding[]> {
  const { useIndex } = sql.dialect;
  // Of each endpoint the first entry of one index, and the last of another one.
  const oldest =
    `SELECT pending_since FROM deliveries${useIndex('deliveries_since')} WHERE endpoint_id = endpoint.id AND ` +
    "state = 'pending' ORDER BY pending_since LIMIT 1";
  const newest =
    `SELECT finished_at FROM deliveries${useIndex('deliveries_state')} WHERE endpoint_id = endpoint.id AND ` +
    "state = 'failed' ORDER BY deliveries.id DESC LIMIT 1";
  const rows = await sql.rows<{ id: string; oldest_pending_at: number | null; last_failed_at: number | null }>(
    `SELECT id, (${oldest}) AS oldest_pending_at, (${newest}) AS last_failed_at ` +
      'FROM webhook_endpoints AS endpoint ORDER BY created_at, id',
  );
  return rows.map(({ id, oldest_pending_at: pending, last_failed_at: failed }) => ({
    endpointId: id,
    ...(pending !== null && { oldestPendingAt: pending }),
    ...(failed !== null && { lastFailedAt: failed }),
  }));
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
      "UPDATE deliveries SET state = 'pending', attempts = 0, next_attempt_at = ?, pending_since = ?, finished_at = NULL " +
      `WHERE endpoint_id = ? AND state <> 'pending' AND ${condition}`,
    [at, at, endpointId],
  );
}

async function giveUp(read: Sql, write: Sql, endpointId: string, before: number, limit: number): Promise<number> {
  const rows = await read.rows<{ id: string }>(
    `SELECT id FROM deliveries${read.dialect.useIndex('deliveries_since')} ` +
      "WHERE endpoint_id = ? AND state = 'pending' AND pending_since < ? ORDER BY pending_since LIMIT ?",
    [endpointId, before, limit],
  );
  // The condition is asked again, since a delivery may have been replayed meanwhile.
  return changeByKey(
    write,
    ['id'],
    rows.map(({ id }) => [id]),
    (condition) =>
      `UPDATE deliveries SET state = 'failed', next_attempt_at = NULL, finished_at = ${write.dialect.nowMs} ` +
      `WHERE endpoint_id = ? AND state = 'pending' AND pending_since < ? AND ${condition}`,
    [endpointId, before],
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
  const orphans = await orphansOf(read, limit);
  const drop = (rows: readonly { id: string }[], more: string, values: readonly SqlValue[]): Promise<number> =>
    changeByKey(
      write,
      ['id'],
      rows.map(({ id }) => [id]),
      (condition) => `DELETE FROM deliveries WHERE ${more}${condition}`,
      values,
    );
  // The condition is asked again, since a delivery may have been replayed meanwhile.
  const gone = await drop(finished, 'finished_at < ? AND ', [finishedBefore]);
  return gone + (await drop(orphans, '', []));
}

/** Deliveries of endpoints that were removed. The index is searched from endpoint to endpoint, however many deliveries each has. */
async function orphansOf(read: Sql, limit: number): Promise<readonly { id: string }[]> {
  const endpoints = new Set((await read.rows<{ id: string }>('SELECT id FROM webhook_endpoints')).map(({ id }) => id));
  const orphans: { id: string }[] = [];
  const index = read.dialect.useIndex('deliveries_listing');
  for (let after = ''; orphans.length < limit; ) {
    const owner = await firstRow<{ endpoint_id: string }>(
      read,
      `SELECT endpoint_id FROM deliveries${index} WHERE endpoint_id > ? ORDER BY endpoint_id LIMIT 1`,
      [after],
    );
    if (owner === undefined) break;
    after = owner.endpoint_id;
    if (endpoints.has(after)) continue;
    const text = `SELECT id FROM deliveries${index} WHERE endpoint_id = ? LIMIT ?`;
    orphans.push(...(await read.rows<{ id: string }>(text, [after, limit - orphans.length])));
  }
  return orphans;
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
    pendingSince: row.pending_since,
    attempts: row.attempts,
    ...(row.next_attempt_at !== null && { nextAttemptAt: row.next_attempt_at }),
    log: parseJson<readonly DeliveryAttempt[]>(row.attempt_log),
    ...(row.finished_at !== null && { finishedAt: row.finished_at }),
  };
}
