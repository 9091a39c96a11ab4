import type { OrganizationRole, RoleDefinition } from '../../../../../src/protocol/gen/admin-json.js';

type Role = Pick<OrganizationRole, 'name' | 'inherits'>;

/** A role with those that inherit it below it. A role that inherits two stands below both. */
export interface RoleBranch {
  readonly name: string;
  readonly above: readonly RoleBranch[];
}

/** The hierarchy as a tree that begins with the roles that inherit nothing. */
export function roleTree(roles: readonly Role[]): readonly RoleBranch[] {
  const names = new Set(roles.map(({ name }) => name));
  const branch = (name: string, way: readonly string[]): RoleBranch => ({
    name,
    // The server refuses circles; one that is typed must not hang the page.
    above: roles
      .filter(({ name: other, inherits }) => inherits.includes(name) && !way.includes(other))
      .map(({ name: other }) => branch(other, [...way, other])),
  });
  return roles
    .filter(({ inherits }) => !inherits.some((each) => names.has(each)))
    .map(({ name }) => branch(name, [name]));
}

/** The circle that arises when `role` inherits `inherits`, as the way round it; undefined for none. */
export function circleOf(
  roles: readonly Role[],
  role: string,
  inherits: readonly string[],
): readonly string[] | undefined {
  const next = new Map(roles.map((each) => [each.name, each.name === role ? inherits : each.inherits]));
  next.set(role, inherits);
  const seen = new Set<string>();
  const walk = (name: string, way: readonly string[]): readonly string[] | undefined => {
    if (name === role && way.length > 1) return way;
    if (seen.has(name)) return undefined;
    seen.add(name);
    for (const each of next.get(name) ?? []) {
      const found = walk(each, [...way, each]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(role, [role]);
}

/** The roles that the organization defines, as a request has them. */
export function definedRoles(roles: readonly OrganizationRole[]): RoleDefinition[] {
  return roles
    .filter(({ built_in }) => !built_in)
    .map(({ name, inherits, moving_to }) => ({ name, inherits, moving_to }));
}
