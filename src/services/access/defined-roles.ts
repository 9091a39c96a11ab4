import { invalidAt } from '../../calls/errors.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import { rolesOf } from '../../core/states/role-hierarchy.js';
import { quote } from '../../core/values/json.js';
import { didYouMean } from '../../core/values/nearest-name.js';
import type { RowOwners } from './access-change.js';
import type { NamedRows } from './access-rows.js';

/** Rejects with INVALID a role that is neither built in nor defined, where the organization's roles are strict. */
export function requireDefinedRole(organization: OrganizationState | undefined, role: string, pointer: string): void {
  if (organization?.strictRoles !== true) return;
  const known = rolesOf(organization);
  if (known.has(role)) return;
  const names = [...known.keys()].join(', ');
  const near = didYouMean(role, known.keys());
  throw invalidAt(
    pointer,
    `the organization ${quote(organization.id)} has no role ${quote(role)}; it has ${names}${near}`,
  );
}

/** Rejects, likewise, access rows for roles within organizations that no user could have. */
export function requireRolesOfRows({ put }: NamedRows, { organizations }: RowOwners): void {
  for (const [i, { role, organizationId }] of put.entries()) {
    if (role !== '') requireDefinedRole(organizations.get(organizationId), role, `/access/${i}/role`);
  }
}
