import type { Finding } from '../../../services/finding/finding.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** Finding users and organizations. */
export function findingRpcs(finding: Finding): AdminRpcs<'listOrganizations'> {
  return {
    listOrganizations: {
      async handle(request, call) {
        const paging = new Paging('ListOrganizations', request);
        const { items, next } = await finding.organizations(call, { ...request, page: paging.page });
        const organizations = items.map(({ id, version, strictRoles, ownRoles, members }) => ({
          ...{ id, version, strictRoles, ownRoles },
          ...(members === undefined ? {} : { members }),
        }));
        return { organizations, nextPageToken: paging.tokenOf(next) };
      },
    },
  };
}
