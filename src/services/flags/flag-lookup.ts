import type { Call } from '../../calls/caller.js';
import { requireSearchText } from '../../calls/check-input.js';
import { notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import type { AccessRow, Flag } from '../../core/flags/flag.js';
import { quote } from '../../core/values/json.js';
import { MAX_LENGTH } from '../../core/values/names.js';
import type { AccessFilter } from '../../store/configuration-store.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import { managerOf, requireDelegated } from '../access/caller-reach.js';

/** What operators read of flags and their access rows: as stored, never from a cache. */
export class FlagLookup {
  readonly #configuration: Store['configuration'];

  constructor({ configuration }: Pick<Store, 'configuration'>) {
    this.#configuration = configuration;
  }

  /** One flag, by its key or its id; an archived one too. */
  async get(call: Call, keyOrId: string): Promise<Flag> {
    authorize(call, 'GetFlag');
    return this.#flag(keyOrId);
  }

  /** A flag's access rows: the platform's and those that organizations manage. An organization is told of its own alone. */
  async access(
    call: Call,
    keyOrId: string,
    page: PageRequest,
    filter: Omit<AccessFilter, 'managedBy'> = {},
  ): Promise<Page<AccessRow>> {
    authorize(call, 'ListAccess');
    requireSearchText(filter.prefix ?? '', MAX_LENGTH.userId);
    const manager = managerOf(call.caller, 'ListAccess');
    if (manager !== '') requireDelegated(manager, await this.#configuration.flag(keyOrId), keyOrId);
    const flag = await this.#flag(keyOrId);
    return this.#configuration.access(flag.id, page, { ...filter, ...(manager === '' ? {} : { managedBy: manager }) });
  }

  async #flag(keyOrId: string): Promise<Flag> {
    const flag = await this.#configuration.flag(keyOrId);
    if (flag === undefined) throw notFound(`no flag ${quote(keyOrId)}`);
    return flag;
  }
}
