import type { AuditEntry } from '../../../../src/protocol/gen/admin-json.js';

/** What decides flags for people without being one, and without being a segment: nobody counts from whom undoing it takes one. */
const ENTRIES: readonly string[] = ['stages.set', 'organization.set', 'organization.roles.set'];

/** Whether undoing an entry may take flags from people, and it cannot be asked how many. */
export function isUncounted({ action, before, after }: AuditEntry): boolean {
  if (ENTRIES.includes(action)) return true;
  // Of an action that events name nothing is counted otherwise; of a derived one everything may be.
  return /^actions?\./.test(action) && JSON.stringify([before, after]).includes('"derivation":');
}
