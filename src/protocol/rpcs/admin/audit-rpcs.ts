import type { AuditService } from '../../../services/audit/audit.js';
import { instant } from '../../messages/fields.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** Reading the audit. */
export function auditRpcs(audit: AuditService): AdminRpcs<'listAudit'> {
  return {
    listAudit: {
      async handle(request, call) {
        const paging = new Paging('ListAudit', request);
        const { target } = request;
        const filter = target === '' ? {} : { target };
        const { items, next } = await audit.list(call, paging.page, filter);
        return {
          entries: items.map((entry) => ({ ...entry, at: instant(entry.at) })),
          nextPageToken: paging.tokenOf(next),
        };
      },
    },
  };
}
