import { randomUUID } from 'node:crypto';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { lockOrganizations, lockUsers } from '../../configuration/confirm-snapshot.js';
import { EMPTY_SNAPSHOT } from '../../core/snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Earner, UserState } from '../../core/states/user-state.js';
import { timeCanLatch } from '../../core/unlocking/latch.js';
import type { Notice, Notifier } from '../../notify/notifier.js';
import type { Store, Transaction } from '../../store/store.js';
import type { TimerWriter } from '../../store/user-store.js';
import type { Touched } from '../../unlocking/judge-user.js';
import { recompute } from '../../unlocking/recompute.js';
import { recomputeOrganizations } from '../../unlocking/recompute-organizations.js';

export interface FireTimersOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/**
 * Fires the timers of these users, or organizations that earn, that are due: judges each at the instants at which something became due,
 * even if that is long ago, and sets the next timer. Those with pending events are left to the counting of these. Two workers may take
 * the same timer: the second one finds it set anew. Gives how many were fired.
 */
export async function fireTimers(
  { store, keeper, notifier }: FireTimersOptions,
  ids: readonly string[],
  earner: Earner = 'user',
): Promise<number> {
  // An event that was received before a timer was due counts before it. Counting fires the timers that are due before an event.
  const waiting = await store.events.pendingUsers(ids, Number.MAX_SAFE_INTEGER, earner);
  const unhindered = ids.filter((id) => !waiting.has(id));
  if (unhindered.length === 0) return 0;
  const fire = earner === 'user' ? fireForUsers : fireForOrganizations;
  const { notice, fired } = await store.transaction((tx) => fire(tx, keeper, unhindered));
  if (notice !== undefined) await notifier.publish(notice);
  return fired;
}

interface Fired {
  readonly notice: Notice | undefined;
  /** How many were judged. */
  readonly fired: number;
}

const NOTHING: Fired = { notice: undefined, fired: 0 };

async function fireForUsers(tx: Transaction, keeper: ConfigurationKeeper, ids: readonly string[]): Promise<Fired> {
  const { states, snapshot, now } = await lockUsers(tx, keeper, ids);
  const touched = await overdue(tx.timers, states, { snapshot, now });
  if (touched.length === 0) return NOTHING;
  const { revisions } = await recompute(tx, touched, { snapshot, now, batch: randomUUID() });
  const notice: Notice | undefined = revisions.length > 0 ? { kind: 'users', users: revisions } : undefined;
  return { notice, fired: touched.length };
}

async function fireForOrganizations(
  tx: Transaction,
  keeper: ConfigurationKeeper,
  ids: readonly string[],
): Promise<Fired> {
  const { states, organizations, snapshot, now } = await lockOrganizations(tx, keeper, ids);
  const { judging } = snapshot.organizationEarners ?? { judging: EMPTY_SNAPSHOT };
  const touched = await overdue(tx.earners.timers, states, { snapshot: judging, now });
  if (touched.length === 0) return NOTHING;
  const options = { organizations, snapshot, now, batch: randomUUID() };
  const { revisions } = await recomputeOrganizations(tx, touched, options);
  const notice: Notice | undefined =
    revisions.length > 0 ? { kind: 'organizations', organizations: revisions } : undefined;
  return { notice, fired: touched.length };
}

/** Those whose timers are due. Where no rule waits for time any more, the timers of an older configuration are dropped. */
async function overdue(
  timers: TimerWriter,
  states: ReadonlyMap<string, UserState>,
  { snapshot, now }: { readonly snapshot: Snapshot; readonly now: number },
): Promise<readonly Touched[]> {
  const dueAt = await timers.dueAt([...states.keys()]);
  const due = [...states.values()].filter(({ id }) => (dueAt.get(id) ?? Infinity) <= now);
  if (timeCanLatch(snapshot)) return due.map((user) => ({ before: user, after: user, cause: { type: 'time' } }));
  await timers.put(due.map(({ id }) => ({ userId: id, dueAt: undefined })));
  return [];
}
