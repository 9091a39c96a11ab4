import type { Call } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { authorize } from '../../calls/permissions.js';
import { roleLevels, rolesOf } from '../../core/states/role-hierarchy.js';
import { NO_ACTIONS, type UserState } from '../../core/states/user-state.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import { administeredFor } from '../access/caller-reach.js';

/** A member of an organization as those who administer it see them. */
export interface Member extends Pick<UserState, 'id' | 'roles' | 'stage' | 'joinedAt'> {
  /** The roles that theirs inherit, the nearest first. */
  readonly inheritedRoles: readonly string[];
}

/** The most states that one read gives. */
const STATES_AT_ONCE = 500;

/** Who is in an organization. */
export class OrganizationMembers {
  readonly #store: Pick<Store, 'members' | 'states'>;

  constructor(store: Pick<Store, 'members' | 'states'>) {
    this.#store = store;
  }

  /** Members in the order of users; of those alone who were given `role` themselves, where it is not ''. */
  async list(call: Call, organizationId: string, page: PageRequest, role: string): Promise<Page<Member>> {
    authorize(call, 'ListOrganizationMembers');
    administeredFor(call, 'ListOrganizationMembers', organizationId);
    if (role !== '') requireName('role', role, '/role');
    const { members, states } = this.#store;
    const { items, ...rest } = await members.list(organizationId, page, role === '' ? undefined : role);
    const roles = rolesOf((await states.organizations([organizationId])).get(organizationId));
    const listed: Member[] = [];
    for (let i = 0; i < items.length; i += STATES_AT_ONCE) {
      const some = await states.users(items.slice(i, i + STATES_AT_ONCE), NO_ACTIONS);
      for (const { id, organizationId: present, roles: own, stage, joinedAt } of some.values()) {
        // Whoever has left since is none any more.
        if (present !== organizationId) continue;
        const inheritedRoles = roleLevels(own, roles).slice(1).flat();
        listed.push({ id, roles: own, stage, inheritedRoles, ...(joinedAt === undefined ? {} : { joinedAt }) });
      }
    }
    return { items: listed, ...rest };
  }
}
