import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LayeredMap } from './layered-map.js';

const byKey = (one: string, other: string): number => (one < other ? -1 : 1);
const key = fc.integer({ min: 0, max: 300 }).map((n) => `k${n}`);
const changes = fc
  .array(
    fc.tuple(
      key,
      fc.option(
        fc.integer().map((n) => ({ n })),
        { nil: undefined },
      ),
    ),
    { maxLength: 60 },
  )
  .map((entries) => new Map(entries));

describe('a map in layers', () => {
  it('is what a plain map is after the same changes, in its order, and so is each that it was made of', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 12 }), fc.array(fc.boolean()), (steps, walked) => {
        const plain = new Map<string, { n: number }>();
        let layered = new LayeredMap<string, { n: number }>(byKey);
        const past: (readonly [LayeredMap<string, { n: number }>, string])[] = [];
        for (const [i, step] of steps.entries()) {
          const before = layered;
          layered = layered.with(step);
          const different = new Set<string>();
          for (const [name, value] of step) {
            if (plain.get(name) !== value) different.add(name);
            if (value === undefined) plain.delete(name);
            else plain.set(name, value);
          }
          expect(layered.differences(before)).toEqual(different);
          expect(layered.size).toBe(plain.size);
          for (let n = 0; n <= 300; n += 7) {
            expect([layered.get(`k${n}`), layered.has(`k${n}`)]).toEqual([plain.get(`k${n}`), plain.has(`k${n}`)]);
          }
          const text = JSON.stringify([...plain].toSorted(([a], [b]) => byKey(a, b)));
          if (walked[i] === true) expect(JSON.stringify([...layered])).toBe(text);
          past.push([layered, text]);
        }
        for (const [one, text] of past) {
          expect(JSON.stringify([...one.entries()])).toBe(text);
          expect(JSON.stringify([...one.keys()].map((name, i) => [name, [...one.values()][i]]))).toBe(text);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is the same where nothing changes', () => {
    const map = new LayeredMap<string, object>().with(new Map([['a', {}]]));
    expect(map.with(new Map())).toBe(map);
  });
});
