import { invalidAt } from '../../calls/errors.js';
import type { UserState } from '../../core/states/user-state.js';
import { quote } from '../../core/values/json.js';

// Somebody of whom there are only rows, a ledger, counts, progress or traits has not been identified: whoever does so first says
// whose user it is. The platform may say beforehand which organization alone that can be. See `docs/decisions/deleted-users.md`.

/** That a row, or a grant, names the organization which its user is expected in. */
export interface Expectation {
  readonly userId: string;
  readonly organizationId: string;
  /** Where the request says so. */
  readonly pointer: string;
}

/** Whether a token that is bound to this organization may say who the user is, and so take them for its own. */
export function mayClaim(user: UserState, organizationId: string): boolean {
  const { identified, deletedAt, expectedOrganization, stage, stagesReached, attributes } = user;
  if (identified === true || deletedAt !== undefined) return false;
  if (expectedOrganization !== undefined) return expectedOrganization === organizationId;
  return stage === '' && stagesReached.length + Object.keys(attributes).length === 0;
}

/**
 * The user as expected in that organization; the same state where nothing changes. Rejects with INVALID one for whom it would
 * have no effect: whoever is identified, or was deleted, is for the platform alone to identify.
 */
export function expectedIn(user: UserState, { organizationId, pointer }: Omit<Expectation, 'userId'>): UserState {
  const { id, identified, deletedAt, expectedOrganization, organizationId: present } = user;
  if (identified === true && present === organizationId) return user;
  if (identified === true || deletedAt !== undefined) {
    const known = present === '' ? 'known, and in no organization' : `in the organization ${quote(present)}`;
    throw invalidAt(
      pointer,
      `the user ${quote(id)} ${identified === true ? `is ${known}` : 'was deleted'}, so that the organization ` +
        `${quote(organizationId)} cannot be expected to say who they are; leave it out, or identify the user with it`,
    );
  }
  return expectedOrganization === organizationId ? user : { ...user, expectedOrganization: organizationId };
}
