import { DAY_MS } from './time.js';

/** The stretches that a calendar divides days into; weeks as ISO 8601 counts them, from Monday on. */
export const PERIODS = ['day', 'week', 'month'] as const;

export type Period = (typeof PERIODS)[number];

/** How many days a period has at most. */
export const LONGEST_PERIOD_DAYS: Readonly<Record<Period, number>> = { day: 1, week: 7, month: 31 };

const DAYS_A_WEEK = 7;
const MONTHS_A_YEAR = 12;
/** Day 0 was a Thursday. */
const FIRST_MONDAY = -3;

/** The number of the period that has a day (days since 1970-01-01). The period after it has the next number. */
export function periodOf(period: Period, day: number): number {
  if (period === 'day') return day;
  if (period === 'week') return Math.floor((day - FIRST_MONDAY) / DAYS_A_WEEK);
  const date = new Date(day * DAY_MS);
  return (date.getUTCFullYear() - 1970) * MONTHS_A_YEAR + date.getUTCMonth();
}

/** The first day of a period. */
export function periodBegins(period: Period, number: number): number {
  if (period === 'day') return number;
  if (period === 'week') return FIRST_MONDAY + number * DAYS_A_WEEK;
  return Date.UTC(1970, number) / DAY_MS;
}
