import type { AccessRow } from '../../../../src/protocol/gen/admin-json.js';
import type { PendingRow } from './changes.js';
import { rowKey } from './merge-rows.js';

/** As many rows as one save takes. */
export const MOST_ROWS = 1_000;

/** What a row says: it lets in, keeps out, or stays on record and decides nothing. */
export type RowSays = 'ALLOW' | 'DENY' | 'RECORD';

export function saysOf({ effect, enabled }: AccessRow): RowSays {
  if (enabled === false) return 'RECORD';
  return effect === 'DENY' ? 'DENY' : 'ALLOW';
}

/** A row that says something else. On record only it keeps what it said, so that it can say it again. */
export function saying(row: AccessRow, says: RowSays): AccessRow {
  if (says === 'RECORD') return { ...row, effect: row.effect === 'DENY' ? 'DENY' : 'ALLOW', enabled: false };
  return { ...row, effect: says, enabled: true };
}

/** A row of the platform’s. Whom it is for is one of a user, a role, an organization, or a role in an organization. */
export function platformRow(
  named: Partial<Pick<AccessRow, 'user_id' | 'role' | 'organization_id'>>,
  says: RowSays,
): AccessRow {
  const row = { user_id: '', role: '', organization_id: '', managed_by: '', ...named };
  return saying(row as AccessRow, says);
}

/** A row as the draft has it. */
export interface DraftedRow {
  readonly key: string;
  readonly row: AccessRow;
  /** What the next save does to it. */
  readonly mark: 'new' | 'changed' | 'dropped' | undefined;
}

export interface RowFilter {
  readonly q: string;
  readonly of: 'people' | 'roles' | 'organizations' | undefined;
}

/** What is known of the stored rows, and which of them are looked for. */
export interface KnownRows extends RowFilter {
  /** Whether these are all rows that are stored: what is not among them is new then, else it may stand further on. */
  readonly whole: boolean;
}

/** Stored rows with what the draft makes of them; before them those that it puts and that are not among these, as far as they fit. */
export function draftedRows(
  stored: readonly AccessRow[],
  pending: readonly PendingRow[],
  { whole, ...filter }: KnownRows,
): readonly DraftedRow[] {
  const changes = new Map(pending.map((each) => [rowKey(each.row), each]));
  const keys = new Set(stored.map(rowKey));
  const fresh = pending.filter(({ kind, row }) => kind === 'put' && !keys.has(rowKey(row)) && fits(row, filter));
  return [
    ...fresh.map(({ row }): DraftedRow => ({ key: rowKey(row), row, mark: whole ? 'new' : 'changed' })),
    ...stored.map((row): DraftedRow => {
      const key = rowKey(row);
      const change = changes.get(key);
      if (change === undefined) return { key, row, mark: undefined };
      return change.kind === 'drop' ? { key, row, mark: 'dropped' } : { key, row: change.row, mark: 'changed' };
    }),
  ];
}

function fits(row: AccessRow, { q, of }: RowFilter): boolean {
  const { user_id, role, organization_id } = row;
  const kind = user_id !== '' ? 'people' : organization_id !== '' ? 'organizations' : 'roles';
  return (of === undefined || of === kind) && (user_id || organization_id || role).startsWith(q);
}

/** Rows that are to be put, by whether they are stored as they would be put. */
export function splitPut(stored: readonly AccessRow[], put: readonly AccessRow[]) {
  const present = new Map(stored.map((row) => [rowKey(row), row]));
  const isSame = (row: AccessRow): boolean => {
    const now = present.get(rowKey(row));
    return now !== undefined && saysOf(now) === saysOf(row) && (now.effect === 'DENY') === (row.effect === 'DENY');
  };
  return { change: put.filter((row) => !isSame(row)), same: put.filter(isSame) };
}

/** Whether so many more rows go with one save. */
export function roomFor(pending: readonly PendingRow[], rows: readonly AccessRow[]): boolean {
  return new Set([...pending.map(({ row }) => row), ...rows].map(rowKey)).size <= MOST_ROWS;
}
