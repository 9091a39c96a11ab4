import { randomUUID } from 'node:crypto';
import type { Notifier } from '../notify/notifier.js';
import type { ConfigurationKeeper } from '../services/configuration-keeper.js';
import type { Store, Transaction } from '../store/store.js';
import { confirmSnapshot } from './confirm-snapshot.js';
import { type Recomputed, readsTime, recompute } from './recompute.js';

export interface FireTimersOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/** How many users one transaction fires. */
const CHUNK = 200;

/**
 * Fires every timer that is due: judges each user at the instants at which something was due, even if that is long past,
 * and sets the next timer. Two workers may come for the same timer: the second finds it set anew. Gives how many were
 * fired.
 */
export async function fireTimers(
  { store, keeper, notifier }: FireTimersOptions,
  signal?: AbortSignal,
): Promise<number> {
  let fired = 0;
  while (!signal?.aborted) {
    const due = await store.timers.due(await store.now(), CHUNK);
    if (due.length === 0) return fired;
    const ids = due.map(({ userId }) => userId);
    const { revisions } = await store.transaction((tx) => fire(tx, keeper, ids));
    if (revisions.length > 0) await notifier.publish({ kind: 'users', users: revisions });
    fired += revisions.length;
    if (due.length < CHUNK) return fired;
  }
  return fired;
}

async function fire(
  tx: Transaction,
  keeper: ConfigurationKeeper,
  userIds: readonly string[],
): Promise<Pick<Recomputed, 'revisions'>> {
  const states = await tx.users.lock(userIds);
  const { snapshot, now } = await confirmSnapshot(tx, keeper);
  const overdue = await tx.timers.overdue(userIds, now);
  if (!readsTime(snapshot)) {
    // No rule waits for time any more: drop what an older configuration left behind.
    await tx.timers.put([...overdue.keys()].map((userId) => ({ userId, dueAt: undefined })));
    return { revisions: [] };
  }
  const cause = { type: 'time' } as const;
  const touched = [...overdue.keys()].map((id) => ({ before: states.get(id)!, after: states.get(id)!, cause }));
  if (touched.length === 0) return { revisions: [] };
  return recompute(tx, touched, { snapshot, now, batch: randomUUID() });
}
