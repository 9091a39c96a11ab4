import type { AccessRow } from '../flags/flag.js';
import { sameJson } from '../values/json.js';
import type { OrganizationState, RoleDefinition } from './organization-state.js';
import { rolesOf } from './role-hierarchy.js';

/** That a role of an organization goes, and who has it gets another. */
export interface RoleMove {
  readonly from: string;
  /** Another role; '' for none. */
  readonly to: string;
}

/** What a change of an organization's roles comes to. */
export interface RoleChange {
  /** The roles that it defines from then on. */
  readonly roles: readonly RoleDefinition[];
  /** Left out: everybody keeps the roles that they have. */
  readonly move?: RoleMove;
}

/** The rename of a role: it keeps its place and what it inherits, and whoever inherits it goes on doing so. */
export function renamed(roles: readonly RoleDefinition[], { from, to }: RoleMove): RoleChange {
  const named = roles.map((role) => (role.name === from ? { name: to, inherits: role.inherits } : role));
  return { roles: named.map((role) => inheriting(role, { from, to })), move: { from, to } };
}

/** The removal of a role. What inherits it inherits the one to which it is moved instead. */
export function removed(roles: readonly RoleDefinition[], { from, to }: RoleMove): RoleChange {
  const left = roles.filter(({ name }) => name !== from);
  return {
    roles: to === '' ? left : left.map((role) => inheriting(role, { from, to })),
    ...(to !== '' && { move: { from, to } }),
  };
}

/** A role whose members are on their way to the one that goes is on its way to the other then: an interrupted move goes on to there. */
function inheriting(role: RoleDefinition, move: RoleMove): RoleDefinition {
  const moving = role.movingTo === move.from ? { ...role, movingTo: move.to } : role;
  return role.inherits.includes(move.from) ? { ...moving, inherits: movedRoles(role.inherits, move) } : moving;
}

/** The role that members of one that goes are given now; undefined where it goes no more, or that other one is defined no more. */
export function presentTarget({ roles }: Pick<OrganizationState, 'roles'>, { from, to }: RoleMove): string | undefined {
  const leaving = roles.find(({ name }) => name === from);
  const target = leaving === undefined ? to : leaving.movingTo;
  return target !== undefined && rolesOf({ roles }).has(target) ? target : undefined;
}

/** Roles after a move, each once, in their order; the same list where it has none that is moved. */
export function movedRoles(roles: readonly string[], { from, to }: RoleMove): readonly string[] {
  if (!roles.includes(from)) return roles;
  return [...new Set(roles.map((role) => (role === from ? to : role)))].filter((role) => role !== '');
}

/** Access rows of an organization that a move changes: those that go, and those that come in their place. */
export interface MovedRows {
  readonly drop: readonly AccessRow[];
  readonly put: readonly AccessRow[];
}

/** A row that the other role has already for the same flag, by the same manager, stays as it is: the moved one goes. */
export function movedRows(access: readonly AccessRow[], { from, to }: RoleMove): MovedRows {
  const drop = access.filter(({ role }) => role === from);
  const taken = new Set(access.filter(({ role }) => role === to).map(keyOf));
  return { drop, put: drop.filter((row) => !taken.has(keyOf(row))).map((row) => ({ ...row, role: to })) };
}

function keyOf({ flagId, managedBy }: AccessRow): string {
  return JSON.stringify([flagId, managedBy]);
}

/** The organization when the change has come to its end. */
export function organizationAfter(before: OrganizationState, { roles, move }: RoleChange): OrganizationState {
  if (move === undefined) return { ...before, roles };
  const { drop, put } = movedRows(before.access, move);
  const access = drop.length === 0 ? before.access : [...before.access.filter((row) => !drop.includes(row)), ...put];
  return { ...before, roles, access };
}

/** Roles of an organization that are to be gone, and are there. */
export function goneRoles(before: readonly RoleDefinition[], after: readonly RoleDefinition[]): readonly string[] {
  const left = new Set(after.map(({ name }) => name));
  return before.map(({ name }) => name).filter((name) => !left.has(name));
}

/** Whether two lists define the same roles, in the same order. */
export function sameRoles(one: readonly RoleDefinition[], other: readonly RoleDefinition[]): boolean {
  const json = (roles: readonly RoleDefinition[]) =>
    roles.map(({ name, inherits, movingTo = '' }) => [name, [...inherits], movingTo]);
  return sameJson(json(one), json(other));
}

/** Roles as a caller gives them: one that is being moved goes on being moved, unless it inherits otherwise now. */
export function stillMoving(
  given: readonly RoleDefinition[],
  before: readonly RoleDefinition[],
): readonly RoleDefinition[] {
  return given.map((role) => {
    const { movingTo, inherits } = before.find(({ name }) => name === role.name) ?? role;
    return movingTo !== undefined && sameJson([...inherits], [...role.inherits]) ? { ...role, movingTo } : role;
  });
}
