import type { Effect } from '../flags/flag.js';

/** The members of an access row that the index needs. Rows of a user name no role. */
interface IndexableRow {
  readonly flagId: string;
  readonly managedBy: string;
  readonly role?: string;
  readonly effect: Effect;
  readonly enabled: boolean;
}

/** Active rows: flag id → who manages them → role ('' for a row of the whole user or organization) → effect. */
export type RowIndex = ReadonlyMap<string, ReadonlyMap<string, RowEffects>>;

export type RowEffects = ReadonlyMap<string, Effect>;

type Growing = Map<string, Map<string, Map<string, Effect>>>;

const NO_ROWS: RowIndex = new Map();

/** The index of each state's rows. A state is never changed, so its index is made once. */
const indexed = new WeakMap<readonly IndexableRow[], RowIndex>();

/** The active rows of a state by flag, so that a decision finds those of its flag, however many others there are. */
export function indexRows(rows: readonly IndexableRow[]): RowIndex {
  if (rows.length === 0) return NO_ROWS;
  const known = indexed.get(rows);
  if (known !== undefined) return known;
  const index: Growing = new Map();
  for (const { flagId, managedBy, role = '', effect, enabled } of rows) {
    if (!enabled) continue;
    const managers = index.get(flagId) ?? new Map<string, Map<string, Effect>>();
    const effects = managers.get(managedBy) ?? new Map<string, Effect>();
    index.set(flagId, managers.set(managedBy, effects.set(role, effect)));
  }
  indexed.set(rows, index);
  return index;
}
