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
    oldestPending: () =>
      read.rows<{ partition: number; receivedAt: number }>(
        'SELECT part AS `partition`, MIN(received_at) AS `receivedAt` FROM events ' +
          `WHERE state = ${PENDING} GROUP BY part ORDER BY part`,
      ),
    deadLetters: (page) => deadLetters(read, page),
    deadLetterCount: async (atMost = Number.MAX_SAFE_INTEGER) => {
      const row = await firstRow<{ dead: number }>(
        read,
        `SELECT COUNT(*) AS dead FROM (SELECT part FROM events WHERE state = ${DEAD} LIMIT ?) AS counted`,
        [atMost],
      );
      return row?.dead ?? 0;
    },
    purge: (options) => purgeEvents(engine, options),
  };
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
