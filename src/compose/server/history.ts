import { AuditService } from '../../services/history/audit.js';
import { RestoreService, type RestoreServices } from '../../services/history/restoring.js';
import { UndoService, type UndoServices } from '../../services/history/undo.js';
import { VersionService } from '../../services/history/versions.js';
import type { Store } from '../../store/store.js';

type Parts = Omit<RestoreServices & UndoServices, 'audit' | 'restoring' | 'versions'> & { readonly store: Store };

/** Constructs the audit, versions, and what brings either back, around the use cases that change things by hand. */
export function composeHistory(parts: Parts) {
  const audit = new AuditService(parts.store);
  const versions = new VersionService(parts.store);
  const restoring = new RestoreService({ ...parts, versions });
  return { audit, versions, restoring, undo: new UndoService({ ...parts, audit, restoring }) };
}
