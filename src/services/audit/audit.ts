import type { Call } from '../../calls/caller.js';
import { authorize } from '../../calls/permissions.js';
import type { AuditEntry } from '../../store/audit-store.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';

/** Who changed what, and when. `src/calls/record-audit.ts` writes it, in the transaction of each change. */
export class AuditService {
  readonly #audit: Store['audit'];

  constructor({ audit }: Pick<Store, 'audit'>) {
    this.#audit = audit;
  }

  /** Newest first; `target` is the key or id of what was changed, left out for all. */
  async list(call: Call, page: PageRequest, filter: { readonly target?: string }): Promise<Page<AuditEntry>> {
    authorize(call, 'ListAudit');
    return this.#audit.list(page, filter);
  }
}
