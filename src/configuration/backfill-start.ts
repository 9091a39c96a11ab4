import { randomUUID } from 'node:crypto';
import { latchingChanges } from '../core/snapshot/comparing/latching-changes.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { BackfillReason, NewBackfill } from '../store/backfill-store.js';
import type { Transaction } from '../store/store.js';

/** The configuration before and after a transaction's change; `after` was compiled from `before`. */
export interface ConfigurationChanged {
  readonly before: Snapshot;
  readonly after: Snapshot;
}

/** Notes since when actions count for organizations, where this transaction's change of the configuration has some be read of them. */
export async function noteOrganizationActions(
  tx: Pick<Transaction, 'days'>,
  { before, after }: ConfigurationChanged,
  now: number,
): Promise<void> {
  const [past, present] = [before, after].map(({ organizationEarners }) => organizationEarners?.actions ?? NONE);
  const more = [...present!].filter((action) => !past!.has(action));
  if (more.length > 0) await tx.days.countForOrganizations(more, now);
}

const NONE: ReadonlySet<string> = new Set<string>();

/**
 * Starts a backfill for each flag of which users may have earned more by this transaction's change of the configuration; gives
 * the backfills' ids, that of `first` before the others. It must be the last thing that the transaction does.
 */
export async function backfillChanges(
  tx: Transaction,
  { before, after }: ConfigurationChanged,
  { first, ...given }: { readonly reason: BackfillReason; readonly now: number; readonly first?: string },
): Promise<readonly string[]> {
  const { revision } = after;
  const flagIds = latchingChanges(before, after).toSorted((a, b) => Number(b === first) - Number(a === first));
  return startBackfills(tx, flagIds, { ...given, revision, organizationId: '' });
}

/**
 * Starts a backfill for each of these flags; gives the backfills' ids. The transaction must hold the configuration's revision, or have
 * confirmed it: a backfill begins when everybody has committed who had confirmed it by then. With `unlessPending` none is started where one
 * is pending that looks at the same users.
 */
export async function startBackfills(
  tx: Transaction,
  flagIds: readonly string[],
  {
    organizationId,
    reason,
    revision,
    now,
    unlessPending = false,
  }: Pick<NewBackfill, 'organizationId' | 'reason' | 'revision'> & { now: number; unlessPending?: boolean },
): Promise<readonly string[]> {
  const backfills = flagIds.map((flagId) => ({
    id: `bkf_${randomUUID().replaceAll('-', '')}`,
    ...{ flagId, organizationId, reason, revision, createdAt: now },
  }));
  if (backfills.length > 0) await tx.backfills.start(backfills, unlessPending);
  return backfills.map(({ id }) => id);
}
