import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../values/json.js';
import { DAY_MS, dayNumber } from '../values/time/time.js';
import { FACTS } from './fact-table.js';
import { countedSince, type KnownDays } from './known-days.js';

const NOW = Date.parse('2026-11-20T15:00:00Z');
const TODAY = dayNumber(NOW);
const day = (back: number) => (TODAY - back) * DAY_MS;

const DERIVED = new Map([['large', { countsSince: day(4) + 5 }]]);

/** Since when a fact is counted; in days back from today where that is a midnight. */
function since(fact: string, window: number | string | undefined, known: Partial<KnownDays>, action = 'save') {
  const given = typeof window === 'number' ? { windowDays: window } : { period: window };
  const params = { action, ...(window === undefined ? {} : given) } as JsonObject;
  const all = { countedSince: 0, summedSince: 0, keptFrom: new Map<string, number>(), othersKeptFrom: 0, ...known };
  return countedSince(FACTS.get(fact)!, params, { known: all, now: NOW, derived: DERIVED });
}

describe('since when a window is counted', () => {
  it('is told where it reaches further back than days are known', () => {
    // Three days are today and the two before.
    for (const fact of ['actionCount', 'actionSum', 'activeDays']) {
      expect(since(fact, 3, { othersKeptFrom: TODAY - 2 })).toBeUndefined();
      expect(since(fact, 4, { othersKeptFrom: TODAY - 2 })).toBe(day(2));
      expect(since(fact, undefined, { othersKeptFrom: TODAY - 2 })).toBeUndefined();
    }
    expect(since('daysSinceAction', undefined, { countedSince: NOW })).toBeUndefined();
  });

  it('goes by the first day of the present week or month', () => {
    // A Friday, the 20th.
    for (const [period, first] of [
      ['day', 0],
      ['week', 4],
      ['month', 19],
    ] as const) {
      expect(since('actionCount', period, { othersKeptFrom: TODAY - first })).toBeUndefined();
      expect(since('actionCount', period, { othersKeptFrom: TODAY - first + 1 })).toBe(day(first - 1));
    }
  });

  it('goes by the action, where more is kept of it than of others', () => {
    const known = { othersKeptFrom: TODAY - 2, keptFrom: new Map([['save', TODAY - 9]]) };
    expect(since('actionCount', 10, known)).toBeUndefined();
    expect(since('actionCount', 11, known)).toBe(day(9));
  });

  it('is no earlier than the database counts by day, or adds up values by day', () => {
    const known = { countedSince: day(5) + 1, summedSince: day(1) + 1, othersKeptFrom: TODAY - 30 };
    expect(since('actionCount', 5, known)).toBeUndefined();
    expect(since('actionCount', 6, known)).toBe(day(5) + 1);
    expect(since('activeDays', 60, known)).toBe(day(5) + 1);
    expect(since('actionSum', 5, known)).toBe(day(1) + 1);
  });

  it('is when a derived action begins to count, without a window, too', () => {
    const known = { othersKeptFrom: TODAY - 30 };
    for (const fact of ['actionCount', 'actionSum', 'activeDays', 'daysSinceAction'])
      expect(since(fact, undefined, known, 'large')).toBe(day(4) + 5);
    expect(since('actionCount', 4, known, 'large')).toBeUndefined();
    expect(since('actionCount', 5, known, 'large')).toBe(day(4) + 5);
    expect(since('actionCount', 5, { othersKeptFrom: TODAY - 2 }, 'large')).toBe(day(2));
  });
});
