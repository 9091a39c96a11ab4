import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS, endLike } from './token-end.js';

const NOW = Date.parse('2026-11-28T10:00:30Z');
const token = (lifetimeMs: number, madeMs = NOW - 40 * DAY_MS) => ({
  created_at: new Date(madeMs).toISOString(),
  expires_at: new Date(madeMs + lifetimeMs).toISOString(),
});

describe('the end of a token that takes the place of another', () => {
  it('is none where that one had none, or there is none', () => {
    expect(endLike(undefined, NOW)).toEqual({ ending: 'never', until: '' });
    expect(endLike({ created_at: new Date(NOW).toISOString() }, NOW)).toEqual({ ending: 'never', until: '' });
  });

  it('is after as many days, although the clocks of the browser and the server differ', () => {
    for (const [ending, days] of [
      ['days30', 30],
      ['days90', 90],
      ['days365', 365],
    ] as const)
      for (const offMs of [-50 * 60_000, -200, 0, 50 * 60_000])
        expect(endLike(token(days * DAY_MS + offMs), NOW)).toEqual({ ending, until: '' });
  });

  it('is as long after now as that one lasted, to the minute, where no number of days is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 20 * DAY_MS }),
        fc.integer({ min: 0, max: 400 * DAY_MS }),
        (lifetimeMs, later) => {
          const nowMs = NOW + later;
          const { ending, until } = endLike(token(lifetimeMs), nowMs);
          expect(ending).toBe('at');
          const beyond = Date.parse(until) - (nowMs + lifetimeMs);
          // Where the clocks are set back one reading is two instants.
          expect([0, 3_600_000, -3_600_000].some((moved) => beyond - moved >= 0 && beyond - moved < 60_000)).toBe(true);
        },
      ),
    );
  });
});
