import { describe, expect, it } from '@jest/globals';
import { isoWeek, lastWeeks } from './iso-week.js';

describe('ISO weeks', () => {
  it.each([
    ['2026-01-01T00:00:00Z', '2026-W01'],
    ['2027-01-03T23:59:59Z', '2026-W53'],
    ['2027-01-04T00:00:00Z', '2027-W01'],
    ['2024-12-30T00:00:00Z', '2025-W01'],
    ['2026-11-28T12:00:00Z', '2026-W48'],
  ])('%s is in %s', (at, week) => {
    expect(isoWeek(new Date(at))).toBe(week);
  });
  it('count the present one', () => {
    expect(lastWeeks(4, new Date('2027-01-04T00:00:00Z'))).toEqual({ from_week: '2026-W51', to_week: '2027-W01' });
    expect(lastWeeks(1, new Date('2027-01-04T00:00:00Z'))).toEqual({ from_week: '2027-W01', to_week: '2027-W01' });
  });
});
