import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ActionTotal, type UserActionDay, unknownUser } from '../states/user-state.js';
import { DAY_MS, dayNumber } from '../values/time/time.js';
import { type CountedEvent, countEvents } from './count-events.js';

const NOW = 1_700_000_000_000;
const KEPT = { windowedActions: new Set(['b']), streaks: new Map() };

const event = (action: string, occurredAt: number, value: number): CountedEvent => ({
  action,
  occurredAt,
  value,
});

/** Events as they may arrive: up to 61 days apart, in any order, with fractions for values. */
const events = fc.array(
  fc
    .tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 60 * DAY_MS }), fc.integer({ min: -100, max: 100 }))
    .map(([action, ago, cents]) => event(action, NOW - ago, cents / 100)),
  { maxLength: 60 },
);

/** What the totals are by definition: everything kept, everything counted. */
function naive(all: readonly CountedEvent[], action: string) {
  const own = all.filter((one) => one.action === action);
  if (own.length === 0) return undefined;
  const times = own.map(({ occurredAt }) => occurredAt);
  return {
    count: own.length,
    sum: own.reduce((sum, { value }) => sum + BigInt(Math.round(value * 1e6)), 0n),
    activeDays: new Set(times.map(dayNumber)).size,
    firstAt: Math.min(...times),
    lastAt: Math.max(...times),
  };
}

function naiveDays(all: readonly CountedEvent[], action: string) {
  const days = Map.groupBy(
    all.filter((one) => one.action === action),
    ({ occurredAt }) => dayNumber(occurredAt),
  );
  return [...days]
    .map(([day, own]) => ({
      day,
      count: own.length,
      sum: own.reduce((sum, { value }) => sum + BigInt(Math.round(value * 1e6)), 0n),
    }))
    .sort((a, b) => a.day - b.day);
}

function addedUp(rows: readonly UserActionDay[], action: string) {
  const days = new Map<number, { day: number; count: number; sum: bigint }>();
  for (const { day, count, sum } of rows.filter((row) => row.action === action)) {
    const before = days.get(day) ?? { day, count: 0, sum: 0n };
    days.set(day, { day, count: before.count + count, sum: before.sum + sum });
  }
  return [...days.values()].sort((a, b) => a.day - b.day);
}

describe('countEvents', () => {
  it('equals counting everything by hand, however the events come in batches', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 5 }), (batches) => {
        let state = unknownUser('u');
        const rows: UserActionDay[] = [];
        for (const batch of batches) {
          const { after, totals, days } = countEvents(state, batch, KEPT);
          for (const { userId, action, ...total } of totals) expect(after.actions.get(action)).toEqual(total);
          rows.push(...days);
          state = after;
        }
        const all = batches.flat();
        for (const action of ['a', 'b']) {
          const { recentDays = 0n, openDay, ...total } = state.actions.get(action) ?? ({} as Partial<ActionTotal>);
          expect(total).toEqual(naive(all, action) ?? {});
          // The rows added up, as the store does it, and the last day in the total: of actions that no rule windows, too.
          const last = openDay === undefined ? [] : [{ day: dayNumber(total.lastAt!), ...openDay }];
          expect([...addedUp(rows, action), ...last]).toEqual(naiveDays(all, action));
        }
        expect(state.actionDays.get('b') ?? []).toEqual(naiveDays(all, 'b'));
        expect(state.actionDays.has('a')).toBe(false);
      }),
    );
  });

  it('remembers which of the last 62 days were active, and no more', () => {
    fc.assert(
      fc.property(events, (batch) => {
        const { after } = countEvents(unknownUser('u'), batch, { ...KEPT, windowedActions: new Set() });
        for (const [action, { recentDays, lastAt }] of after.actions) {
          const days = new Set(batch.filter((one) => one.action === action).map((one) => dayNumber(one.occurredAt)));
          for (let back = 0; back < 70; back++) {
            const active = (recentDays >> BigInt(back)) & 1n;
            expect(active).toBe(back < 62 && days.has(dayNumber(lastAt) - back) ? 1n : 0n);
          }
        }
      }),
    );
  });

  it('leaves the state before as it was', () => {
    const before = countEvents(unknownUser('u'), [event('b', NOW, 1)], KEPT).after;
    const copy = structuredClone(before);
    countEvents(before, [event('b', NOW, 2), event('a', NOW, 2)], KEPT);
    expect(before).toEqual(copy);
  });

  it('refuses a sum beyond the bound, be it a day’s alone', () => {
    const huge = (daysAgo: number, value: number) => event('b', NOW - daysAgo * DAY_MS, value);
    const { after } = countEvents(unknownUser('u'), [huge(0, 9e12), huge(1, -9e12)], KEPT);
    expect(() => countEvents(after, [huge(0, 0.000001)], KEPT)).toThrow('takes the sum of "b" beyond');
    expect(() =>
      countEvents(unknownUser('u'), [huge(0, 9e12), huge(0, 0.000001)], { ...KEPT, windowedActions: new Set() }),
    ).toThrow(RangeError);
    // Together with what brings the day back, as well as alone.
    expect(() => countEvents(after, [huge(0, 0.000001), huge(0, -1)], KEPT)).toThrow(RangeError);
  });
});
