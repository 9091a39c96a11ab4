import { unlocksOfJoining } from '../../core/requirements/unlocks-of-joining.js';
import { earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { UserState } from '../../core/states/user-state.js';
import type { Fault } from '../../core/values/fault.js';
import { quote } from '../../core/values/json.js';
import type { Transaction } from '../../store/store.js';

/** How many warnings a call may give. */
const MAX_WARNINGS = 50;

/** That a user joined at another instant than was said before, and all by which unlocks are judged then. */
export interface JoiningCorrected {
  readonly before: UserState;
  readonly snapshot: Snapshot;
  readonly organization: OrganizationState | undefined;
  readonly now: number;
}

/** What {@link joiningWarnings} need of a write that changes when a user joined, once that was known; undefined for any other. */
export async function correctionOfJoining(
  tx: Pick<Transaction, 'organizations'>,
  { before, after, snapshot, now }: Omit<JoiningCorrected, 'organization'> & { readonly after: UserState },
): Promise<JoiningCorrected | undefined> {
  if (before.joinedAt === undefined || before.joinedAt === after.joinedAt) return undefined;
  const { organizationId } = after;
  if (organizationId === '') return { before, snapshot, organization: undefined, now };
  const organizations = await tx.organizations.read([organizationId], earnerDaysOf(snapshot));
  return { before, snapshot, organization: organizations.get(organizationId), now };
}

/** A warning for each unlock that rests on the instant that was corrected. What is unlocked stays so, until somebody rearms it. */
export function joiningWarnings(corrected: JoiningCorrected, after: UserState): readonly Fault[] {
  return unlocksOfJoining({ ...corrected, after })
    .slice(0, MAX_WARNINGS)
    .map(({ compiled: { flag }, entry: { rule } }) => ({
      pointer: '/joined_at',
      message: `${quote(flag.key)} was unlocked by the joined_at before (rule ${quote(rule.name || rule.id)}) and still stands; let it be earned anew to have it forgotten`,
    }));
}
