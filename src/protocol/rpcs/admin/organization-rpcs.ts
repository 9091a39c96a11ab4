import { invalidAt } from '../../../calls/errors.js';
import type { RoleDefinition } from '../../../core/states/organization-state.js';
import type { SetOrganizationInput } from '../../../services/organizations/organizations.js';
import type { ServiceSet } from '../../../services/service-set.js';
import type { Organization, RoleDefinition as RoleMessage } from '../../gen/latchkey/v1/organization.js';
import { organizationMessage } from '../../messages/configuration-messages.js';
import { jsonObject, updateMask } from '../../messages/fields.js';
import { ORGANIZATION_PATHS } from '../../messages/mask-paths.js';
import type { AdminRpcs } from './admin-rpcs.js';
import { totalsOf, unlocksOf } from './user-rpcs.js';

/** Reading, changing and deleting organizations. */
export function organizationRpcs({
  organizations,
  organizationDeletion,
  keeper,
}: Pick<ServiceSet, 'organizations' | 'organizationDeletion' | 'keeper'>): AdminRpcs<
  'setOrganization' | 'getOrganization' | 'deleteOrganization'
> {
  return {
    setOrganization: {
      async handle(request, call) {
        if (request.organization === undefined)
          throw invalidAt('/organization', 'organization is missing; give at least organization.id');
        const { organization, backfillIds, consistencyToken } = await organizations.set(call, {
          id: request.organization.id,
          ...fieldsOf(request.organization, updateMask(request.updateMask, ORGANIZATION_PATHS)),
          expectedVersion: request.expectedVersion,
          comment: request.comment,
        });
        return { organization: organizationMessage(organization), backfillIds: [...backfillIds], consistencyToken };
      },
    },
    getOrganization: {
      async handle({ id }, call) {
        const organization = await organizations.get(call, id);
        const { earner } = organization;
        return {
          organization: organizationMessage(organization),
          actionTotals: earner === undefined ? [] : totalsOf(earner),
          unlocks: earner === undefined ? [] : unlocksOf(earner, keeper.snapshot, call),
        };
      },
    },
    deleteOrganization: { handle: (request, call) => organizationDeletion.delete(call, request) },
  };
}

function fieldsOf(
  { attributes, timeZone, strictRoles, roles }: Organization,
  mask: ReadonlySet<string> | undefined,
): Pick<SetOrganizationInput, 'attributes' | 'timeZone' | 'strictRoles' | 'roles'> {
  if (mask === undefined) {
    return {
      attributes: jsonObject(attributes),
      timeZone,
      strictRoles,
      roles: roles.length === 0 ? undefined : roleInputs(roles),
    };
  }
  return {
    attributes: mask.has('attributes') ? (jsonObject(attributes) ?? {}) : undefined,
    timeZone: mask.has('time_zone') ? (timeZone ?? '') : undefined,
    strictRoles: mask.has('strict_roles') ? (strictRoles ?? false) : undefined,
    roles: mask.has('roles') ? roleInputs(roles) : undefined,
  };
}

/** Roles from a request: what the server sets of them is left out. */
export function roleInputs(roles: readonly RoleMessage[]): readonly RoleDefinition[] {
  return roles.map(({ name, inherits }) => ({ name, inherits }));
}
