import { describe, expect, it } from '@jest/globals';
import { lookAgainMs } from './look-again.js';

const NOW = Date.parse('2026-11-28T10:00:00Z');
const pending = (inSeconds: number) => ({
  state: 'pending',
  next_attempt_at: new Date(NOW + inSeconds * 1_000).toISOString(),
});

describe('deliveries are looked at again', () => {
  it('soon while one is about to be sent', () => {
    const seldom = lookAgainMs([], NOW);
    for (const inSeconds of [-30, -1, 0, 1, 9])
      expect(lookAgainMs([{ state: 'delivered' }, pending(3_600), pending(inSeconds)], NOW)).toBeLessThan(seldom / 2);
  });

  it('now and then where each is over, waits for its next attempt, or for what does not come', () => {
    const seldom = lookAgainMs([], NOW);
    const over = { state: 'failed', next_attempt_at: new Date(NOW).toISOString() };
    expect(lookAgainMs([{ state: 'delivered' }, over, pending(600), pending(-3_600)], NOW)).toBe(seldom);
  });
});
