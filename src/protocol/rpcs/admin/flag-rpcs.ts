import type { FlagLookup } from '../../../services/flags/flag-lookup.js';
import { accessMessage } from '../../messages/access-row.js';
import { flagMessage } from '../../messages/flag-message.js';
import { pageRequest } from '../../messages/page-request.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** Looking into flags and their access rows. */
export function flagRpcs(flagLookup: FlagLookup): AdminRpcs<'getFlag' | 'listFlags' | 'listAccess'> {
  return {
    getFlag: {
      handle: async ({ flag }, call) => ({ flag: flagMessage(await flagLookup.get(call, flag)) }),
    },
    listFlags: {
      async handle(request, call) {
        const { tag, archived } = request;
        const filter = { ...(tag === '' ? {} : { tag }), ...(archived === undefined ? {} : { archived }) };
        const { items, next = '' } = await flagLookup.list(call, pageRequest(request), filter);
        return { flags: items.map(flagMessage), nextPageToken: next };
      },
    },
    listAccess: {
      async handle(request, call) {
        const { items, next = '' } = await flagLookup.access(call, request.flag, pageRequest(request));
        return { access: items.map(accessMessage), nextPageToken: next };
      },
    },
  };
}
