import type { Call } from '../../calls/caller.js';
import { notFound } from '../../calls/errors.js';
import { authorize, type Operation } from '../../calls/permissions.js';
import { quote } from '../../core/values/json.js';
import type { AuditChange } from '../../store/audit-store.js';
import { managerOf } from '../access/caller-reach.js';

/** The organization to whose own history a caller is confined; '' for the platform. Rejects with FORBIDDEN who may read none. */
export function historyOf(call: Call, operation: Operation): string {
  authorize(call, operation);
  return managerOf(call.caller, operation);
}

/** Rejects with NOT_FOUND an organization out of the caller's reach. */
export function requireOwnHistory(confined: string, organizationId: string): void {
  if (confined !== '' && confined !== organizationId) throw notFound(`no organization ${quote(organizationId)}`);
}

/** By what name an organization is told of everybody who acts for the platform. */
const PLATFORM = 'platform';

type Told = Pick<AuditChange, 'actor' | 'actorOrganization' | 'requestId' | 'comment'>;

/** Who made a change and why, as a caller may be told: an organization learns nothing of the platform's people, and of what they noted. */
export function toldTo<T extends Told>(confined: string, change: T): T {
  if (confined === '' || change.actorOrganization === confined) return change;
  return { ...change, actor: PLATFORM, requestId: '', comment: '' };
}
