import type { Consistency } from '../../calls/consistency/consistency-token.js';
import { type PresentRevisions, presentRevisions } from '../../calls/consistency/present-revisions.js';
import { unavailable } from '../../calls/errors.js';
import type { Store } from '../../store/store.js';

/**
 * Rejects with UNAVAILABLE a token that stands for a write which the database does not hold: it has lost the write in a fail-over or
 * a restore, or somebody made the token up. There is nothing to wait for then: once
 * the servers have noticed such a loss, the token has the store read. Rejects as the store does while it cannot tell.
 */
export async function requireHeld(
  store: Pick<Store, 'checkWriting' | 'transaction'>,
  token: Consistency,
): Promise<void> {
  const { users = [], organizations = [] } = token;
  const ids = (pairs: readonly (readonly [string, number])[]): readonly string[] => pairs.map(([id]) => id);
  const present = await presentRevisions(store, { users: ids(users), organizations: ids(organizations) });
  if (isHeld(token, present)) return;
  // It does not say which write: the token may name users who are none of the caller's business.
  throw unavailable(
    'consistency_token stands for a write that the database does not hold: the write was lost in a fail-over or a restore, or the ' +
      'token is not from here; call without it',
  );
}

function isHeld(
  { configuration = 0, users = [], organizations = [] }: Consistency,
  present: PresentRevisions,
): boolean {
  return (
    configuration <= present.configuration &&
    users.every(([id, revision]) => revision <= (present.users.get(id) ?? 0)) &&
    organizations.every(([id, revision]) => revision <= (present.organizations.get(id) ?? 0))
  );
}
