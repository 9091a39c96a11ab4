import type { KnownDays } from '../core/facts/known-days.js';
import type { Action } from '../core/flags/flag.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import { ANY_ACTION } from '../core/values/names.js';
import { DAY_MS } from '../core/values/time/time.js';
import type { Transaction } from '../store/store.js';

/**
 * Sees to it that everything users do is counted as one action where a rule reads that, and nowhere else: as a derived action that nobody
 * declares. Gives whether that has changed.
 */
export async function settleAnyAction(
  tx: Pick<Transaction, 'configuration' | 'days'>,
  snapshot: Snapshot,
): Promise<boolean> {
  const isRead = readsAnyAction(snapshot);
  if (isRead === snapshot.derivations.all.has(ANY_ACTION)) return false;
  if (isRead) await tx.configuration.putActions([anyAction(await tx.days.known())]);
  else await tx.configuration.dropAction(ANY_ACTION);
  return true;
}

/** Whether a rule reads everything that users, or the members of organizations, do, an archived flag's too. */
export function readsAnyAction({ readers, organizationEarners }: Snapshot): boolean {
  return readers.ofAction(ANY_ACTION).size > 0 || organizationEarners?.actions.has(ANY_ACTION) === true;
}

/** By how many days events are kept for less long than days of actions are, at most. */
const EVENTS_BEHIND_DAYS = 3;

/** All actions as one, from when on all events are kept. */
export function anyAction({ othersKeptFrom, countedSince }: KnownDays): Action & Required<Pick<Action, 'derivation'>> {
  const keptFrom = (othersKeptFrom + EVENTS_BEHIND_DAYS) * DAY_MS;
  // Where nothing was dropped since the database is there, everything is known.
  const countsSince = othersKeptFrom === 0 || keptFrom <= countedSince ? 0 : keptFrom;
  return { name: ANY_ACTION, clientTrackable: false, derivation: { from: [ANY_ACTION], where: {}, countsSince } };
}
