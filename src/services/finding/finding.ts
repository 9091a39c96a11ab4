import type { Call } from '../../calls/caller.js';
import { authorize } from '../../calls/permissions.js';
import { MAX_LENGTH } from '../../core/values/names.js';
import type { FoundOrganization } from '../../store/finder.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import { managerOf } from '../access/caller-reach.js';
import { requireSearchText } from './search-text.js';

/** Users and organizations, found for those who administer them. Who is confined to an organization finds that one and its users. */
export class Finding {
  readonly #finder: Store['finder'];

  constructor({ finder }: Pick<Store, 'finder'>) {
    this.#finder = finder;
  }

  /** Organizations by id, those alone whose ids begin with `q`. */
  async organizations(
    call: Call,
    { q, countMembers, page }: { readonly q: string; readonly countMembers: boolean; readonly page: PageRequest },
  ): Promise<Page<FoundOrganization>> {
    authorize(call, 'ListOrganizations');
    const confined = managerOf(call.caller, 'ListOrganizations');
    requireSearchText(q, MAX_LENGTH.organizationId);
    if (confined === '') return this.#finder.organizations({ ...page, prefix: q, countMembers });
    if (!confined.startsWith(q)) return { items: [] };
    // No other organization's id is shorter than its own and begins with it all.
    const { items } = await this.#finder.organizations({ prefix: confined, countMembers, limit: 1 });
    return { items: items.filter(({ id }) => id === confined) };
  }
}
