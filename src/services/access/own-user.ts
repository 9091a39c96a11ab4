import { type Call, confinedTo } from '../../calls/caller.js';
import { notFound } from '../../calls/errors.js';
import type { UserState } from '../../core/states/user-state.js';
import { quote } from '../../core/values/json.js';

/**
 * Rejects with NOT_FOUND a user whom the caller may not name: people name themselves, a token that is bound to an
 * organization that organization's users. Whether the user exists elsewhere is not told.
 */
export function requireOwnUser({ caller }: Call, user: UserState): void {
  const own =
    caller.kind === 'person'
      ? user.id === caller.userId
      : confinedTo(caller) === '' || user.organizationId === confinedTo(caller);
  if (!own) throw notFound(`no user ${quote(user.id)}`);
}
