import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ActionDay, type ActionTotal, type UserState, unknownUser } from '../states/user-state.js';
import { DAY_MS } from '../values/time/time.js';
import { type CountedEvent, countEvents } from './count-events.js';
import { needsSpan, takeBack } from './take-back.js';

const NOW = 1_700_000_000_000;
const KEPT = { windowedActions: new Set(['a']), streaks: new Map() };

const event: fc.Arbitrary<CountedEvent> = fc.record({
  action: fc.constantFrom('a', 'b'),
  occurredAt: fc
    .tuple(fc.integer({ min: 0, max: 57 }), fc.integer({ min: 0, max: 3 }))
    .map(([days, hours]) => NOW - days * DAY_MS - hours * 7_000_000),
  value: fc.constantFrom(0, 1, 2.5, -3),
});

/** A user with the rows of days that are stored. */
interface Stored {
  readonly user: UserState;
  readonly rows: Map<string, Map<number, ActionDay>>;
}

function add({ rows }: Stored, days: readonly (ActionDay & { readonly action: string })[]): void {
  for (const { action, day, count, sum } of days) {
    const own = rows.get(action) ?? new Map<number, ActionDay>();
    rows.set(action, own);
    const before = own.get(day) ?? { day, count: 0, sum: 0n };
    const after = { day, count: before.count + count, sum: before.sum + sum };
    if (after.count > 0) own.set(day, after);
    else own.delete(day);
  }
}

function counted(stored: Stored, events: readonly CountedEvent[]): Stored {
  const { after, days } = countEvents(stored.user, events, KEPT);
  add(stored, days);
  return { ...stored, user: after };
}

function takenBack(stored: Stored, some: readonly CountedEvent[], others: readonly CountedEvent[]): Stored {
  const { after, days, gone } = takeBack(stored.user, some, (action) => {
    const total = stored.user.actions.get(action)!;
    const times = others.filter((other) => other.action === action).map(({ occurredAt }) => occurredAt);
    const needed = times.length > 0 && some.some((one) => one.action === action && needsSpan(total, one));
    return {
      rows: [...(stored.rows.get(action) ?? new Map<number, ActionDay>()).values()],
      span: needed ? { firstAt: Math.min(...times), lastAt: Math.max(...times) } : undefined,
    };
  });
  add(stored, days);
  for (const action of gone) stored.rows.delete(action);
  return { ...stored, user: after };
}

/** What is stored, whether the last day of an action has a row or not. */
function shown({ user, rows }: Stored) {
  return [...user.actions]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([action, total]) => {
      const { openDay, lastDay, ...rest }: ActionTotal = total;
      const days = new Map(rows.get(action) ?? []);
      const last = lastDay ?? Math.floor(total.lastAt / DAY_MS);
      if (openDay !== undefined && openDay.count > 0) {
        const before = days.get(last) ?? { day: last, count: 0, sum: 0n };
        days.set(last, { day: last, count: before.count + openDay.count, sum: before.sum + openDay.sum });
      }
      return {
        action,
        ...rest,
        last,
        days: [...days.values()].toSorted((a, b) => a.day - b.day),
        read: user.actionDays.get(action),
      };
    });
}

const nobody = (): Stored => ({ user: unknownUser('ada'), rows: new Map() });

describe('an event that is taken back', () => {
  it('leaves what is counted as if it had never come, between any others', () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 12 }),
        fc.array(event, { maxLength: 4 }),
        fc.nat(),
        (before, after, n) => {
          const one = before[n % before.length]!;
          const others = before.toSpliced(n % before.length, 1);
          let stored = nobody();
          // One by one, so that days end and have rows.
          for (const each of before) stored = counted(stored, [each]);
          stored = takenBack(stored, [one], others);
          let never = nobody();
          for (const each of others) never = counted(never, [each]);
          expect(shown(stored)).toEqual(shown(never));
          for (const each of after) {
            stored = counted(stored, [each]);
            never = counted(never, [each]);
          }
          expect(shown(stored)).toEqual(shown(never));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('can be followed by all others, in any order, and by several at once', () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
        (events, order) => {
          let stored = counted(nobody(), events);
          const left = [...events];
          for (const n of order) {
            if (left.length === 0) break;
            const some = left.splice(n % left.length, 1 + (n % 3));
            stored = takenBack(stored, some, left);
            expect(shown(stored)).toEqual(shown(left.reduce((all, each) => counted(all, [each]), nobody())));
          }
          expect(stored.user.actions.size + stored.user.actionDays.size).toBe(0);
          expect([...stored.rows.values()].flatMap((rows) => [...rows])).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leaves the last one known by its day where no other is kept', () => {
    const first = { action: 'a', occurredAt: NOW - 70 * DAY_MS, value: 1 };
    const second = { action: 'a', occurredAt: NOW - 9 * DAY_MS, value: 1 };
    const last = { action: 'a', occurredAt: NOW, value: 1 };
    let stored = nobody();
    for (const each of [first, second, last]) stored = counted(stored, [each]);
    const total = takenBack(stored, [last], []).user.actions.get('a')!;
    const day = Math.floor(second.occurredAt / DAY_MS);
    expect([total.count, total.activeDays, total.firstAt]).toEqual([2, 2, first.occurredAt]);
    expect(Math.floor(total.lastAt / DAY_MS)).toBe(day);
  });
});
