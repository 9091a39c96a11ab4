import type { InspectionService } from '../services/inspection.js';
import type { AdminRpcs } from './admin-rpcs.js';
import { pageRequest } from './page-request.js';
import { instant } from './values.js';

/** What operators and tokens changed. */
export function auditRpcs(inspection: InspectionService): AdminRpcs<'listAudit'> {
  return {
    listAudit: {
      async handle(request, call) {
        const { target } = request;
        const filter = target === '' ? {} : { target };
        const { items, next = '' } = await inspection.audit(call, pageRequest(request), filter);
        return { entries: items.map((entry) => ({ ...entry, at: instant(entry.at) })), nextPageToken: next };
      },
    },
  };
}
