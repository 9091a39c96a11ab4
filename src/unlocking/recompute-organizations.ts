import { startBackfills } from '../configuration/backfill-start.js';
import { EMPTY_SNAPSHOT } from '../core/snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import { turnedForMembers } from '../core/unlocking/organization-turns.js';
import type { Transaction } from '../store/store.js';
import {
  type Recomputed,
  type RecomputeOptions,
  type RecomputeTransaction,
  recompute,
  type Written,
} from './recompute.js';

export interface RecomputeOrganizationsOptions extends Pick<RecomputeOptions, 'now' | 'batch' | 'writes'> {
  /** The whole configuration. */
  readonly snapshot: Snapshot;
  /** The states of the touched organizations, as of after their locks. */
  readonly organizations: ReadonlyMap<string, OrganizationState>;
}

/**
 * {@link recompute} for organizations as earners. With each that has changed its organization's revision grows, by which its members are
 * decided anew; a backfill of its members begins where rules of their own may latch by it now. No flips are written: whoever watches a
 * member hears of the organization's revision. Gives the organizations' new revisions.
 */
export async function recomputeOrganizations(
  tx: Transaction,
  touched: readonly Written[],
  { snapshot, organizations, ...options }: RecomputeOrganizationsOptions,
): Promise<Recomputed> {
  const recomputed = await recompute(forEarners(tx), touched, {
    ...options,
    snapshot: judgingOf(snapshot),
    earner: 'organization',
  });
  const advanced = recomputed.revisions.map(({ id }) => id);
  if (advanced.length === 0) return { ...recomputed, revisions: [] };
  await tx.organizations.advance(advanced);
  await startForMembers(tx, touched, { snapshot, organizations, now: options.now, users: recomputed.users });
  const revisions = advanced.map((id) => ({ id, revision: organizations.get(id)!.revision + 1 }));
  return { ...recomputed, revisions };
}

/** By what organizations are counted and judged. What is pending when nothing reads it any more is counted all the same. */
export function judgingOf({ organizationEarners, derivations }: Snapshot): Snapshot {
  return organizationEarners?.judging ?? { ...EMPTY_SNAPSHOT, derivations };
}

/** Organizations as earners in place of users. */
function forEarners({ earners, organizations, outbound }: Transaction): RecomputeTransaction {
  return { users: earners, timers: earners.timers, organizations, outbound, outbox: { append: async () => undefined } };
}

interface ForMembers extends Pick<RecomputeOrganizationsOptions, 'snapshot' | 'organizations' | 'now'> {
  /** The touched organizations as they are stored now. */
  readonly users: Recomputed['users'];
}

/** Starts backfills of members; one that is pending already looks at everybody as of when it begins, and is enough. */
async function startForMembers(
  tx: Transaction,
  touched: readonly Written[],
  { snapshot, organizations, now, users }: ForMembers,
): Promise<void> {
  for (const [i, { before }] of touched.entries()) {
    const earner = users[i]!;
    if (earner === before) continue;
    const state = organizations.get(before.id)!;
    const flagIds = turnedForMembers(snapshot, { ...state, earner: before }, { ...state, earner }, now);
    if (flagIds.length === 0) continue;
    // The backfill waits, before it begins, for whoever has read the organization as it was before: here, where the revision is confirmed
    // by many at once, two who would hold it would wait for one another.
    const { revision } = snapshot;
    await startBackfills(tx, flagIds, {
      ...{ organizationId: before.id, reason: 'organization', revision, now },
      unlessPending: true,
    });
  }
}
