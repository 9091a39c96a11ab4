import { randomUUID } from 'node:crypto';
import type { ConfigurationKeeper } from '../configuration/configuration-keeper.js';
import { lockUsers } from '../configuration/confirm-snapshot.js';
import { timeCanLatch } from '../core/unlocking/latch.js';
import type { Notifier } from '../notify/notifier.js';
import type { Store, Transaction } from '../store/store.js';
import { type Recomputed, recompute } from '../unlocking/recompute.js';

export interface FireTimersOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/**
 * Fires the timers of these users that are due: judges each user at the instants at which something became due, even if that is
 * long ago, and sets the next timer. Users with pending events are left to the counting of these. Two workers may take the same
 * timer: the second one finds it set anew. Gives how many were fired.
 */
export async function fireTimers(
  { store, keeper, notifier }: FireTimersOptions,
  ids: readonly string[],
): Promise<number> {
  // An event that was received before a timer was due counts before it. Counting fires the timers that are due before an event.
  const waiting = await store.events.pendingUsers(ids, Number.MAX_SAFE_INTEGER);
  const userIds = ids.filter((id) => !waiting.has(id));
  if (userIds.length === 0) return 0;
  const { revisions, fired } = await store.transaction((tx) => fire(tx, keeper, userIds));
  if (revisions.length > 0) await notifier.publish({ kind: 'users', users: revisions });
  return fired;
}

interface Fired extends Pick<Recomputed, 'revisions'> {
  /** How many users were judged. */
  readonly fired: number;
}

async function fire(tx: Transaction, keeper: ConfigurationKeeper, userIds: readonly string[]): Promise<Fired> {
  const { states, snapshot, now } = await lockUsers(tx, keeper, userIds);
  const dueAt = await tx.timers.dueAt(userIds);
  const overdue = userIds.filter((id) => (dueAt.get(id) ?? Infinity) <= now);
  if (!timeCanLatch(snapshot)) {
    // Where no rule waits for time any more, the timers of an older configuration are dropped.
    await tx.timers.put(overdue.map((userId) => ({ userId, dueAt: undefined })));
    return { revisions: [], fired: 0 };
  }
  const cause = { type: 'time' } as const;
  const touched = overdue.map((id) => ({ before: states.get(id)!, after: states.get(id)!, cause }));
  if (touched.length === 0) return { revisions: [], fired: 0 };
  const { revisions } = await recompute(tx, touched, { snapshot, now, batch: randomUUID() });
  return { revisions, fired: touched.length };
}
