import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evenShares, missingOf, percentShares, shareOf, withoutVariant, withRest, withShare } from './distribution.js';
import { PER_100K } from './percentage.js';

const variant = fc.constantFrom('on', 'off', 'blue', 'red');
const distribution = fc.array(fc.record({ variant, weight: fc.nat(1_000_000) }), { maxLength: 6 });
const share = fc.nat(PER_100K);
/** Of a distribution that serves anything. */
const shares = distribution.map(percentShares).filter((all) => all.length > 0);

describe('a distribution', () => {
  it('comes to exactly everyone, each variant once, and stays so when it is read again', () => {
    fc.assert(
      fc.property(distribution, (given) => {
        const read = percentShares(given);
        const hasWeight = given.some(({ weight }) => weight > 0);
        expect(missingOf(read)).toBe(hasWeight ? 0 : PER_100K);
        expect(new Set(read.map((each) => each.variant)).size).toBe(read.length);
        expect(percentShares(read)).toEqual(read);
        const total = given.reduce((sum, { weight }) => sum + weight, 0);
        for (const each of read) {
          const weight = given.reduce((sum, one) => sum + (one.variant === each.variant ? one.weight : 0), 0);
          expect(Math.abs(each.weight - (weight / total) * PER_100K)).toBeLessThan(1);
        }
      }),
    );
  });

  it('gives one of two variants what the other leaves, and moves no third one unasked', () => {
    fc.assert(
      fc.property(shares, variant, share, (all, name, per100k) => {
        const set = withShare(all, name, per100k);
        expect(set.find((each) => each.variant === name)?.weight).toBe(per100k);
        if (set.length === 2) expect(missingOf(set)).toBe(0);
        else for (const each of all) if (each.variant !== name) expect(set).toContainEqual(each);
      }),
    );
  });

  it('is filled up by one of its variants, where that has enough to give', () => {
    fc.assert(
      fc.property(shares, variant, share, (all, name, per100k) => {
        const set = withShare(all, name, per100k);
        const { variant: last, weight } = set.at(-1)!;
        const filled = withRest(set, last);
        const missing = missingOf(set);
        expect(missingOf(filled)).toBe(weight + missing < 0 ? weight + missing : 0);
        expect(filled.slice(0, -1)).toEqual(set.slice(0, -1));
      }),
    );
  });

  it('goes to the others in proportion when one is taken out, and to nobody where nothing is left', () => {
    fc.assert(
      fc.property(shares, variant, (all, name) => {
        const left = percentShares(withoutVariant(all, name));
        expect(shareOf(left, name)).toBe(0);
        const others = all.filter((each) => each.variant !== name);
        const sum = others.reduce((total, { weight }) => total + weight, 0);
        for (const { variant: other, weight } of others) {
          if (sum > 0) expect(Math.abs(shareOf(left, other) - (weight / sum) * PER_100K)).toBeLessThan(1);
        }
        if (sum === 0) expect(left).toEqual([]);
      }),
    );
  });

  it('is even to one part in all hundred thousand', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 100 }), (names) => {
        const weights = evenShares(names).map(({ weight }) => weight);
        expect([Math.max(...weights) - Math.min(...weights) <= 1, weights.reduce((a, b) => a + b)]).toEqual([
          true,
          PER_100K,
        ]);
      }),
    );
  });
});
