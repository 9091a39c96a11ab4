import type { Earner } from '../../../core/states/user-state.js';
import { organizationPartitionOf, partitionOf } from '../../../core/values/partition.js';
import type { DeadLetter, EventKey, EventReader, EventState } from '../../event-store.js';
import type { Page, PageRequest } from '../../page.js';
import { joinPosition, pageOf, splitPosition } from '../engine/page-of.js';
import { chunksOf, rowsByKey } from '../engine/rows-by-key.js';
import { type Engine, firstRow, type Sql } from '../engine/sql.js';
import {
  DEAD,
  DONE,
  dedupeText,
  distinctKeys,
  EVENT_COLUMNS,
  EVENT_KEY,
  type EventRow,
  eventKeyOf,
  eventOf,
  PENDING,
  REVERSED,
  storedEvents,
} from './event-row.js';
import { purgeEvents } from './purge-events.js';

const USERS_PER_STATEMENT = 500;

export function eventReader(engine: Engine): EventReader {
  const { read } = engine;
  return {
    stored: (keys) => storedEvents(read, keys),
    states: (keys) => states(read, keys),
    pendingUsers: (userIds, until, earner) => pendingUsers(read, userIds, { until, earner }),
    oldestPending: () => oldestPending(read),
    deadLetters: (page) => deadLetters(read, page),
    pendingCount: (atMost) => countOf(read, PENDING, atMost),
    deadLetterCount: () => countOf(read, DEAD, Number.MAX_SAFE_INTEGER),
    deadLetterBacklog: async (atMost) => {
      const some = `SELECT received_at FROM events${read.dialect.useIndex('events_state')} WHERE state = ${DEAD} LIMIT ?`;
      const row = await firstRow<{ dead: number; oldest: number | null }>(
        read,
        `SELECT COUNT(*) AS dead, MIN(received_at) AS oldest FROM (${some}) AS counted`,
        [atMost],
      );
      const { dead = 0, oldest = null } = row ?? {};
      return { count: dead, ...(oldest !== null && dead < atMost && { oldestReceivedAt: oldest }) };
    },
    purge: (options) => purgeEvents(engine, options),
  };
}

async function countOf(sql: Sql, state: number, atMost: number): Promise<number> {
  const text = `SELECT COUNT(*) AS counted FROM (SELECT part FROM events WHERE state = ${state} LIMIT ?) AS some`;
  return (await firstRow<{ counted: number }>(sql, text, [atMost]))?.counted ?? 0;
}

/** However many events wait, MariaDB reads two entries of the index for each partition: it goes from one to the next. */
function oldestPending(sql: Sql): ReturnType<EventReader['oldestPending']> {
  const events = `events${sql.dialect.useIndex('events_state')}`;
  // No state is less than this one. By an equality the engine would not go from partition to partition, but over all entries.
  const waiting = `SELECT DISTINCT state, part FROM ${events} WHERE state <= ${PENDING}`;
  const oldest = `SELECT received_at FROM ${events} WHERE state = ${PENDING} AND part = waiting.part ORDER BY received_at LIMIT 1`;
  return sql.rows(
    `SELECT part AS \`partition\`, (${oldest}) AS \`receivedAt\` FROM (${waiting}) AS waiting ORDER BY part`,
  );
}

interface StateRow {
  readonly dedupe: Uint8Array;
  readonly state: number;
  readonly batch: string | null;
  readonly reason: string | null;
}

async function states(sql: Sql, keys: readonly EventKey[]): Promise<readonly EventState[]> {
  const rows = await rowsByKey<StateRow>(
    sql,
    EVENT_KEY,
    distinctKeys(keys),
    (condition) =>
      `SELECT dedupe, state, batch, reason FROM events${sql.dialect.useIndex('PRIMARY')} WHERE ${condition}`,
  );
  const found = new Map(rows.map((row) => [dedupeText(row.dedupe), stateOf(row)]));
  return keys.map((key) => found.get(eventKeyOf(key).text) ?? { state: 'unknown' });
}

function stateOf(row: StateRow): EventState {
  if (row.state === DONE || row.state === REVERSED) return { state: 'done', batch: row.batch ?? '' };
  if (row.state === DEAD) return { state: 'dead', reason: row.reason ?? '' };
  return { state: 'pending' };
}

async function pendingUsers(
  sql: Sql,
  userIds: readonly string[],
  { until, earner }: { readonly until: number; readonly earner: Earner | undefined },
): Promise<ReadonlySet<string>> {
  const { isOneOf, useIndex } = sql.dialect;
  const pending = new Set<string>();
  for (const ids of chunksOf([...new Set(userIds)], USERS_PER_STATEMENT)) {
    const parts = [...new Set(ids.map(earner === 'organization' ? organizationPartitionOf : partitionOf))];
    const rows = await sql.rows<{ user_id: string }>(
      `SELECT DISTINCT user_id FROM events${useIndex('events_state')} WHERE state = ${PENDING} AND ` +
        `${isOneOf(['part'], parts.length)} AND received_at <= ? AND ${isOneOf(['user_id'], ids.length)}`,
      [...parts, until, ...ids],
    );
    for (const row of rows) pending.add(row.user_id);
  }
  return pending;
}

interface DeadRow extends EventRow {
  readonly dedupe: Uint8Array;
  readonly reason: string | null;
}

async function deadLetters(sql: Sql, page: PageRequest): Promise<Page<DeadLetter>> {
  const [receivedAt = '', dedupe = ''] = splitPosition(page.after, 2) ?? [];
  const from = Number(receivedAt) || 0;
  const rows = await sql.rows<DeadRow>(
    `SELECT part, dedupe, reason, ${EVENT_COLUMNS} FROM events WHERE state = ${DEAD} AND ` +
      '(received_at > ? OR (received_at = ? AND dedupe > ?)) ORDER BY received_at, dedupe LIMIT ?',
    [from, from, Buffer.from(dedupe, 'hex'), page.limit + 1],
  );
  return pageOf(
    rows,
    page.limit,
    (row) => ({ ...eventOf(row), reason: row.reason ?? '' }),
    (row) => joinPosition([String(row.received_at), dedupeText(row.dedupe)]),
  );
}
