import type { OrganizationState, RoleDefinition } from './organization-state.js';

/** The roles that every organization has. */
const BUILT_IN_ROLES: readonly RoleDefinition[] = [
  { name: 'employee', inherits: [] },
  { name: 'manager', inherits: ['employee'] },
  { name: 'admin', inherits: ['manager'] },
];

/** The names of the roles that every organization has. */
export const BUILT_IN_NAMES: readonly string[] = BUILT_IN_ROLES.map(({ name }) => name);

export function isBuiltInRole(name: string): boolean {
  return BUILT_IN_NAMES.includes(name);
}

type RoleMap = ReadonlyMap<string, readonly string[]>;

const BUILT_IN: RoleMap = roleMap(BUILT_IN_ROLES);

/** The organization's roles by name, built-in ones included, each with the roles that it inherits directly. */
export function rolesOf(organization: Pick<OrganizationState, 'roles'> | undefined): RoleMap {
  if (organization === undefined || organization.roles.length === 0) return BUILT_IN;
  return roleMap([...BUILT_IN_ROLES, ...organization.roles]);
}

/**
 * A user's roles by distance: level 0 has the roles that they were given, level 1 those that level 0 inherits directly, and
 * so on; each role once, at its nearest level. A role that is not defined inherits nothing.
 */
export function roleLevels(own: readonly string[], roles: RoleMap): RoleLevels {
  if (roles !== BUILT_IN) return levelsOf(own, roles);
  const key = JSON.stringify(own);
  let known = builtInLevels.get(key);
  if (known === undefined) {
    known = levelsOf(own, roles);
    if (builtInLevels.size === MOST_KNOWN) builtInLevels.clear();
    builtInLevels.set(key, known);
  }
  return known;
}

export type RoleLevels = readonly (readonly string[])[];

/** Very many users have the same few roles, and what follows from these is held for each of them: so it is one for all. */
const builtInLevels = new Map<string, RoleLevels>();
const MOST_KNOWN = 1_000;

const rows = new WeakMap<RoleLevels, readonly string[]>();

/** All roles of these levels, the nearest first. */
export function inRow(levels: RoleLevels): readonly string[] {
  let row = rows.get(levels);
  if (row === undefined) {
    row = levels.flat();
    rows.set(levels, row);
  }
  return row;
}

function levelsOf(own: readonly string[], roles: RoleMap): RoleLevels {
  const levels: string[][] = [];
  const seen = new Set<string>();
  let level = own;
  while (level.length > 0) {
    const fresh = [...new Set(level)].filter((role) => !seen.has(role));
    if (fresh.length === 0) break;
    for (const role of fresh) seen.add(role);
    levels.push(fresh);
    level = fresh.flatMap((role) => roles.get(role) ?? []);
  }
  return levels;
}

function roleMap(definitions: readonly RoleDefinition[]): RoleMap {
  return new Map(definitions.map((role) => [role.name, role.inherits]));
}
