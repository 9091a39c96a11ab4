import type { AccessRow } from '../../core/flags/flag.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { UserState } from '../../core/states/user-state.js';
import { type AccessChange, accessAfter } from '../access/access-change.js';
import { isRoleRow, keyOfRow, type NamedRows } from '../access/access-rows.js';

/** The access rows that a draft of a flag puts and removes, laid over those that are stored. */
export class DraftedRows {
  readonly #roles: AccessChange;
  /** By user, and by organization: of very many users few are named. */
  readonly #users: ReadonlyMap<string, AccessChange>;
  readonly #organizations: ReadonlyMap<string, AccessChange>;
  /** An organization has many members, and is the same for each. */
  readonly #drafted = new WeakMap<OrganizationState, OrganizationState>();

  constructor(flagId: string, { put, drop }: Pick<NamedRows, 'put' | 'drop'>) {
    const ofFlag = (rows: NamedRows['put']): readonly AccessRow[] => rows.map((row) => ({ ...row, flagId }));
    const rows = { put: ofFlag(put), drop: ofFlag(drop) };
    this.#roles = { put: rows.put.filter(isRoleRow), drop: rows.drop.filter(isRoleRow), before: [] };
    this.#users = byName(rows, ({ userId }) => userId);
    this.#organizations = byName(rows, ({ organizationId }) => organizationId);
  }

  /** The flag's rows of roles on the whole platform. */
  ofRoles(stored: readonly AccessRow[]): readonly AccessRow[] {
    return changed(stored, this.#roles);
  }

  user(stored: UserState): UserState {
    const change = this.#users.get(stored.id);
    return change === undefined ? stored : { ...stored, access: accessAfter(stored, change) };
  }

  organization(stored: OrganizationState): OrganizationState {
    const change = this.#organizations.get(stored.id);
    if (change === undefined) return stored;
    const drafted = this.#drafted.get(stored) ?? { ...stored, access: changed(stored.access, change) };
    this.#drafted.set(stored, drafted);
    return drafted;
  }
}

function byName(
  { put, drop }: Pick<AccessChange, 'put' | 'drop'>,
  nameOf: (row: AccessRow) => string,
): ReadonlyMap<string, AccessChange> {
  const changes = new Map<string, { put: AccessRow[]; drop: AccessRow[]; before: [] }>();
  for (const kind of ['put', 'drop'] as const) {
    for (const row of kind === 'put' ? put : drop) {
      const name = nameOf(row);
      if (name === '') continue;
      const change = changes.get(name) ?? { put: [], drop: [], before: [] };
      changes.set(name, change);
      change[kind].push(row);
    }
  }
  return changes;
}

/** Rows after a change of those of one flag. */
function changed(stored: readonly AccessRow[], { put, drop }: AccessChange): readonly AccessRow[] {
  const keyOf = (row: AccessRow): string => `${row.flagId} ${keyOfRow(row)}`;
  const rows = new Map(stored.map((row) => [keyOf(row), row]));
  for (const row of put) rows.set(keyOf(row), row);
  for (const row of drop) rows.delete(keyOf(row));
  return [...rows.values()];
}
