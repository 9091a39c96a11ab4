import { DAY_MS, LAST_INSTANT_MS, MINUTE_MS } from '../values/time.js';
import { offsetAt } from '../values/time-zone.js';
import { firstWholeBeyond, holds, type Ordering, type TimeReading } from './time-reading.js';

/** How many minutes a day of the clock has, whatever the zone makes of it. */
export const MINUTES_A_DAY = DAY_MS / MINUTE_MS;

const NEVER = Number.POSITIVE_INFINITY;

/** Clocks are less than a day ahead of UTC, and less than a day behind. */
const FURTHEST_MS = DAY_MS;

/**
 * What clocks in a zone show, which is the base, by its name. An instant is given as these clocks show it: the milliseconds since
 * 1970 that UTC would count if its clocks showed the same. They are set forward and back: a time of day may be passed over, or come
 * twice, and so may a whole day.
 */
const localOf = (base: unknown, instant: number): number => instant + offsetAt(String(base), instant).offsetMs;

const minutesOf = (local: number): number => Math.floor((local - dayOf(local) * DAY_MS) / MINUTE_MS);
const dayOf = (local: number): number => Math.floor(local / DAY_MS);
/** Day 0 was a Thursday. */
const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;
const nextMidnight = (local: number): number => (dayOf(local) + 1) * DAY_MS;

/**
 * The first instant after `now` at which what clocks show is wanted. It is looked for wherever they are set, and at the instants at
 * which they show what `next` gives: the next thing that matters after what they show, if they are not set before.
 */
function firstInstant(
  { zone, now }: { readonly zone: string; readonly now: number },
  next: (local: number) => number,
  wanted: (local: number) => boolean,
): number {
  for (let at = now; ; ) {
    const { offsetMs, until } = offsetAt(zone, at);
    at = Math.min(next(at + offsetMs) - offsetMs, until);
    if (at > LAST_INSTANT_MS) return NEVER;
    if (wanted(localOf(zone, at))) return at;
  }
}

/** Reads the time of day in the zone that is the base: whole minutes since midnight, 0 to 1439. */
export const MINUTE_OF_DAY: TimeReading = {
  at: (base, now) => minutesOf(localOf(base, now)),
  nextTick: (base, now) => {
    const nextMinute = (local: number): number => (Math.floor(local / MINUTE_MS) + 1) * MINUTE_MS;
    return firstInstant({ zone: String(base), now }, nextMinute, () => true);
  },
  crossing: (base, now, ordering, constant) => {
    const turn = firstWholeBeyond(ordering, constant);
    // The same at any time of day. Of what is no number nothing holds.
    if (!(turn > 0 && turn < MINUTES_A_DAY)) return NEVER;
    const holdsAt = (local: number): boolean => holds(ordering, minutesOf(local), constant);
    const next = (local: number): number => {
      const at = dayOf(local) * DAY_MS + turn * MINUTE_MS;
      return local < at ? at : nextMidnight(local);
    };
    const before = holdsAt(localOf(base, now));
    return firstInstant({ zone: String(base), now }, next, (local) => holdsAt(local) !== before);
  },
};

/** Reads the day of the week in the zone that is the base, as ISO 8601 counts them: Monday is 1, Sunday 7. */
export const DAY_OF_WEEK: TimeReading = {
  at: (base, now) => weekdayOf(dayOf(localOf(base, now))),
  nextTick: nextDay,
  crossing: (base, now, ordering, constant) => {
    const holdsOn = (day: number): boolean => holds(ordering, weekdayOf(day), constant);
    const today = dayOf(localOf(base, now));
    const before = holdsOn(today);
    if ([1, 2, 3, 4, 5, 6].every((later) => holdsOn(today + later) === before)) return NEVER;
    return firstInstant({ zone: String(base), now }, nextMidnight, (local) => holdsOn(dayOf(local)) !== before);
  },
};

/** Reads the date in the zone that is the base, as a text `YYYY-MM-DD`. As an instant, which orders it, it is its midnight in UTC. */
export const LOCAL_DATE: TimeReading = {
  isText: true,
  at: (base, now) => dateText(dayOf(localOf(base, now))),
  nextTick: nextDay,
  crossing: (base, now, ordering, constant) => {
    if (Number.isNaN(constant)) return NEVER;
    // The first day of those on which the result is the other one.
    const turn = dayTurning(ordering, constant);
    const zone = String(base);
    const hasTurned = (local: number): boolean => dayOf(local) >= turn;
    if (hasTurned(localOf(zone, now))) return backBefore(turn, zone, now);
    // Looking begins shortly before that day, since clocks are set very often until a day that is far off.
    const from = Math.max(now, turn * DAY_MS - FURTHEST_MS);
    return firstInstant({ zone, now: from }, () => turn * DAY_MS, hasTurned);
  },
};

function nextDay(base: unknown, now: number): number {
  const today = dayOf(localOf(base, now));
  return firstInstant({ zone: String(base), now }, nextMidnight, (local) => dayOf(local) !== today);
}

/** The first instant after `now` at which clocks are set back to a day before that one; Infinity where they are not. */
function backBefore(day: number, zone: string, now: number): number {
  for (let at = now; ; ) {
    const { offsetMs, until } = offsetAt(zone, at);
    // They are never set back by more than a day.
    if (dayOf(until + offsetMs) > day + 1) return NEVER;
    at = until;
    if (dayOf(localOf(zone, at)) < day) return at;
  }
}

/** The number of the day from which on the midnights of days are on the other side of a constant. */
function dayTurning(ordering: Ordering, constant: number): number {
  return firstWholeBeyond(ordering, constant / DAY_MS);
}

function dateText(day: number): string {
  const text = new Date(day * DAY_MS).toISOString();
  return text.slice(0, text.indexOf('T'));
}
