import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { StoreClock } from './clock.js';

beforeAll(() => {
  jest.useFakeTimers({ now: Date.parse('2026-03-01T00:00:00Z') });
});
afterAll(() => {
  jest.useRealTimers();
});

const pass = (ms: number) => jest.setSystemTime(Date.now() + ms);

/** A store whose clock is ahead by so much, which reads it so long after the question, and answers so long after that. */
const storeOf = (aheadMs: number, { before = 0, after = 0 } = {}) => ({
  now() {
    pass(before);
    const now = Date.now() + aheadMs;
    pass(after);
    return Promise.resolve(now);
  },
});

const aheadMs = fc.integer({ min: -100_000, max: 100_000 });
const waits = fc.array(fc.record({ before: fc.nat(10_000), after: fc.nat(10_000) }), { maxLength: 5 });

describe('the clock of the store', () => {
  it('does not move while answers are slow', async () => {
    await fc.assert(
      fc.asyncProperty(aheadMs, waits, async (ahead, slow) => {
        const clock = new StoreClock();
        await clock.synchronize(storeOf(ahead));
        for (const wait of slow) {
          await clock.synchronize(storeOf(ahead, wait));
          expect(clock.now() - Date.now()).toBe(ahead);
        }
      }),
    );
  });

  it('is off by no more than the answer took, also where the store’s was set anew', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(aheadMs, waits), { minLength: 1, maxLength: 4 }), async (times) => {
        const clock = new StoreClock();
        for (const [ahead, slow] of times) {
          for (const wait of [...slow, { before: 3, after: 5 }]) {
            await clock.synchronize(storeOf(ahead, wait));
            expect(Math.abs(clock.now() - Date.now() - ahead)).toBeLessThanOrEqual(wait.before + wait.after);
          }
        }
      }),
    );
  });
});
