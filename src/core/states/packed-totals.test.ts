import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PackedTotals, packedUser } from './packed-totals.js';
import { unknownUser } from './user-state.js';

const action = fc
  .oneof(fc.constantFrom('a', 'ab', 'b', ' ', '__proto__', '1 2', 'Größe', '世界'), fc.string({ minLength: 1 }))
  .filter((name) => !/\p{Cc}/u.test(name));
const instant = fc.integer({ min: 0, max: 8.64e15 });
const sum = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n });
const total = fc.record(
  {
    count: fc.nat(2 ** 40),
    sum,
    activeDays: fc.nat(),
    firstAt: instant,
    lastAt: instant,
    recentDays: fc.bigInt({ min: 0n, max: 2n ** 62n }),
    openDay: fc.record({ count: fc.nat(), sum }),
  },
  { requiredKeys: ['count', 'sum', 'activeDays', 'firstAt', 'lastAt', 'recentDays'] },
);
const totals = fc.array(fc.tuple(action, total)).map((entries) => new Map(entries));

describe('packed totals', () => {
  it('are the totals that were packed, in their order', () => {
    fc.assert(
      fc.property(totals, action, (given, other) => {
        const packed = new PackedTotals(given);
        expect(new Map(packed)).toEqual(given);
        expect([[...packed.keys()], [...packed.values()]]).toEqual([[...given.keys()], [...given.values()]]);
        expect(packed.size).toBe(given.size);
        for (const name of [...given.keys(), other]) {
          expect([packed.has(name), packed.get(name)]).toEqual([given.has(name), given.get(name)]);
        }
        const seen = new Map<string, unknown>();
        packed.forEach((one, name) => void seen.set(name, one));
        expect(seen).toEqual(given);
      }),
    );
  });

  it('take the place of a state’s own, where it has any', () => {
    const user = unknownUser('ada');
    expect(packedUser(user)).toBe(user);
    const counted = { count: 1, sum: 0n, activeDays: 1, firstAt: 1, lastAt: 1, recentDays: 1n };
    const { actions } = packedUser({ ...user, actions: new Map([['save', counted]]) });
    expect(actions).toBeInstanceOf(PackedTotals);
    expect(actions.get('save')).toEqual(counted);
  });
});
