import { describe, expect, it } from '@jest/globals';
import { CallRate } from './call-rate.js';

describe('a rate of calls', () => {
  it('lets a minute’s calls through at once, and then one whenever its share has passed', () => {
    let now = 1_000;
    const rate = new CallRate(6, { uptimeMs: () => now });
    for (let i = 0; i < 6; i++) rate.take('a');
    expect(() => rate.take('a')).toThrow(
      expect.objectContaining({ code: 'LIMITED', message: expect.stringContaining('try again in 10 s') }),
    );
    rate.take('b');
    now += 10_000;
    rate.take('a');
    expect(() => rate.take('a')).toThrow('at most 6 calls a minute');
    now += 60_000;
    for (let i = 0; i < 6; i++) rate.take('a');
    expect(() => rate.take('a')).toThrow('at most 6 calls a minute');
  });

  it('says after which time a call is taken, and it is', () => {
    let now = 0;
    const rate = new CallRate(7, { uptimeMs: () => now });
    for (let i = 0; i < 100; i++) {
      try {
        rate.take('a');
      } catch (error) {
        now += (error as { retryMs: number }).retryMs;
        rate.take('a');
      }
    }
    expect(now).toBeGreaterThan(((100 - 8) * 60_000) / 7);
    expect(now).toBeLessThan(((100 - 6) * 60_000) / 7);
  });

  it('remembers who called within the last minute, and not everybody for ever', () => {
    let now = 0;
    const rate = new CallRate(2, { uptimeMs: () => now });
    for (let minute = 0; minute < 5; minute++) {
      now = minute * 60_000 + 59_999;
      rate.take('a');
      rate.take('a');
      now += 2;
      rate.take('b');
      expect(() => rate.take('a')).toThrow('at most 2 calls');
    }
    for (let i = 0; i < 200_000; i++) rate.take(`made up ${i}`);
    rate.take('a');
  });

  it('of 0 is none', () => {
    const rate = new CallRate(0);
    for (let i = 0; i < 10_000; i++) rate.take('a');
  });
});
