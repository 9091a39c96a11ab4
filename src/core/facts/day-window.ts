import { type JsonObject, ownMember } from '../values/json.js';
import { LONGEST_PERIOD_DAYS, type Period, periodBegins, periodOf } from '../values/time/calendar-period.js';
import type { FactDefinition } from './fact-definition.js';

/** Days up to today that a fact looks at. Days are numbered since 1970-01-01. */
export interface DayWindow {
  /** The first of them, as seen from a day. */
  first(today: number): number;
  /** The first day as seen from which a day is none of them any more. */
  leaves(day: number): number;
  /** How many they are at most. */
  readonly days: number;
  /** What they are, as the end of a label: `today`, `this week`. */
  readonly words: string;
}

/** The window that a fact's params give it; undefined where it has none, or the fact takes none. */
export function windowOf({ window }: Pick<FactDefinition, 'window'>, params: JsonObject): DayWindow | undefined {
  if (window === undefined) return undefined;
  const [windowDays, period] = [ownMember(params, 'windowDays'), ownMember(params, 'period')];
  if (typeof windowDays === 'number') return lastDays(windowDays);
  return typeof period === 'string' ? thisPeriod(period as Period) : undefined;
}

/** Today and the days before it, so many in all. */
export function lastDays(days: number): DayWindow {
  return {
    first: (today) => today - days + 1,
    leaves: (day) => day + days,
    days,
    words: days === 1 ? 'today' : `in the last ${days} days`,
  };
}

/** The days of the present day, week or month. */
export function thisPeriod(period: Period): DayWindow {
  return {
    first: (today) => periodBegins(period, periodOf(period, today)),
    leaves: (day) => periodBegins(period, periodOf(period, day) + 1),
    days: LONGEST_PERIOD_DAYS[period],
    words: period === 'day' ? 'today' : `this ${period}`,
  };
}
