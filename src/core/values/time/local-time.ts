import { DAY_MS, dayNumber, LAST_INSTANT_MS } from './time.js';
import { offsetAt } from './time-zone.js';

/**
 * What clocks in a zone show at an instant: the milliseconds since 1970 that UTC would count if its clocks showed the same. They are set
 * forward and back: a time of day may be passed over, or come twice, and so may a whole day.
 */
export function shownAt(zone: string, instant: number): number {
  return instant + offsetAt(zone, instant).offsetMs;
}

/** The number of the day that clocks in a zone show at an instant: days since 1970-01-01. */
export function localDay(zone: string, instant: number): number {
  return dayNumber(shownAt(zone, instant));
}

/**
 * The first instant after `now` at which what clocks show is wanted; Infinity if never. It is looked for wherever they are set, and at
 * the instants at which they show what `next` gives: the next thing that matters after what they show, if they are not set before.
 */
export function firstShown(
  { zone, now }: { readonly zone: string; readonly now: number },
  next: (shown: number) => number,
  wanted: (shown: number) => boolean,
): number {
  for (let at = now; ; ) {
    const { offsetMs, until } = offsetAt(zone, at);
    at = Math.min(next(at + offsetMs) - offsetMs, until);
    if (!Number.isFinite(at) || at > LAST_INSTANT_MS) return Number.POSITIVE_INFINITY;
    if (wanted(shownAt(zone, at))) return at;
  }
}

/** Clocks are less than a day ahead of UTC, and less than a day behind. */
const FURTHEST_MS = DAY_MS;

/** The first instant after `now`, which is before that day, at which clocks show that day or a later one. */
export function dayBegins(zone: string, day: number, now: number): number {
  // Looking begins shortly before that day, since clocks are set very often until a day that is far off.
  const from = Math.max(now, day * DAY_MS - FURTHEST_MS);
  return firstShown(
    { zone, now: from },
    () => day * DAY_MS,
    (shown) => dayNumber(shown) >= day,
  );
}

/** The first instant after `now`, which is on that day or later, at which clocks are set back to before it; Infinity where they are not. */
export function setBackBefore(zone: string, day: number, now: number): number {
  for (let at = now; ; ) {
    const { offsetMs, until } = offsetAt(zone, at);
    // They are never set back by more than a day.
    if (until === Number.POSITIVE_INFINITY || dayNumber(until + offsetMs) > day + 1) return Number.POSITIVE_INFINITY;
    at = until;
    if (localDay(zone, at) < day) return at;
  }
}
