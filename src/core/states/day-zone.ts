import { localDay } from '../values/time/local-time.js';
import { DAY_MS } from '../values/time/time.js';

/** The zone in which a user's days were counted last, and since when, in epoch milliseconds. */
export interface DayZone {
  readonly zone: string;
  readonly since: number;
}

/** In which zone a user's days count: now, and from an instant on. */
export interface DayClock {
  readonly zone: string;
  readonly next?: { readonly zone: string; readonly from: number };
}

/** How long days count in one zone before they count in another: so nobody has more days than there are by moving zones. */
const ZONE_STAYS_MS = DAY_MS;

/**
 * In which zone a user's days count, by that in which they were counted last, undefined for UTC ever since, and the one that the user
 * has now. Gives undefined for UTC at any time.
 */
export function dayClockOf(counted: DayZone | undefined, wanted: string): DayClock | undefined {
  if (counted === undefined || counted.zone === wanted) return wanted === 'UTC' ? undefined : { zone: wanted };
  return { zone: counted.zone, next: { zone: wanted, from: counted.since + ZONE_STAYS_MS } };
}

/** In which zone days were counted last, once an event was counted that came at that instant. */
export function countedIn(before: DayZone | undefined, wanted: string, receivedAt: number): DayZone | undefined {
  const zone = dayZoneAt(dayClockOf(before, wanted), receivedAt);
  return zone === (before?.zone ?? 'UTC') ? before : { zone, since: receivedAt };
}

/** The zone in which days count at an instant. */
export function dayZoneAt(clock: DayClock | undefined, instant: number): string {
  if (clock === undefined) return 'UTC';
  return clock.next !== undefined && instant >= clock.next.from ? clock.next.zone : clock.zone;
}

/** The day that it is at an instant: days since 1970-01-01. */
export function dayAt(clock: DayClock | undefined, instant: number): number {
  return localDay(dayZoneAt(clock, instant), instant);
}
