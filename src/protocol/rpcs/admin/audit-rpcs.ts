import type { AuditService } from '../../../services/audit/audit.js';
import { instant } from '../../messages/fields.js';
import { pageRequest } from '../../messages/page-request.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** What operators and tokens changed. */
export function auditRpcs(audit: AuditService): AdminRpcs<'listAudit'> {
  return {
    listAudit: {
      async handle(request, call) {
        const { target } = request;
        const filter = target === '' ? {} : { target };
        const { items, next = '' } = await audit.list(call, pageRequest(request), filter);
        return { entries: items.map((entry) => ({ ...entry, at: instant(entry.at) })), nextPageToken: next };
      },
    },
  };
}
