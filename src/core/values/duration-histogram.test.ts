import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { durationBucket, percentileOf } from './duration-histogram.js';
import { parseWeek, weekName, weekNumber } from './time/joining-week.js';
import { DAY_MS } from './time/time.js';

describe('a histogram of durations', () => {
  it('gives percentiles by nearest rank within 5 %', () => {
    const durations = fc.array(fc.double({ min: 1_000, max: 4e11, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(durations, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
        const counts = new Map<number, number>();
        for (const one of all) counts.set(durationBucket(one), (counts.get(durationBucket(one)) ?? 0) + 1);
        const exact = all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1]!;
        expect(Math.abs(percentileOf(counts, share)! / exact - 1)).toBeLessThan(0.05);
      }),
    );
  });

  it('takes what is shorter than a second as one', () => {
    expect([-5, 0, 999, 1_000].map(durationBucket)).toEqual([0, 0, 0, 0]);
    expect(percentileOf(new Map([[0, 3]]), 0.5)).toBe(1_000);
    expect(percentileOf(new Map(), 0.5)).toBeUndefined();
  });
});

describe('the week of joining', () => {
  it('is that of ISO 8601', () => {
    const names = {
      '1970-01-01': '1970-W01',
      '2020-12-31': '2020-W53',
      '2021-01-03': '2020-W53',
      '2021-01-04': '2021-W01',
      '2024-12-30': '2025-W01',
      '2026-11-28': '2026-W48',
    };
    for (const [day, name] of Object.entries(names)) expect(weekName(weekNumber(Date.parse(day)))).toBe(name);
  });

  it('is one for seven days from a Monday, and is found by its name', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 900_000 }), (day) => {
        const at = day * DAY_MS;
        const week = weekNumber(at);
        const sunday = new Date(at).getUTCDay() === 0;
        expect(weekNumber(at + DAY_MS)).toBe(sunday ? week + 1 : week);
        expect(parseWeek(weekName(week))).toBe(week);
      }),
    );
    expect(['2026-W54', '2026-W00', '2021-W53', '2026-48', ''].map(parseWeek)).toEqual(Array(5).fill(undefined));
  });
});
