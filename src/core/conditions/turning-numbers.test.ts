import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { comparisonOf } from './operators.js';
import { operator, value } from './testing/arbitrary-conditions.js';
import { turningNumbers } from './turning-numbers.js';

it('has every whole number at which the result changes, for random values and operators', () => {
  let turned = 0;
  fc.assert(
    fc.property(operator, value, fc.boolean(), (name, constant, swapped) => {
      const compare = comparisonOf(name)!;
      const holds = (n: number) => (swapped ? compare(constant, n) : compare(n, constant));
      const turns = turningNumbers(constant);
      const near = [...turns].flatMap((n) => [n - 1, n, n + 1, n + 2]);
      for (const n of [...near, ...Array.from({ length: 40 }, (_, i) => i - 20)]) {
        if (!Number.isSafeInteger(n) || holds(n) === holds(n - 1)) continue;
        turned += 1;
        expect(turns).toContain(n);
      }
    }),
    { numRuns: 5000 },
  );
  expect(turned).toBeGreaterThan(125);
});

it('is around the numbers of a list, of a version, and of an instant', () => {
  expect([...turningNumbers([2, 7.5])]).toEqual([0, 2, 3, 7, 8]);
  expect([...turningNumbers('18.1')]).toEqual(expect.arrayContaining([18, 19]));
  expect([...turningNumbers('2025-06-15')]).toEqual(expect.arrayContaining([Date.UTC(2025, 5, 15)]));
});
