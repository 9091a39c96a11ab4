import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeLivePosition, encodeLivePosition } from './live-position.js';

const position = fc.record({
  epoch: fc.stringMatching(/^[\w-]{1,64}$/),
  configuration: fc.integer({ min: -1, max: 2 ** 40 }),
  at: fc.integer({ min: 0, max: 2 ** 42 }),
  audit: fc
    .tuple(fc.nat(2 ** 31 - 1), fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { maxLength: 60 }))
    .map(([floor, more]) => ({ floor, told: more.toSorted((a, b) => a - b).map((distance) => floor + distance) })),
});

describe('the token of a position', () => {
  it('stands for it, with the last of the ids that were told', () => {
    fc.assert(
      fc.property(position, (given) => {
        const { audit, ...rest } = given;
        const told = audit.told.slice(-32);
        expect(decodeLivePosition(encodeLivePosition(given))).toEqual({ ...rest, audit: { ...audit, told } });
      }),
    );
  });

  it('is nothing else', () => {
    for (const token of ['', 'x', 'a1', 'a1.e.1.1.1', 'a1.e.1.1.1.-', 'r1.e.1.1.1..', 'a1.e.1.1.1.1-', 'a1.e.1.1.x.']) {
      expect(decodeLivePosition(token)).toBeUndefined();
    }
  });
});
