import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { ANY_ACTION } from '../../core/values/names.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { Contribution, NewEvent } from '../../store/event-store.js';
import type { Transaction } from '../../store/store.js';
import type { Membership } from '../../store/user-store.js';
import type { HappenedTo } from '../../unlocking/judge-events.js';
import type { Round } from './reversal-rounds.js';

/**
 * What of a round of locked users concerns organizations, in the order in which it was received: events that count for them, and those
 * that take back one that may have, for the same organization, whoever reads it by now.
 */
export async function contributionsOf(
  tx: Pick<Transaction, 'users'>,
  { happened, reversed }: Pick<Round, 'happened' | 'reversed'>,
  snapshot: Snapshot,
): Promise<readonly Contribution[]> {
  const counted = await countedFor(tx, happened, snapshot);
  const takenBack = reversed.flatMap(({ event, original: { organizationId } }) =>
    organizationId === undefined ? [] : [{ event, organizationId }],
  );
  return [...counted, ...takenBack].toSorted((one, other) => one.event.receivedAt - other.event.receivedAt);
}

/**
 * The events whose action is read of organizations. The organization is the one that was said with the event, else the one that the user
 * was in when it occurred.
 */
async function countedFor(
  tx: Pick<Transaction, 'users'>,
  happened: readonly HappenedTo[],
  { organizationEarners }: Snapshot,
): Promise<readonly Contribution[]> {
  if (organizationEarners === undefined) return NONE;
  const { actions } = organizationEarners;
  const plain = happened.filter(({ reversal }) => reversal === undefined);
  const events = plain.flatMap((one) =>
    one.events.filter(({ action }) => actions.has(action) || actions.has(ANY_ACTION)),
  );
  if (events.length === 0) return NONE;
  const unsaid = new Set(events.flatMap(({ userId, organizationId }) => (organizationId === undefined ? userId : [])));
  const memberships = unsaid.size === 0 ? NO_MEMBERSHIPS : await tx.users.memberships([...unsaid]);
  return events.flatMap((event) => {
    const organizationId = event.organizationId ?? organizationAt(memberships.get(event.userId), event);
    return organizationId === '' ? [] : [{ event, organizationId }];
  });
}

/**
 * The organization that a user was in when an event occurred; '' for none, and where that is not known. What somebody does as soon as they
 * have entered their first one is of it, although their server's clock may be a little behind the database's, which the entry is noted by.
 */
function organizationAt(memberships: readonly Membership[] = NONE, { occurredAt }: NewEvent): string {
  const at = memberships.findLastIndex(({ since }) => since <= occurredAt);
  const present = memberships[at]?.organizationId ?? '';
  const next = memberships[at + 1];
  return present === '' && next !== undefined && next.since - occurredAt <= BEHIND_MS ? next.organizationId : present;
}

const BEHIND_MS = SECOND_MS;

const NONE: readonly never[] = [];
const NO_MEMBERSHIPS: ReadonlyMap<string, readonly Membership[]> = new Map<string, readonly Membership[]>();
