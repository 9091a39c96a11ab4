import { type JsonObject, ownMember } from '../values/json.js';
import { DAY_MS, dayNumber } from '../values/time.js';
import type { FactDefinition } from './fact-definition.js';

/** Since when the days on which users did an action are known. */
export interface KnownDays {
  /** Since when events are counted by day, in epoch milliseconds. */
  readonly countedSince: number;
  /** Since when the values of events are added up by day, in epoch milliseconds. */
  readonly summedSince: number;
  /** The first day that is still kept of each action that was windowed when days were last dropped, in days since 1970. */
  readonly keptFrom: ReadonlyMap<string, number>;
  /** The first day that is still kept of any other action. */
  readonly othersKeptFrom: number;
}

/**
 * Since when a fact is counted, in epoch milliseconds: present where its window reaches further back, so that what the user did
 * before that does not count.
 */
export function countedSince(
  { window }: Pick<FactDefinition, 'window'>,
  params: JsonObject,
  { known, now }: { readonly known: KnownDays; readonly now: number },
): number | undefined {
  const windowDays = ownMember(params, 'windowDays');
  if (window === undefined || typeof windowDays !== 'number') return undefined;
  const { countedSince, summedSince, keptFrom, othersKeptFrom } = known;
  const kept = keptFrom.get(String(ownMember(params, 'action'))) ?? othersKeptFrom;
  const since = Math.max(window === 'sums' ? summedSince : countedSince, kept * DAY_MS);
  return (dayNumber(now) - windowDays + 1) * DAY_MS < since ? since : undefined;
}
