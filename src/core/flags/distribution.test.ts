import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileDistribution } from './distribution.js';
import type { WeightedVariant } from './flag.js';

const USERS = Array.from({ length: 20_000 }, (_, i) => `user-${i}`);

type Weights = Readonly<Record<string, number>>;

function sharesOf(weights: Weights): WeightedVariant[] {
  return Object.entries(weights).map(([variant, weight]) => ({ variant, weight }));
}

function pick(shares: readonly WeightedVariant[], key: string | undefined, { salt = 'a salt', bucketing = 2 } = {}) {
  return compileDistribution(shares, bucketing)?.variantFor(salt, key);
}

/** Chi-square of how many users have each of the variants against the weights. */
function chiSquareOf(weights: Weights, bucketing: number, salt: string): number {
  const counts = new Map<string, number>();
  const distribution = compileDistribution(sharesOf(weights), bucketing)!;
  for (const key of USERS) {
    const variant = distribution.variantFor(salt, key);
    counts.set(variant, (counts.get(variant) ?? 0) + 1);
  }
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  return sharesOf(weights).reduce((sum, { variant, weight }) => {
    const due = (USERS.length * weight) / total;
    const found = counts.get(variant) ?? 0;
    return weight === 0 ? sum + found * USERS.length : sum + (found - due) ** 2 / due;
  }, 0);
}

const weight = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 }), fc.nat(1_000_000));
const shares = fc.array(fc.record({ variant: fc.string({ unit: 'binary' }), weight }), { maxLength: 12 });
const key = fc.option(fc.string(), { nil: undefined });

describe.each([1, 2])('a distribution by bucketing %i', (bucketing) => {
  it('shares users out by weight', () => {
    const weights = { control: 5, nobody: 0, treatment: 3, other: 2 };
    // Six sigma of chi-square with so many degrees of freedom.
    for (const salt of ['a salt', '8c1f', 'pepper']) expect(chiSquareOf(weights, bucketing, salt)).toBeLessThan(14);
  });

  it('always picks one that has weight, if any has', () => {
    fc.assert(
      fc.property(shares, key, (distribution, bucketKey) => {
        const weighty = distribution.filter((share) => share.weight > 0).map(({ variant }) => variant);
        const picked = pick(distribution, bucketKey, { bucketing });
        if (weighty.length === 0) expect(picked).toBeUndefined();
        else expect(weighty).toContain(picked);
      }),
    );
  });
});

describe('a distribution by bucketing 1', () => {
  it('is what it always was', () => {
    const chosen = USERS.slice(0, 16).map((user) => pick(sharesOf({ a: 1, b: 1 }), user, { bucketing: 1 }));
    expect(chosen.join('')).toBe('bbabbbbabaabbbab');
  });

  it('serves the first share that has weight to whoever lacks the key', () => {
    expect(pick(sharesOf({ nobody: 0, first: 1, second: 9 }), undefined, { bucketing: 1 })).toBe('first');
  });
});

