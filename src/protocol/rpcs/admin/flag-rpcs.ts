import { namesIn } from '../../../core/sentences/uses.js';
import type { ServiceSet } from '../../../services/service-set.js';
import { accessMessage } from '../../messages/access-row.js';
import { flagMessage } from '../../messages/configuration-messages.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** Reading flags and their access rows. */
export function flagRpcs({
  flagLookup,
  keeper,
}: Pick<ServiceSet, 'flagLookup' | 'keeper'>): AdminRpcs<'getFlag' | 'listAccess'> {
  return {
    getFlag: {
      handle: async ({ flag }, call) => ({
        flag: flagMessage(await flagLookup.get(call, flag), namesIn(keeper.snapshot)),
      }),
    },
    listAccess: {
      async handle(request, call) {
        const paging = new Paging('ListAccess', request);
        const { items, next } = await flagLookup.access(call, request.flag, paging.page);
        return { access: items.map(accessMessage), nextPageToken: paging.tokenOf(next) };
      },
    },
  };
}
