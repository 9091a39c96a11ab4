import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { LONGEST_PERIOD_DAYS, PERIODS, type Period, periodBegins, periodOf } from './calendar-period.js';
import { DAY_MS } from './time.js';

/** The period of a day by another library's calendar: its first day. */
const begins = (period: Period, day: number): number =>
  DateTime.fromMillis(day * DAY_MS, { zone: 'UTC' })
    .startOf(period)
    .toMillis() / DAY_MS;

describe('periods of the calendar', () => {
  it('begin on the days on which they do, and have numbers one after the other', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PERIODS), fc.integer({ min: -800_000, max: 800_000 }), (period, day) => {
        const number = periodOf(period, day);
        const [first, next] = [periodBegins(period, number), periodBegins(period, number + 1)];
        expect(first).toBe(begins(period, day));
        expect(next).toBe(begins(period, next));
        expect(next).toBeGreaterThan(day);
        expect(next - first).toBeLessThanOrEqual(LONGEST_PERIOD_DAYS[period]);
        expect(periodOf(period, next)).toBe(number + 1);
        expect(periodOf(period, next - 1)).toBe(number);
      }),
      { numRuns: 500 },
    );
  });
});
