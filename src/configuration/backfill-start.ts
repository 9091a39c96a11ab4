import { randomUUID } from 'node:crypto';
import { compileSnapshot } from '../core/snapshot/compile-snapshot.js';
import { latchingChanges } from '../core/snapshot/latching-changes.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { BackfillReason, NewBackfill } from '../store/backfill-store.js';
import type { Transaction } from '../store/store.js';

export interface ConfigurationChanged {
  /** As it was before this transaction changed it. */
  readonly before: Snapshot;
  /** That this transaction makes. */
  readonly revision: number;
  readonly reason: BackfillReason;
  readonly now: number;
}

/**
 * Starts a backfill of each flag of which somebody may have earned more by what this transaction changed of the
 * configuration; gives their ids. The last thing that the transaction does.
 */
export async function backfillChanges(tx: Transaction, changed: ConfigurationChanged): Promise<readonly string[]> {
  const after = compileSnapshot(await tx.configuration.load(), changed.before);
  return startBackfills(tx, latchingChanges(changed.before, after), { ...changed, organizationId: '' });
}

/** Starts a backfill of each of these flags; gives their ids. The configuration's revision is held. */
export async function startBackfills(
  tx: Transaction,
  flagIds: readonly string[],
  {
    organizationId,
    reason,
    revision,
    now,
  }: Pick<NewBackfill, 'organizationId' | 'reason' | 'revision'> & { now: number },
): Promise<readonly string[]> {
  const backfills = flagIds.map((flagId) => ({
    id: `bkf_${randomUUID().replaceAll('-', '')}`,
    ...{ flagId, organizationId, reason, revision, createdAt: now },
  }));
  if (backfills.length > 0) await tx.backfills.start(backfills);
  return backfills.map(({ id }) => id);
}
