import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NamesByKey } from './names-by-key.js';

it('has the names of each key after any moves, and so have those that it was made of', () => {
  const move = fc
    .tuple(fc.integer({ min: 0, max: 400 }), fc.subarray(['a', 'b', 'c']))
    .map(([n, to]) => ({ name: `n${n}`, to: new Set(to) }));
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(move, { selector: ({ name }) => name, maxLength: 120 }), { maxLength: 10 }),
      (steps) => {
        const under = new Map<string, ReadonlySet<string>>();
        const sorted = (names: NamesByKey<string>) =>
          ['a', 'b', 'c', 'd'].map((key) => [names.has(key), [...names.get(key)].toSorted()]);
        let names = new NamesByKey<string>();
        const past: (readonly [NamesByKey<string>, unknown])[] = [];
        for (const step of steps) {
          names = names.moved(step.map(({ name, to }) => ({ name, from: under.get(name) ?? new Set(), to })));
          for (const { name, to } of step) under.set(name, to);
          const expected = ['a', 'b', 'c', 'd'].map((key) => {
            const there = [...under].filter(([, keys]) => keys.has(key)).map(([name]) => name);
            return [there.length > 0, [...there].toSorted()];
          });
          expect(sorted(names)).toEqual(expected);
          past.push([names, expected]);
        }
        for (const [one, expected] of past) expect(sorted(one)).toEqual(expected);
      },
    ),
  );
  const same = new Set(['a']);
  const names = new NamesByKey<string>().moved([{ name: 'n', from: new Set(), to: same }]);
  expect(names.moved([{ name: 'n', from: same, to: new Set(['a']) }])).toBe(names);
});
