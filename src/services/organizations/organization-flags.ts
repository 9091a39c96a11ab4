import type { Call } from '../../calls/caller.js';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import {
  type OfOrganization,
  type OrganizationFlag,
  organizationFlag,
  sampleMembers,
} from '../../core/explaining/organization-flag.js';
import { earnerDaysOf } from '../../core/snapshot/snapshot.js';
import { unknownOrganization } from '../../core/states/organization-state.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import { administeredFor } from '../access/caller-reach.js';

export interface OrganizationFlagsOptions {
  readonly store: Pick<Store, 'states' | 'now'>;
  readonly keeper: Pick<ConfigurationKeeper, 'refresh'>;
}

/** What the platform has left to an organization, and what the organization has made of it. */
export class OrganizationFlags {
  readonly #options: OrganizationFlagsOptions;

  constructor(options: OrganizationFlagsOptions) {
    this.#options = options;
  }

  /**
   * A page of the delegated flags that are not archived, by key. The platform's own rows are told to the platform alone; to the organization
   * its verdict is told as people are told decisions.
   */
  async list(call: Call, organizationId: string, { after = '', limit }: PageRequest): Promise<Page<OrganizationFlag>> {
    authorize(call, 'ListOrganizationFlags');
    const manager = administeredFor(call, 'ListOrganizationFlags', organizationId);
    const { store, keeper } = this.#options;
    const [snapshot, now] = await Promise.all([keeper.refresh(), store.now()]);
    const states = await store.states.organizations([organizationId], earnerDaysOf(snapshot));
    const organization = states.get(organizationId) ?? unknownOrganization(organizationId);
    const of: OfOrganization = {
      ...{ snapshot, now, organization, audience: manager === '' ? 'OPERATOR' : 'PERSON' },
      members: sampleMembers(snapshot, organization),
    };
    const pauses = new EventLoopPauses(call);
    const items: OrganizationFlag[] = [];
    for (const [key, compiled] of snapshot.flags) {
      if (key <= after || compiled.flag.archived || !compiled.flag.delegated) continue;
      if (items.length === limit) return { items, next: items.at(-1)!.flagKey };
      items.push(organizationFlag(compiled, of));
      if (pauses.due(2 * of.members.length)) await pauses.take();
    }
    return { items };
  }
}
