import { DAY_MS, dayNumber } from './time.js';

/** The first day of 1970 is a Thursday, three days after the Monday of its week. */
const DAYS_FROM_MONDAY = 3;
const WEEK_DAYS = 7;
const TEXT = /^(\d{4})-W(\d{2})$/;

/** The number of the ISO 8601 week in which an instant is, in UTC: 0 is the week of 1 January 1970, and weeks begin on Mondays. */
export function weekNumber(instant: number): number {
  return Math.floor((dayNumber(instant) + DAYS_FROM_MONDAY) / WEEK_DAYS);
}

/** A week's name in ISO 8601, such as `2026-W48`: its year is that of its Thursday. */
export function weekName(week: number): string {
  const thursday = week * WEEK_DAYS;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  const firstDay = dayNumber(Date.UTC(year, 0, 1));
  const number = Math.floor((thursday - firstDay) / WEEK_DAYS) + 1;
  return `${String(year).padStart(4, '0')}-W${String(number).padStart(2, '0')}`;
}

/** The week of a name; undefined for a text that names none, such as `2026-W54`. */
export function parseWeek(name: string): number | undefined {
  const match = TEXT.exec(name);
  if (match === null) return undefined;
  const [year, number] = [Number(match[1]), Number(match[2])];
  // The fourth of January is always in the first week.
  const week = weekNumber(new Date(0).setUTCFullYear(year, 0, 4)) + number - 1;
  return weekName(week) === name ? week : undefined;
}
