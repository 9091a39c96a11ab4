import type { AccessRow } from '../../../../src/protocol/gen/admin-json.js';
import { pointerStep } from '../values/json.js';
import type { Conflict, Side } from '../values/merge-lists.js';
import type { PendingRow } from './changes.js';

/** By what a row is found: whom it names, and who manages it. */
export function rowKey({ user_id, role, organization_id, managed_by }: AccessRow): string {
  // A user's organization is no part of the row.
  return JSON.stringify([user_id, role, user_id === '' ? organization_id : '', managed_by]);
}

/** Rows on which drafted ones were made and that others have changed meanwhile, as the server tells them. */
export interface ChangedRows {
  /** As they are now. */
  readonly present: readonly AccessRow[];
  /** Those that are not there any more. */
  readonly absent: readonly AccessRow[];
}

/** Drafted rows on what is stored by now, where others have changed it: each as `choices` say, or else as the draft has it. */
export function mergeRows(
  pending: readonly PendingRow[],
  changed: ChangedRows = { present: [], absent: [] },
  choices: ReadonlyMap<string, Side> = new Map(),
): { readonly rows: readonly PendingRow[]; readonly conflicts: readonly Conflict[] } {
  const now = new Map<string, AccessRow | undefined>([
    ...changed.absent.map((row) => [rowKey(row), undefined] as const),
    ...changed.present.map((row) => [rowKey(row), row] as const),
  ]);
  const conflicts: Conflict[] = [];
  const rows = pending.flatMap((each): readonly PendingRow[] => {
    const key = rowKey(each.row);
    if (!now.has(key)) return [each];
    const { was, ...drafted } = each;
    const [theirs, place] = [now.get(key), `/access${pointerStep(key)}/access`];
    const side = choices.get(place) ?? 'yours';
    conflicts.push({ place, base: was, theirs, yours: each.kind === 'drop' ? undefined : each.row, side });
    return side === 'theirs' ? [] : [{ ...drafted, ...(theirs === undefined ? {} : { was: theirs }) }];
  });
  return { rows, conflicts };
}
