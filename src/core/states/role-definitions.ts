import type { Fault } from '../values/fault.js';
import { findCircle } from '../values/find-circle.js';
import { quote } from '../values/json.js';
import { faultOfNames } from '../values/names.js';
import { didYouMean } from '../values/nearest-name.js';
import type { RoleDefinition } from './organization-state.js';
import { isBuiltInRole, rolesOf } from './role-hierarchy.js';

const MAX_ROLES = 200;
const MAX_INHERITED = 20;

/** What is wrong with the roles that an organization is to define, by its place among them, or undefined. */
export function faultOfRoles(roles: readonly RoleDefinition[]): Fault | undefined {
  if (roles.length > MAX_ROLES) {
    return { pointer: '', message: `an organization defines at most ${MAX_ROLES} roles, not ${roles.length}` };
  }
  const named = faultOfNames('role', roles);
  if (named !== undefined) return named;
  const known = rolesOf({ roles });
  for (const [i, role] of roles.entries()) {
    const fault = faultOfRole(role, known);
    if (fault !== undefined) return { ...fault, pointer: `/${i}${fault.pointer}` };
  }
  const circle = findCircle(known.keys(), (role) => known.get(role) ?? []);
  return circle === undefined
    ? undefined
    : { pointer: '', message: `roles inherit one another: ${circle.join(' → ')}; leave out one of these` };
}

function faultOfRole({ name, inherits }: RoleDefinition, known: ReadonlyMap<string, unknown>): Fault | undefined {
  if (isBuiltInRole(name)) {
    const message = `the role ${quote(name)} is built in, as every organization has it; define one of another name that inherits it`;
    return { pointer: '/name', message };
  }
  if (inherits.length > MAX_INHERITED) {
    const message = `the role ${quote(name)} inherits ${inherits.length} roles directly, and ${MAX_INHERITED} is the most`;
    return { pointer: '/inherits', message };
  }
  for (const [i, parent] of inherits.entries()) {
    const pointer = `/inherits/${i}`;
    if (inherits.indexOf(parent) < i) {
      return { pointer, message: `the role ${quote(name)} inherits ${quote(parent)} twice; leave one out` };
    }
    if (known.has(parent)) continue;
    const names = [...known.keys()].join(', ');
    const near = didYouMean(parent, known.keys());
    return { pointer, message: `the role ${quote(name)} inherits ${quote(parent)}, which is none of: ${names}${near}` };
  }
  return undefined;
}
