import { dayBegins, firstShown, localDay, setBackBefore, shownAt } from '../values/time/local-time.js';
import { DAY_MS, dayNumber, LAST_INSTANT_MS, MINUTE_MS } from '../values/time/time.js';
import { firstWholeBeyond, holds, type Ordering, type TimeReading } from './time-reading.js';

/** How many minutes a day of the clock has, whatever the zone makes of it. */
export const MINUTES_A_DAY = DAY_MS / MINUTE_MS;

const NEVER = Number.POSITIVE_INFINITY;

const shown = (base: unknown, instant: number): number => shownAt(String(base), instant);
const minutesOf = (local: number): number => Math.floor((local - dayNumber(local) * DAY_MS) / MINUTE_MS);
/** Day 0 was a Thursday. */
const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;
const nextMidnight = (local: number): number => (dayNumber(local) + 1) * DAY_MS;

/** Reads the time of day in the zone that is the base: whole minutes since midnight, 0 to 1439. */
export const MINUTE_OF_DAY: TimeReading = {
  at: (base, now) => minutesOf(shown(base, now)),
  nextTick: (base, now) => {
    const nextMinute = (local: number): number => (Math.floor(local / MINUTE_MS) + 1) * MINUTE_MS;
    return firstShown({ zone: String(base), now }, nextMinute, () => true);
  },
  crossing: (base, now, ordering, constant) => {
    const turn = firstWholeBeyond(ordering, constant);
    // The same at any time of day. Of what is no number nothing holds.
    if (!(turn > 0 && turn < MINUTES_A_DAY)) return NEVER;
    const holdsAt = (local: number): boolean => holds(ordering, minutesOf(local), constant);
    const next = (local: number): number => {
      const at = dayNumber(local) * DAY_MS + turn * MINUTE_MS;
      return local < at ? at : nextMidnight(local);
    };
    const before = holdsAt(shown(base, now));
    return firstShown({ zone: String(base), now }, next, (local) => holdsAt(local) !== before);
  },
};

/** Reads the day of the week in the zone that is the base, as ISO 8601 counts them: Monday is 1, Sunday 7. */
export const DAY_OF_WEEK: TimeReading = {
  at: (base, now) => weekdayOf(dayNumber(shown(base, now))),
  // Two weeks, since a day may be passed over where clocks are set.
  allComeIn: 14,
  nextTick: nextDay,
  crossing: (base, now, ordering, constant) => {
    const holdsOn = (day: number): boolean => holds(ordering, weekdayOf(day), constant);
    const today = dayNumber(shown(base, now));
    const before = holdsOn(today);
    if ([1, 2, 3, 4, 5, 6].every((later) => holdsOn(today + later) === before)) return NEVER;
    return firstShown({ zone: String(base), now }, nextMidnight, (local) => holdsOn(dayNumber(local)) !== before);
  },
};

/** Reads the date in the zone that is the base, as a text `YYYY-MM-DD`. As an instant, which orders it, it is its midnight in UTC. */
export const LOCAL_DATE: TimeReading = {
  isText: true,
  at: (base, now) => dateText(dayNumber(shown(base, now))),
  nextTick: nextDay,
  crossing: (base, now, ordering, constant) => {
    if (Number.isNaN(constant)) return NEVER;
    // The first day of those on which the result is the other one.
    const turn = dayTurning(ordering, constant);
    const zone = String(base);
    return localDay(zone, now) >= turn ? setBackBefore(zone, turn, now) : dayBegins(zone, turn, now);
  },
};

function nextDay(base: unknown, now: number): number {
  const today = dayNumber(shown(base, now));
  return firstShown({ zone: String(base), now }, nextMidnight, (local) => dayNumber(local) !== today);
}

/** The number of the day from which on the midnights of days are on the other side of a constant. */
function dayTurning(ordering: Ordering, constant: number): number {
  return firstWholeBeyond(ordering, constant / DAY_MS);
}

/** The text of a day; none for a day that no date is of. */
function dateText(day: number): string {
  if (!(Math.abs(day * DAY_MS) <= LAST_INSTANT_MS)) return '';
  const text = new Date(day * DAY_MS).toISOString();
  return text.slice(0, text.indexOf('T'));
}
