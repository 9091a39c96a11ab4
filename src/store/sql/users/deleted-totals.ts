import type { DeletedTotals } from '../../user-store.js';
import { insertRows } from '../engine/insert-rows.js';
import type { Sql } from '../engine/sql.js';

/** What a deleted user had of one flag or action; `name` is empty for the user as such. */
export interface DeletedTotal {
  readonly kind: 'users' | 'flag' | 'action';
  readonly name: string;
  readonly total: number;
  readonly sum: number;
}

/** Far from where a sum of so many would leave the range of numbers: no sum may stand in the way of a deletion. */
const LARGEST_SUM = 1e290;

/** Adds to the totals; each kind and name once. */
export async function addDeleted(sql: Sql, totals: readonly DeletedTotal[]): Promise<void> {
  await insertRows(sql, {
    table: 'deleted_totals',
    columns: ['kind', 'name', 'total', 'value_sum'],
    keyLength: 2,
    rows: totals.map(({ kind, name, total, sum }) => [kind, name, total, clamped(sum)]),
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
    actions: new Map(of('action').map(({ name, total, value_sum }) => [name, { count: total, sum: value_sum }])),
  };
}

function clamped(sum: number): number {
  return Math.max(-LARGEST_SUM, Math.min(LARGEST_SUM, sum));
}
