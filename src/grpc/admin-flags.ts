import type { InspectionService } from '../services/inspection.js';
import { accessMessage } from './access-row.js';
import type { AdminRpcs } from './admin-rpcs.js';
import { flagMessage } from './flag-message.js';
import { pageRequest } from './page-request.js';
import { given } from './values.js';

/** Looking into flags and their access rows. */
export function flagRpcs(inspection: InspectionService): AdminRpcs<'getFlag' | 'listFlags' | 'listAccess'> {
  return {
    getFlag: {
      handle: async ({ flag }, call) => ({ flag: flagMessage(await inspection.flag(call, flag)) }),
    },
    listFlags: {
      async handle(request, call) {
        const { tag, archived } = request;
        const filter = { ...(tag === '' ? {} : { tag }), ...given('archived', archived) };
        const { items, next = '' } = await inspection.flags(call, pageRequest(request), filter);
        return { flags: items.map(flagMessage), nextPageToken: next };
      },
    },
    listAccess: {
      async handle(request, call) {
        const { items, next = '' } = await inspection.access(call, request.flag, pageRequest(request));
        return { access: items.map(accessMessage), nextPageToken: next };
      },
    },
  };
}
