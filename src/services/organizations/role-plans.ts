import { requireName } from '../../calls/check-input.js';
import { conflict, invalidAt, notFound } from '../../calls/errors.js';
import type { OrganizationState, RoleDefinition } from '../../core/states/organization-state.js';
import { type RoleChange, type RoleMove, removed, renamed, stillMoving } from '../../core/states/role-change.js';
import { faultOfRoles } from '../../core/states/role-definitions.js';
import { BUILT_IN_NAMES, isBuiltInRole, roleLevels, rolesOf } from '../../core/states/role-hierarchy.js';
import { quote } from '../../core/values/json.js';
import { didYouMean } from '../../core/values/nearest-name.js';

/** A change of an organization's roles as it is asked for: the whole hierarchy, or the rename or the removal of one role. */
export type RoleDraft =
  | { readonly kind: 'set'; readonly roles: readonly RoleDefinition[] }
  | { readonly kind: 'rename' | 'remove'; readonly role: string; readonly to: string };

/** What a draft comes to, by the organization as it is. What is wrong with it by itself is thrown at once. */
export function planOf(draft: RoleDraft): (before: OrganizationState) => RoleChange {
  if (draft.kind === 'set') {
    const fault = faultOfRoles(draft.roles);
    if (fault !== undefined) throw invalidAt(`/roles${fault.pointer}`, fault.message);
    return (before) => ({ roles: stillMoving(draft.roles, before.roles) });
  }
  const { role: from, to } = draft;
  if (draft.kind === 'rename') {
    requireName('role', to, '/to');
    return (before) => planRename(before, { from, to });
  }
  if (to === from) throw invalidAt('/move_to', `the role ${quote(from)} cannot take its own place; name another one`);
  return (before) => planRemoval(before, { from, to });
}

function planRename(before: OrganizationState, move: RoleMove): RoleChange {
  const { from, to } = move;
  requireOwnRole(before, move);
  if (isMoving(before, move)) return moving(before, move);
  if (rolesOf(before).has(to)) {
    const message = `the organization has a role ${quote(to)} already; remove ${quote(from)} with move_to ${quote(to)} to make one of the two`;
    throw invalidAt('/to', message);
  }
  return renamed(before.roles, move);
}

function planRemoval(before: OrganizationState, move: RoleMove): RoleChange {
  requireOwnRole(before, move);
  if (move.to !== '') requireRole(before, move.to, '/move_to');
  if (isMoving(before, move)) return moving(before, move);
  if (roleLevels([move.to], rolesOf(before)).flat().includes(move.from)) {
    const message = `${quote(move.to)} inherits ${quote(move.from)}, and cannot take its place; name another role, or have it inherit others first`;
    throw invalidAt('/move_to', message);
  }
  const change = removed(before.roles, move);
  const fault = faultOfRoles(change.roles);
  if (move.to !== '' && fault !== undefined) throw invalidAt('/move_to', fault.message);
  return change;
}

/** A role whose members are being moved: it inherits the one to which they are. */
export function leavingRole({ from, to }: RoleMove): RoleDefinition {
  return { name: from, inherits: [to], movingTo: to };
}

export function isMoving({ roles }: OrganizationState, { from, to }: RoleMove): boolean {
  return roles.some(({ name, movingTo }) => name === from && movingTo === to);
}

/** A move that goes on: its roles are as they were left. */
function moving({ roles }: OrganizationState, move: RoleMove): RoleChange {
  return { roles: roles.filter(({ name }) => name !== move.from), move };
}

/** Rejects a role that the organization does not define itself, or whose members are on their way to another one. */
function requireOwnRole(organization: OrganizationState, { from: role, to }: RoleMove): void {
  if (isBuiltInRole(role)) {
    throw invalidAt(
      '/name',
      `the role ${quote(role)} is built in, as ${BUILT_IN_NAMES.join(', ')} are: it stays as it is`,
    );
  }
  const own = organization.roles.map(({ name }) => name);
  const { movingTo } = organization.roles.find(({ name }) => name === role) ?? {};
  if (movingTo !== undefined && movingTo !== to) {
    throw conflict(
      `members of the role ${quote(role)} are being moved to ${quote(movingTo)}; make that call again first`,
    );
  }
  if (own.includes(role)) return;
  const has = own.length === 0 ? 'it defines none' : `it defines ${own.join(', ')}`;
  throw notFound(
    `the organization ${quote(organization.id)} defines no role ${quote(role)}; ${has}${didYouMean(role, own)}`,
  );
}

function requireRole(organization: OrganizationState, role: string, pointer: string): void {
  const known = [...rolesOf(organization).keys()];
  if (known.includes(role)) {
    const other = organization.roles.find(({ name }) => name === role)?.movingTo;
    if (other === undefined) return;
    throw conflict(`members of the role ${quote(role)} are being moved to ${quote(other)}; name that one`);
  }
  throw invalidAt(
    pointer,
    `the organization ${quote(organization.id)} has no role ${quote(role)}; it has ${known.join(', ')}${didYouMean(role, known)}`,
  );
}
