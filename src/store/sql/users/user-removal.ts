import type { LedgerKind } from '../../../core/states/ledger.js';
import type { Earner } from '../../../core/states/user-state.js';
import type { DeletedTotals } from '../../user-store.js';
import type { SqlValue } from '../engine/dialect.js';
import { insertRows } from '../engine/insert-rows.js';
import { changeByKey } from '../engine/rows-by-key.js';
import type { Sql } from '../engine/sql.js';
import { type UserKey, userKey } from '../engine/user-keys.js';
import { forgetContributorOfDead, forgetContributors } from '../events/contributions.js';

type Row = Readonly<Record<string, SqlValue>>;

interface UserTable {
  readonly name: string;
  /** The columns that tell a user's rows apart. */
  readonly key: readonly string[];
  /** Further columns that are read before the rows are removed. */
  readonly read?: readonly string[];
  /** The index that begins with the user; left out where rows are found by the primary key, which begins with the partition. */
  readonly index?: string;
  /** What else the removal of a user's rows takes. */
  readonly after?: (sql: Sql, userId: string, rows: readonly Row[]) => Promise<void>;
  /** Whether rows are added without the user's lock. */
  readonly unlocked?: boolean;
  readonly totalOf?: (row: Row) => DeletedTotal | undefined;
}

/** The tables with rows of a user, except for the user's own. Those that evaluations read come first, to be emptied first. */
const TABLES: readonly UserTable[] = [
  { name: 'timers', key: ['due_at'] },
  { name: 'user_roles', key: ['role'] },
  { name: 'user_access', key: ['flag_id', 'managed_by'] },
  {
    name: 'unlocks',
    key: ['seq'],
    read: ['flag_id', 'kind'],
    totalOf: ({ flag_id, kind }) =>
      (kind as LedgerKind) === 'unlocked' ? { kind: 'flag', name: String(flag_id), total: 1, sum: 0 } : undefined,
  },
  {
    name: 'action_totals',
    key: ['action'],
    read: ['event_count', 'value_sum'],
    totalOf: ({ action, event_count, value_sum }) => ({
      ...{ kind: 'action', name: String(action) },
      ...{ total: Number(event_count), sum: Number(value_sum) },
    }),
  },
  { name: 'user_search', key: ['attribute'] },
  { name: 'stages_reached', key: ['stage'] },
  { name: 'action_days', key: ['action', 'day'] },
  { name: 'distinct_values', key: ['action', 'value_hash'] },
  { name: 'sequence_spans', key: ['action'] },
  { name: 'stage_changes', key: ['seq'] },
  { name: 'memberships', key: ['since'] },
  {
    name: 'events',
    key: ['dedupe'],
    read: ['source', 'event_id', 'organization_id'],
    after: (sql, userId, rows) =>
      forgetContributors(
        sql,
        rows.flatMap(({ source, event_id: id, organization_id: organizationId }) =>
          organizationId === ''
            ? []
            : [{ userId, source: String(source), id: String(id), organizationId: String(organizationId) }],
        ),
      ),
    unlocked: true,
  },
  { name: 'outbox', key: ['id'], index: 'outbox_user' },
  // Before `deliveries`, to which the relay moves rows: one that is moved meanwhile is found there.
  { name: 'outbound_events', key: ['id'], index: 'outbound_events_user' },
  { name: 'deliveries', key: ['id'], index: 'deliveries_user', unlocked: true },
];

const OF_USER = 'part = ? AND user_id = ?';

/** Removes at most `limit` rows of a locked user, and empties the user's own row; gives how many were removed. */
export async function removeUser(
  sql: Sql,
  userId: string,
  { at, limit, earner }: { readonly at: number; readonly limit: number; readonly earner: Earner },
): Promise<number> {
  const user = userKey(userId, earner);
  await sql.run(
    "UPDATE users SET organization_id = '', roles = '[]', joined_at = NULL, email_verified = 0, attributes = '{}', time_zone = '', day_zone = '', day_zone_since = 0, " +
      "identified = 0, expected_organization = '', stage = '', stage_entered_at = NULL, claims_at = NULL, created_at = ?, " +
      'deleted_at = ? WHERE part = ? AND id = ?',
    [at, at, ...user],
  );
  let gone = 0;
  const totals = new Map<string, DeletedTotal>();
  for (const table of TABLES) {
    if (gone === limit) break;
    const rows = await rowsOf(sql, table, user, limit - gone);
    const whole = rows.length < limit - gone && !table.unlocked;
    if (whole && rows.length > 0) await sql.run(`DELETE FROM ${table.name} WHERE ${OF_USER}`, user);
    if (!whole) await dropRows(sql, table, user, rows);
    gone += rows.length;
    await table.after?.(sql, userId, rows);
    for (const row of rows) addTo(totals, table.totalOf?.(row));
  }
  // What organizations had is made of what their members did, which is counted with these.
  if (earner === 'user') {
    await forgetContributorOfDead(sql, userId);
    await addDeleted(sql, [...totals.values()]);
  }
  return gone;
}

function rowsOf(sql: Sql, { name, key, read = [], index = 'PRIMARY' }: UserTable, user: UserKey, limit: number) {
  return sql.rows<Row>(
    `SELECT ${[...key, ...read].join(', ')} FROM ${name}${sql.dialect.useIndex(index)} WHERE ${OF_USER} LIMIT ?`,
    [...user, limit],
  );
}

/** Removes rows one condition each: not every engine finds lists of keys of several columns by its index in a DELETE. */
async function dropRows(sql: Sql, { name, key }: UserTable, user: UserKey, rows: readonly Row[]): Promise<void> {
  await changeByKey(
    sql,
    key,
    rows.map((row) => key.map((column) => row[column] ?? null)),
    (condition) => `DELETE FROM ${name} WHERE ${OF_USER} AND ${condition}`,
    user,
  );
}

function addTo(totals: Map<string, DeletedTotal>, more: DeletedTotal | undefined): void {
  if (more === undefined) return;
  const key = `${more.kind} ${more.name}`;
  const { total, sum } = totals.get(key) ?? { total: 0, sum: 0 };
  totals.set(key, { ...more, total: total + more.total, sum: sum + more.sum });
}

/** What a deleted user had of one flag or one action, which is `name`; '' counts the user. */
interface DeletedTotal {
  readonly kind: 'users' | 'flag' | 'action';
  readonly name: string;
  readonly total: number;
  /** In millionths. */
  readonly sum: number;
}

/** Adds to the totals of deleted users. Each kind and name may be given once. */
export async function addDeleted(sql: Sql, totals: readonly DeletedTotal[]): Promise<void> {
  await insertRows(sql, {
    table: 'deleted_totals',
    columns: ['kind', 'name', 'total', 'value_sum'],
    keyLength: 2,
    rows: totals.map(({ kind, name, total, sum }) => [kind, name, total, sum]),
    existing: { total: 'add', value_sum: 'add' },
  });
}

export async function readDeleted(sql: Sql): Promise<DeletedTotals> {
  const rows = await sql.rows<{ kind: DeletedTotal['kind']; name: string; total: number; value_sum: number }>(
    'SELECT kind, name, total, value_sum FROM deleted_totals ORDER BY kind, name',
  );
  const of = (kind: DeletedTotal['kind']) => rows.filter((row) => row.kind === kind);
  return {
    users: of('users')[0]?.total ?? 0,
    unlocks: new Map(of('flag').map(({ name, total }) => [name, total])),
    actions: new Map(of('action').map(({ name, total, value_sum }) => [name, { count: total, sum: value_sum / 1e6 }])),
  };
}
