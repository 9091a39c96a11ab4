import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { binaryDistance } from './binary-logarithm.js';

const HASH = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.integer({ min: 0, max: 31 }).map((bit) => 2 ** bit),
  fc.integer({ min: 0, max: 1000 }).map((below) => 2 ** 32 - 1 - below),
);

describe('the binary distance of a hash', () => {
  // By an independent program, with decimals of fifty digits.
  it.each([
    [0, 141733920768],
    [1, 134926558662],
    [2, 131761315537],
    [3, 129676423189],
    [1000, 94633138501],
    [123456789, 21992676708],
    [2147483647, 4294967298],
    [2147483648, 4294967295],
    [3735928559, 864062747],
    [4294967294, 3],
    [4294967295, 1],
  ])('of %i is %i everywhere', (hash, distance) => {
    expect(binaryDistance(hash)).toBe(distance);
  });

  it('is the logarithm, as close as interpolation comes', () => {
    fc.assert(
      fc.property(HASH, (hash) => {
        const exact = -Math.log2((hash + 0.5) / 2 ** 32) * 2 ** 32;
        expect(Math.abs(binaryDistance(hash) - exact)).toBeLessThanOrEqual(2 + Math.min(exact * 2 ** -12, 2 ** 8));
      }),
      { numRuns: 5000 },
    );
  });

  it('never grows with the hash', () => {
    fc.assert(
      fc.property(HASH, HASH, fc.boolean(), (hash, any, near) => {
        const other = near ? Math.min(hash + 1, 2 ** 32 - 1) : any;
        expect(
          Math.sign(binaryDistance(hash) - binaryDistance(other)) * Math.sign(other - hash),
        ).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 5000 },
    );
  });
});
