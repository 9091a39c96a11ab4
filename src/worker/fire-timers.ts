import { randomUUID } from 'node:crypto';
import type { Notifier } from '../notify/notifier.js';
import type { ConfigurationKeeper } from '../services/configuration-keeper.js';
import type { Store } from '../store/store.js';
import type { UserTimer } from '../store/timer-store.js';
import { confirmSnapshot } from './confirm-snapshot.js';
import { type Recomputed, recompute } from './recompute.js';

export interface FireTimersOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/** How many users one transaction fires. */
const CHUNK = 200;

/**
 * Fires every timer that is due: judges its user at the due instant, even if that is long past, and sets the next one.
 * Two workers may fire the same timer: the second finds the unlock in the ledger. Gives how many were fired.
 */
export async function fireTimers(
  { store, keeper, notifier }: FireTimersOptions,
  signal?: AbortSignal,
): Promise<number> {
  let fired = 0;
  while (!signal?.aborted) {
    const due = await store.timers.due(await store.now(), CHUNK);
    if (due.length === 0) return fired;
    for (const chunk of sameInstant(due)) {
      const recomputed = await store.transaction((tx) => fireChunk(tx, keeper, chunk));
      await notifier.publish({ kind: 'users', users: recomputed.revisions });
      fired += chunk.length;
    }
    if (due.length < CHUNK) return fired;
  }
  return fired;
}

async function fireChunk(
  tx: Parameters<Parameters<Store['transaction']>[0]>[0],
  keeper: ConfigurationKeeper,
  timers: readonly UserTimer[],
): Promise<Recomputed> {
  const states = await tx.users.lock(timers.map(({ userId }) => userId));
  const snapshot = await confirmSnapshot(tx, keeper);
  const now = await tx.now();
  const cause = { type: 'time' } as const;
  const touched = [...states.values()].map((state) => ({ before: state, after: state, cause }));
  if (!snapshot.latching.some(({ rules }) => rules.some(({ conditions }) => conditions.readsTime))) {
    // No rule waits for time any more: drop what an older configuration left behind.
    await tx.timers.put(timers.map(({ userId }) => ({ userId, dueAt: undefined })));
  }
  const at = timers[0]!.dueAt;
  return recompute(tx, touched, { snapshot, at, beforeAt: at - 1, now, batch: randomUUID() });
}

/** Timers are judged at their own instant, so a transaction takes those that share it. */
function sameInstant(due: readonly UserTimer[]): readonly UserTimer[][] {
  return [...Map.groupBy(due, ({ dueAt }) => dueAt).values()];
}