describe('a distribution by bucketing 2', () => {
  const HALVES = sharesOf({ control: 50, treatment: 50 });
  const THIRD = sharesOf({ control: 45, treatment: 45, third: 10 });

  // By an independent program in another language; docs/bucketing.md has them, too.
  it('is the same in every language', () => {
    const text = sharesOf({ ä: 3, '\u{1f30d}': 2, z: 5 });
    const chosen = ['ada', 'grace', 'linus', 'alan', 'Grüße', 'user-17', 'user-42', undefined].map((user) => [
      pick(HALVES, user, { salt: 'pepper' }),
      pick(text, user),
    ]);
    expect(chosen).toEqual([
      ['control', 'z'],
      ['control', '\u{1f30d}'],
      ['control', 'ä'],
      ['control', 'ä'],
      ['control', '\u{1f30d}'],
      ['treatment', 'ä'],
      ['treatment', 'ä'],
      ['control', 'z'],
    ]);
    expect(USERS.slice(0, 64).map((user) => pick(THIRD, user)!.replace('third', '3')[0])).toEqual([
      ...'tt3cttcttctctcctttcttcttttc33ttccctctttttcccc3cttc3ctt3ttccctctc',
    ]);
  });

  it('moves the users of a new variant to it, and nobody between the others', () => {
    const moves = new Map<string, number>();
    const [halves, third] = [HALVES, THIRD].map((shares) => compileDistribution(shares, 2)!);
    for (const user of USERS) {
      const move = `${halves!.variantFor('a salt', user)} → ${third!.variantFor('a salt', user)}`;
      moves.set(move, (moves.get(move) ?? 0) + 1);
    }
    expect([...moves.keys()].toSorted()).toEqual([
      'control → control',
      'control → third',
      'treatment → third',
      'treatment → treatment',
    ]);
    // A tenth of each half, within six sigma.
    for (const from of ['control', 'treatment']) {
      expect(Math.abs(moves.get(`${from} → third`)! - 1000)).toBeLessThan(6 * Math.sqrt(1000));
    }
  });

  it('shares users out by weights far apart', () => {
    // 10,000 of 1,010,000: some 198 of 20,000 users.
    const distribution = compileDistribution(sharesOf({ often: 1_000_000, rare: 10_000 }), 2)!;
    const rare = USERS.filter((user) => distribution.variantFor('a salt', user) === 'rare').length;
    expect(Math.abs(rare - 198)).toBeLessThan(6 * Math.sqrt(198));
    expect(
      chiSquareOf(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`v${i}`, 1 + i])), 2, 'x'),
    ).toBeLessThan(40);
  });

  it('says nothing of the draws of another flag', () => {
    const counts = { same: 0, other: 0 };
    for (const user of USERS) counts[pick(HALVES, user) === pick(HALVES, user, { salt: 'b' }) ? 'same' : 'other']++;
    expect(Math.abs(counts.same - counts.other)).toBeLessThan(6 * Math.sqrt(USERS.length));
  });

  it('moves whom it moves to the raised variant, or from the lowered one, and nobody else', () => {
    const change = fc.tuple(weight, weight).filter(([before, after]) => before !== after);
    fc.assert(
      fc.property(
        shares,
        fc.string({ unit: 'binary' }),
        change,
        fc.array(key),
        (others, variant, [before, after], keys) => {
          const [one, other] = [before, after].map((of) =>
            compileDistribution([...others, { variant, weight: of }], 2),
          );
          for (const bucketKey of keys) {
            const [was, is] = [one, other].map((it) => it?.variantFor('a salt', bucketKey));
            if (was !== is) expect(after > before ? is : was).toBe(variant);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order, on how a weight is cut into shares, or on the size of all weights', () => {
    fc.assert(
      fc.property(shares, key, fc.integer({ min: 1, max: 1000 }), fc.nat(), (list, bucketKey, factor, seed) => {
        const small = list.map((share) => ({ ...share, weight: share.weight % 1000 }));
        const cut = small.flatMap(({ variant, weight: whole }, i) => {
          const part = (seed * (i + 1)) % (whole + 1);
          return [
            { variant, weight: part },
            { variant, weight: whole - part },
          ];
        });
        const scaled = small.map((share) => ({ ...share, weight: share.weight * factor }));
        const same = [small, small.toReversed(), cut, scaled].map((one) => pick(one, bucketKey));
        expect(new Set(same).size).toBe(1);
      }),
      { numRuns: 300 },
    );
  });

  it('serves the greatest weight to whoever lacks the key, the first by name of several', () => {
    expect(pick(sharesOf({ small: 1, z: 5, b: 2 }), undefined)).toBe('z');
    expect(pick([...sharesOf({ z: 3, b: 2 }), { variant: 'b', weight: 1 }], undefined)).toBe('b');
  });
});

it('is refused by a version that is not known', () => {
  expect(() => compileDistribution(sharesOf({ a: 1 }), 3)).toThrow('bucketing 3 is none of 1, 2');
  expect(compileDistribution([], 3)).toBeUndefined();
});
