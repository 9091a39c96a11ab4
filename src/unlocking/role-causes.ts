import type { CompiledRule, Snapshot } from '../core/snapshot/snapshot.js';
import type { RoleCause } from '../core/states/ledger.js';
import { inRow, roleLevels, rolesOf } from '../core/states/role-hierarchy.js';
import { latch, type NewUnlock } from '../core/unlocking/latch.js';
import type { StoredStates } from '../core/unlocking/touched-flags.js';

/**
 * Of these unlocks, which a write has brought, those that are due to roles: whose rules read roles, and would not have become true had
 * the user kept those of before. Gives the cause for each, by its rule; none where the write has given no role.
 */
export function unlocksByRole(
  snapshot: Snapshot,
  unlocks: readonly NewUnlock[],
  { before, after, now }: { readonly before: StoredStates; readonly after: StoredStates; readonly now: number },
): ReadonlyMap<CompiledRule, RoleCause> {
  const reading = unlocks.filter(({ entry }) => readsRoles(snapshot, entry));
  if (reading.length === 0) return NONE;
  const had = new Set(effectiveRoles(before));
  const roles = effectiveRoles(after).filter((role) => !had.has(role));
  if (roles.length === 0) return NONE;
  const { user } = after;
  const { organizationId, roles: kept } = before.user;
  const among = new Set(reading.map(({ compiled }) => compiled.flag.key));
  const otherwise = latch(snapshot, { ...user, organizationId, roles: kept }, before.organization, now, { among });
  const anyway = new Set(otherwise.unlocks.map(({ entry }) => entry));
  const cause: RoleCause = { type: 'role', roles };
  return new Map(reading.filter(({ entry }) => !anyway.has(entry)).map(({ entry }) => [entry, cause]));
}

const NONE: ReadonlyMap<CompiledRule, RoleCause> = new Map<CompiledRule, RoleCause>();

function effectiveRoles({ user, organization }: StoredStates): readonly string[] {
  return inRow(roleLevels(user.roles, rolesOf(organization)));
}

/** Whether a rule reads roles itself, or by way of a segment. */
export function readsRoles({ slots }: Pick<Snapshot, 'slots'>, { conditions, byOrganization }: CompiledRule): boolean {
  if (byOrganization) return false;
  return Array.from(conditions.slotsRead).some((index) => slots.at(index).bound.changedBy.has('roles'));
}
