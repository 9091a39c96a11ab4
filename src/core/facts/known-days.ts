import { type DayClock, dayZoneAt } from '../states/day-zone.js';
import { streaksOf } from '../states/streaks.js';
import type { UserState } from '../states/user-state.js';
import type { JsonObject } from '../values/json.js';
import { dayBegins, localDay } from '../values/time/local-time.js';
import { DAY_MS } from '../values/time/time.js';
import { actionRead } from './action-param.js';
import { windowOf } from './day-window.js';
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
  /** Since when the actions count for organizations that rules read of them, in epoch milliseconds. Left out: none is known. */
  readonly organizationsSince?: ReadonlyMap<string, number>;
}

/** By what it is known since when a fact is counted. */
export interface CountingKnowledge {
  /** Undefined where the store has not told. */
  readonly known: KnownDays | undefined;
  readonly now: number;
  /** In which zone the user's days count; left out: in UTC. */
  readonly clock?: DayClock | undefined;
  /** What was counted of the user, where streaks may be asked about. */
  readonly actions?: UserState['actions'];
  /** The derived actions, which count from an instant on. */
  readonly derived: ReadonlyMap<string, { readonly countsSince: number; readonly from?: readonly string[] }>;
  /** Whether it is what an organization has done. */
  readonly ofOrganization?: boolean;
}

/**
 * Since when a fact is counted, in epoch milliseconds: present where its window reaches further back, where the user did something before
 * the days by which a streak is known, or where its action is derived, or an organization's, so that what was done before that does not
 * count.
 */
export function countedSince(
  definition: Pick<FactDefinition, 'params' | 'window' | 'streakOf'>,
  params: JsonObject,
  { known, now, clock, actions, derived, ofOrganization = false }: CountingKnowledge,
): number | undefined {
  const action = actionRead(definition, params);
  if (action === undefined) return undefined;
  const derivation = derived.get(action);
  const own = derivation?.countsSince;
  const sources = derivation?.from ?? [action];
  const others = ofOrganization ? sources.flatMap((source) => known?.organizationsSince?.get(source) ?? []) : [];
  const derivedSince = others.length === 0 ? own : Math.max(own ?? 0, ...others);
  const zone = dayZoneAt(clock, now);
  const beginning = (day: number): number => dayBegins(zone, day, (day - 2) * DAY_MS);
  const kind = definition.streakOf?.(params);
  const total = kind && actions?.get(action);
  const streakSince = kind && total && streaksOf(total, kind).since;
  if (streakSince !== undefined) return Math.max(derivedSince ?? 0, beginning(streakSince));
  const window = windowOf(definition, params);
  if (window === undefined) return derivedSince;
  const since = Math.max(
    derivedSince ?? 0,
    known === undefined ? 0 : daysKnownSince(definition.window, action, known, beginning),
  );
  return beginning(window.first(localDay(zone, now))) < since ? since : undefined;
}

function daysKnownSince(
  window: FactDefinition['window'],
  action: string,
  known: KnownDays,
  beginning: (day: number) => number,
): number {
  const { countedSince, summedSince, keptFrom, othersKeptFrom } = known;
  return Math.max(window === 'sums' ? summedSince : countedSince, beginning(keptFrom.get(action) ?? othersKeptFrom));
}
