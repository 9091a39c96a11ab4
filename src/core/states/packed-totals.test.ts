import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PackedTotals } from './packed-totals.js';

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
    streaks: fc.string({ minLength: 1 }),
  },
  { requiredKeys: ['count', 'sum', 'activeDays', 'firstAt', 'lastAt', 'recentDays'] },
);
/** More names than are numbered. */
const MANY = 12_000;
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

  it('are so for more names than are numbered, and for as many as a user has', () => {
    const one = { count: 3, sum: -1n, activeDays: 1, firstAt: 9, lastAt: 2, recentDays: 1n << 61n };
    const given = new Map(Array.from({ length: MANY }, (_, n) => [`Größe ${n}`, { ...one, count: n }]));
    const packed = new PackedTotals(given);
    expect(new Map(packed)).toEqual(given);
    expect([packed.get(`Größe ${MANY - 1}`)?.count, packed.has('Größe')]).toEqual([MANY - 1, false]);
    expect(new Map(new PackedTotals(new Map([['another', one]])))).toEqual(new Map([['another', one]]));
  });
});
