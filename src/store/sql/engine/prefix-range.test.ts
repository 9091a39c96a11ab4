import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { afterPrefix, comesBefore } from './prefix-range.js';

const text = fc.string({ unit: 'binary', maxLength: 4 });

describe('the range of a prefix', () => {
  it('has all that begins with it, and nothing else', () => {
    fc.assert(
      fc.property(
        text.filter((prefix) => prefix !== ''),
        text,
        fc.boolean(),
        (prefix, other, continued) => {
          const value = continued ? prefix + other : other;
          const end = afterPrefix(prefix);
          const isIn = !comesBefore(value, prefix) && (end === undefined || comesBefore(value, end));
          expect(isIn).toBe(value.startsWith(prefix));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['ab', 'ac'],
    ['a\ud7ff', 'a\ue000'],
    ['a\u{10ffff}', 'b'],
    ['\u{10ffff}', undefined],
  ])('ends after %j at %j', (prefix, end) => {
    expect(afterPrefix(prefix)).toBe(end);
  });
});
