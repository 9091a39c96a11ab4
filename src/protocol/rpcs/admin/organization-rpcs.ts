import { invalidAt } from '../../../calls/errors.js';
import type { OrganizationService, SetOrganizationInput } from '../../../services/organizations/organizations.js';
import type { Organization } from '../../gen/latchkey/v1/organization.js';
import { organizationMessage } from '../../messages/configuration-messages.js';
import { jsonObject, updateMask } from '../../messages/fields.js';
import { ORGANIZATION_PATHS } from '../../messages/mask-paths.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** Reading and changing organizations. */
export function organizationRpcs(organizations: OrganizationService): AdminRpcs<'setOrganization' | 'getOrganization'> {
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
      handle: async ({ id }, call) => ({ organization: organizationMessage(await organizations.get(call, id)) }),
    },
  };
}

function fieldsOf(
  { attributes, timeZone, strictRoles, roles }: Organization,
  mask: ReadonlySet<string> | undefined,
): Pick<SetOrganizationInput, 'attributes' | 'timeZone' | 'strictRoles' | 'roles'> {
  if (mask === undefined) {
    return { attributes: jsonObject(attributes), timeZone, strictRoles, roles: roles.length === 0 ? undefined : roles };
  }
  return {
    attributes: mask.has('attributes') ? (jsonObject(attributes) ?? {}) : undefined,
    timeZone: mask.has('time_zone') ? (timeZone ?? '') : undefined,
    strictRoles: mask.has('strict_roles') ? (strictRoles ?? false) : undefined,
    roles: mask.has('roles') ? roles : undefined,
  };
}
