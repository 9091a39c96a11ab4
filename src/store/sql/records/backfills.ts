import type {
  Backfill,
  BackfillClaim,
  BackfillReader,
  BackfillReason,
  BackfillState,
  BackfillStep,
  BackfillWriter,
  NewBackfill,
} from '../../backfill-store.js';
import { FIRST_USER } from '../../user-pages.js';
import { commaSeparated } from '../engine/dialect.js';
import { insertRows } from '../engine/insert-rows.js';
import { numberAfter, pageOf } from '../engine/page-of.js';
import { changeByKey } from '../engine/rows-by-key.js';
import { type Engine, firstRow, type Sql } from '../engine/sql.js';

interface BackfillRow {
  readonly id: number;
  readonly backfill_id: string;
  readonly flag_id: string;
  readonly organization_id: string;
  readonly reason: string;
  readonly revision: number;
  readonly state: string;
  readonly cursor_part: number;
  readonly cursor_user_id: string;
  readonly total: number | null;
  readonly done: number;
  readonly unlocked: number;
  readonly relocked: number;
  readonly failed: number;
  readonly busy_ms: number;
  readonly worker: string;
  readonly leased_until: number;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
}

const UNFINISHED = "state IN ('pending', 'running')";
const KEY = ['backfill_id'] as const;

export function backfillReader({ read: sql, write }: Engine): BackfillReader {
  return {
    get: async (id) => {
      const row = await firstRow<BackfillRow>(sql, 'SELECT * FROM backfills WHERE backfill_id = ?', [id]);
      return row && backfillOf(row);
    },
    list: async (page, { flagId, unfinished }) => {
      const conditions = [
        'id < ?',
        ...(flagId === undefined ? [] : ['flag_id = ?']),
        ...(unfinished ? [UNFINISHED] : []),
      ];
      const rows = await sql.rows<BackfillRow>(
        `SELECT * FROM backfills WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ?`,
        [numberAfter(page.after, Number.MAX_SAFE_INTEGER), ...(flagId === undefined ? [] : [flagId]), page.limit + 1],
      );
      return pageOf(rows, page.limit, backfillOf, (row) => String(row.id));
    },
    unfinished: async (limit, countTo) => {
      const from = `FROM backfills${sql.dialect.useIndex('backfills_state')} WHERE`;
      const inState = (state: BackfillState): Promise<readonly BackfillRow[]> =>
        sql.rows<BackfillRow>(`SELECT * ${from} state = ? ORDER BY id LIMIT ?`, [state, limit]);
      const [running, pending, counted] = await Promise.all([
        inState('running'),
        inState('pending'),
        firstRow<{ n: number }>(sql, `SELECT COUNT(*) AS n FROM (SELECT id ${from} ${UNFINISHED} LIMIT ?) AS counted`, [
          countTo,
        ]),
      ]);
      return { items: [...running, ...pending].map(backfillOf), count: counted?.n ?? 0 };
    },
    purge: async (before, limit) => {
      const rows = await sql.rows<Pick<BackfillRow, 'id' | 'finished_at'>>(
        'SELECT id, finished_at FROM backfills WHERE finished_at IS NOT NULL ORDER BY id LIMIT ?',
        [limit],
      );
      const old = rows.filter(({ finished_at: at }) => at !== null && at < before).map(({ id }) => [id]);
      return changeByKey(write, ['id'], old, (condition) => `DELETE FROM backfills WHERE ${condition}`);
    },
  };
}

export function backfillWriter(sql: Sql): BackfillWriter {
  return {
    start: async (backfills, unlessPending = false) =>
      unlessPending ? insert(sql, await withoutPending(sql, backfills)) : start(sql, backfills),
    cancel: async (id, now) => {
      await sql.run(
        `UPDATE backfills SET state = 'cancelled', finished_at = ? WHERE backfill_id = ? AND ${UNFINISHED}`,
        [now, id],
      );
      const row = await firstRow<BackfillRow>(sql, 'SELECT * FROM backfills WHERE backfill_id = ?', [id]);
      return row && backfillOf(row);
    },
    claim: (claim) => claimNext(sql, claim),
    renew: async ({ worker, leasedUntil }) => {
      await sql.run("UPDATE backfills SET leased_until = ? WHERE worker = ? AND state = 'running'", [
        leasedUntil,
        worker,
      ]);
    },
    setTotal: async (ids, total) => {
      await changeByKey(sql, KEY, keysOf(ids), (condition) => `UPDATE backfills SET total = ? WHERE ${condition}`, [
        total,
      ]);
    },
    count: async (counts) => {
      for (const { id, unlocked, relocked } of counts) {
        await sql.run('UPDATE backfills SET unlocked = unlocked + ?, relocked = relocked + ? WHERE backfill_id = ?', [
          unlocked,
          relocked,
          id,
        ]);
      }
    },
    advance: (ids, step) => advance(sql, ids, step),
  };
}

