import { describe, expect, it } from '@jest/globals';
import { DAY_MS, HOUR_MS } from '../../core/values/time/time.js';
import { RETRY_DELAYS_MS, retryDelayMs } from './retry-schedule.js';

const options = { delaysMs: RETRY_DELAYS_MS, random: 0.5 };

describe('the retry schedule', () => {
  it('goes from seconds to a day, over ten attempts in about two days', () => {
    const delays = RETRY_DELAYS_MS.map((_, i) => retryDelayMs(i + 1, options));
    expect(delays).toEqual(RETRY_DELAYS_MS);
    expect(delays).toHaveLength(9);
    expect(retryDelayMs(10, options)).toBeUndefined();
    const allMs = RETRY_DELAYS_MS.reduce((sum, delay) => sum + delay, 0);
    expect(allMs).toBeGreaterThan(2 * DAY_MS);
    expect(allMs).toBeLessThan(2 * DAY_MS + HOUR_MS);
  });

  it('spreads each delay by a fifth to either side', () => {
    expect(retryDelayMs(1, { ...options, random: 0 })).toBe(4_000);
    expect(retryDelayMs(1, { ...options, random: 1 })).toBe(6_000);
  });

  it('gives an endpoint the time that it asks for, up to a day, and never less than its own', () => {
    expect(retryDelayMs(1, { ...options, retryAfterMs: 60_000 })).toBe(60_000);
    expect(retryDelayMs(2, { ...options, retryAfterMs: 1_000 })).toBe(30_000);
    expect(retryDelayMs(1, { ...options, retryAfterMs: 30 * DAY_MS })).toBe(DAY_MS);
    expect(retryDelayMs(10, { ...options, retryAfterMs: 1_000 })).toBeUndefined();
  });
});
