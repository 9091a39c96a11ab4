import type { Call } from '../../calls/caller.js';
import { requireSearchText } from '../../calls/check-input.js';
import { authorize } from '../../calls/permissions.js';
import { MAX_LENGTH } from '../../core/values/names.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';

/** How far the members of one organization have come. */
export interface OrganizationFunnel {
  readonly organizationId: string;
  /** The stages of the list, in their order. */
  readonly stages: readonly OrganizationStage[];
}

export interface OrganizationStage {
  readonly stage: string;
  readonly reached: number;
  readonly now: number;
  /** Who reached it and is elsewhere now. */
  readonly left: number;
}

/** At how many organizations one page looks. */
const MOST_AT_ONCE = 100;

/** The funnel of onboarding, organization by organization. */
export class OrganizationFunnels {
  readonly #store: Pick<Store, 'onboarding' | 'configuration' | 'finder'>;

  constructor(store: Pick<Store, 'onboarding' | 'configuration' | 'finder'>) {
    this.#store = store;
  }

  /**
   * A page of the organizations of which a member has reached a stage of the list, by id; of those alone whose ids begin with `q`. Counts
   * are exact. Where few have, a page may have fewer than it was asked for though there are more.
   */
  async list(call: Call, q: string, { limit, ...after }: PageRequest): Promise<Page<OrganizationFunnel>> {
    authorize(call, 'ListFunnels');
    requireSearchText(q, MAX_LENGTH.organizationId);
    const { onboarding, configuration, finder } = this.#store;
    const looked = { ...after, prefix: q, countMembers: false, limit: Math.min(limit, MOST_AT_ONCE) };
    const [{ stages }, { items, ...rest }] = await Promise.all([configuration.stages(), finder.organizations(looked)]);
    const names = stages.map(({ name }) => name);
    const organizationIds = items.map(({ id }) => id);
    const reach = await onboarding.breakdown({ organizationIds, stages: names });
    const funnels = organizationIds.flatMap((organizationId) => {
      const counted = new Map(reach.get(organizationId)?.map((of) => [of.stage, of]));
      if (counted.size === 0) return [];
      const told = names.map((stage) => {
        const { reached, now } = counted.get(stage) ?? { reached: 0, now: 0 };
        return { stage, reached, now, left: reached - now };
      });
      return [{ organizationId, stages: told }];
    });
    return { items: funnels, ...rest };
  }
}