async function start(sql: Sql, backfills: readonly NewBackfill[]): Promise<void> {
  for (const { flagId, organizationId, createdAt } of backfills) {
    // A backfill for all users supersedes any other; one for an organization only those for the same organization.
    const scope = organizationId === '' ? '' : ' AND organization_id = ?';
    await sql.run(
      `UPDATE backfills SET state = 'superseded', finished_at = ? WHERE flag_id = ? AND ${UNFINISHED}${scope}`,
      [createdAt, flagId, ...(organizationId === '' ? [] : [organizationId])],
    );
  }
  await insert(sql, backfills);
}

/** Those of which none is pending. The pending ones are locked, so that no worker claims them before the transaction has ended. */
async function withoutPending(sql: Sql, backfills: readonly NewBackfill[]): Promise<readonly NewBackfill[]> {
  const missing: NewBackfill[] = [];
  for (const backfill of backfills) {
    const pending = await firstRow<Pick<BackfillRow, 'backfill_id'>>(
      sql,
      `SELECT backfill_id FROM backfills WHERE flag_id = ? AND state = 'pending' AND organization_id IN (?, '')${sql.dialect.forUpdate}`,
      [backfill.flagId, backfill.organizationId],
    );
    if (pending === undefined) missing.push(backfill);
  }
  return missing;
}

async function insert(sql: Sql, backfills: readonly NewBackfill[]): Promise<void> {
  if (backfills.length === 0) return;
  await insertRows(sql, {
    table: 'backfills',
    columns: [
      ...['backfill_id', 'flag_id', 'organization_id', 'reason', 'revision', 'created_at', 'state'],
      ...[
        'cursor_part',
        'cursor_user_id',
        'done',
        'unlocked',
        'relocked',
        'failed',
        'busy_ms',
        'worker',
        'leased_until',
      ],
    ],
    keyLength: 0,
    rows: backfills.map(({ id, flagId, organizationId, reason, revision, createdAt }) => [
      ...[id, flagId, organizationId, reason, revision, createdAt, 'pending'],
      ...[FIRST_USER.partition, FIRST_USER.userId, 0, 0, 0, 0, 0, '', 0],
    ]),
  });
}

async function claimNext(sql: Sql, { worker, now, leasedUntil }: BackfillClaim): Promise<readonly Backfill[]> {
  const rows = await sql.rows<BackfillRow>(
    `SELECT * FROM backfills WHERE ${UNFINISHED} ORDER BY id${sql.dialect.forUpdate}`,
  );
  const free = rows.filter((row) => row.worker === worker || row.leased_until <= now);
  const [oldest] = free;
  if (oldest === undefined) return [];
  const together = free.filter(
    (row) =>
      row.organization_id === oldest.organization_id &&
      row.cursor_part === oldest.cursor_part &&
      row.cursor_user_id === oldest.cursor_user_id,
  );
  await changeByKey(
    sql,
    KEY,
    keysOf(together.map((row) => row.backfill_id)),
    (condition) =>
      "UPDATE backfills SET state = 'running', worker = ?, leased_until = ?, started_at = COALESCE(started_at, ?) " +
      `WHERE ${condition}`,
    [worker, leasedUntil, now],
  );
  return together.map((row) => ({ ...backfillOf(row), state: 'running', startedAt: row.started_at ?? now }));
}

async function advance(sql: Sql, ids: readonly string[], step: BackfillStep): Promise<readonly string[]> {
  const { worker, done, failed, busyMs, cursor, now } = step;
  const mine = `worker = ? AND state = 'running' AND backfill_id IN (${commaSeparated('?', ids.length)})`;
  const running = await sql.rows<Pick<BackfillRow, 'backfill_id'>>(
    `SELECT backfill_id FROM backfills WHERE ${mine}${sql.dialect.forUpdate}`,
    [worker, ...ids],
  );
  const changes = ['done = done + ?', 'failed = failed + ?', 'busy_ms = busy_ms + ?'];
  // At the end the total is set to the number of users that were looked at, since users come and go meanwhile. `total` is
  // assigned before `done`: some engines use a column's new value in the assignments after its own.
  const place =
    cursor === undefined
      ? ["state = 'done'", 'finished_at = ?', 'total = done + ?']
      : ['cursor_part = ?', 'cursor_user_id = ?'];
  const placed = cursor === undefined ? [now, done] : [cursor.partition, cursor.userId];
  await sql.run(`UPDATE backfills SET ${[...place, ...changes].join(', ')} WHERE ${mine}`, [
    ...[...placed, done, failed, Math.round(busyMs), worker],
    ...ids,
  ]);
  return running.map((row) => row.backfill_id);
}

function keysOf(ids: readonly string[]): readonly (readonly [string])[] {
  return ids.map((id) => [id] as const);
}

function backfillOf(row: BackfillRow): Backfill {
  return {
    id: row.backfill_id,
    flagId: row.flag_id,
    organizationId: row.organization_id,
    reason: row.reason as BackfillReason,
    revision: row.revision,
    state: row.state as BackfillState,
    cursor: { partition: row.cursor_part, userId: row.cursor_user_id },
    ...(row.total !== null && { total: row.total }),
    done: row.done,
    unlocked: row.unlocked,
    relocked: row.relocked,
    failed: row.failed,
    busyMs: row.busy_ms,
    createdAt: row.created_at,
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.finished_at !== null && { finishedAt: row.finished_at }),
  };
}
