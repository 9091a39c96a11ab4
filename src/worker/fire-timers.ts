import { randomUUID } from 'node:crypto';
import { setImmediate as immediate } from 'node:timers/promises';
import type { ConfigurationKeeper } from '../configuration/configuration-keeper.js';
import { lockUsers } from '../configuration/confirm-snapshot.js';
import { timeCanLatch } from '../core/unlocking/latch.js';
import type { Notifier } from '../notify/notifier.js';
import type { Store, Transaction } from '../store/store.js';
import { type Recomputed, recompute } from '../unlocking/recompute.js';
import { splitOnFailure } from './split-on-failure.js';

export interface FireTimersOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
  /** Told of a user whose timer cannot be fired; it is tried again later, and the others are fired. */
  readonly onError: (userId: string, error: unknown) => void;
}

/** How many users one transaction fires. */
const CHUNK = 200;
/** From how many due timers they are chosen, so that workers at the same time take different ones. */
const LOOK = 5 * CHUNK;
/** After how many chunks in a row without a fired timer it stops: those that are left fail, or other workers fire them. */
const FRUITLESS = 3;

/**
 * Fires all timers that are due: judges each user at the instants at which something became due, even if that is long ago, and
 * sets the next timer. Two workers may take the same timer: the second one finds it set anew. Gives how many were fired.
 */
export async function fireTimers(options: FireTimersOptions, signal?: AbortSignal): Promise<number> {
  const { store, onError } = options;
  let fired = 0;
  for (let fruitless = 0; fruitless < FRUITLESS && !signal?.aborted; fruitless++) {
    const due = await store.timers.due(await store.now(), LOOK);
    const from = Math.floor(Math.random() * Math.ceil(due.length / CHUNK)) * CHUNK;
    const chunk = due.slice(from, from + CHUNK).map(({ userId }) => userId);
    let timers = 0;
    const work = async (userIds: readonly string[]): Promise<void> => {
      const settled = await fireSome(options, userIds);
      timers += settled.timers;
      fired += settled.fired;
    };
    await splitOnFailure(chunk, work, onError);
    if (due.length <= CHUNK) return fired;
    if (timers > 0) fruitless = -1;
    // An embedded store answers within the call: this lets calls of others run.
    await immediate();
  }
  return fired;
}

async function fireSome({ store, keeper, notifier }: FireTimersOptions, userIds: readonly string[]): Promise<Settled> {
  const { revisions, ...settled } = await store.transaction((tx) => fire(tx, keeper, userIds));
  if (revisions.length > 0) await notifier.publish({ kind: 'users', users: revisions });
  return settled;
}

interface Settled {
  /** How many timers were due, and were set anew or dropped. */
  readonly timers: number;
  /** How many users were judged. */
  readonly fired: number;
}

async function fire(
  tx: Transaction,
  keeper: ConfigurationKeeper,
  userIds: readonly string[],
): Promise<Pick<Recomputed, 'revisions'> & Settled> {
  const { states, snapshot, now } = await lockUsers(tx, keeper, userIds);
  const dueAt = await tx.timers.dueAt(userIds);
  const overdue = userIds.filter((id) => (dueAt.get(id) ?? Infinity) <= now);
  if (!timeCanLatch(snapshot)) {
    // Where no rule waits for time any more, the timers of an older configuration are dropped.
    await tx.timers.put(overdue.map((userId) => ({ userId, dueAt: undefined })));
    return { revisions: [], timers: overdue.length, fired: 0 };
  }
  const cause = { type: 'time' } as const;
  const touched = overdue.map((id) => ({ before: states.get(id)!, after: states.get(id)!, cause }));
  if (touched.length === 0) return { revisions: [], timers: 0, fired: 0 };
  const { revisions } = await recompute(tx, touched, { snapshot, now, batch: randomUUID() });
  return { revisions, timers: overdue.length, fired: touched.length };
}
