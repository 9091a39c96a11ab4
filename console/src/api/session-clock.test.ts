import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sessionClock } from './session-clock.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const USED_AT = 1_800_000_000_000;
const clock = (idleMs: number, left: number, passed: number) =>
  sessionClock({ idleMs, endsAt: USED_AT + left }, USED_AT, USED_AT + passed);

it('a session that nobody uses is asked for only once the server has ended it, however late that noted its last use', () => {
  const lengths = fc.record({
    idleMs: fc.integer({ min: 10 * MINUTE_MS, max: 12 * HOUR_MS }),
    left: fc.integer({ min: MINUTE_MS, max: 7 * 24 * HOUR_MS }),
  });
  fc.assert(
    fc.property(
      lengths,
      fc.nat(MINUTE_MS),
      fc.integer({ min: -3 * MINUTE_MS, max: 3 * MINUTE_MS }),
      (of, noted, by) => {
        const endsAtServer = Math.min(of.idleMs - noted, of.left);
        const passed = Math.max(0, endsAtServer + by);
        const { over, warns } = clock(of.idleMs, of.left, passed);
        if (over) expect(passed).toBeGreaterThanOrEqual(endsAtServer);
        // Nor is it forgotten, and nobody is left without a word of it from two minutes before.
        if (by > MINUTE_MS + 5_000) expect(over).toBe(true);
        if (by >= -2 * MINUTE_MS + noted) expect(over || warns).toBe(true);
        expect(over && warns).toBe(false);
      },
    ),
  );
});

it('a session is warned of two minutes before it may end, and is not asked for while its last minute is not certain', () => {
  const after = (passed: number) => clock(12 * HOUR_MS, 7 * 24 * HOUR_MS, 12 * HOUR_MS + passed);
  expect(after(-3 * MINUTE_MS - 1)).toMatchObject({ warns: false, over: false, last: false });
  expect(after(-3 * MINUTE_MS)).toMatchObject({ warns: true, over: false, near: true });
  expect(after(-MINUTE_MS)).toMatchObject({ warns: true, over: false });
  expect(after(0)).toMatchObject({ warns: true, over: false });
  expect(after(5_000)).toMatchObject({ warns: false, over: true });
  expect(clock(12 * HOUR_MS, HOUR_MS, HOUR_MS)).toMatchObject({ warns: false, over: true, last: true });
  expect(sessionClock(undefined, USED_AT, USED_AT)).toMatchObject({ warns: false, over: false, near: false });
});
