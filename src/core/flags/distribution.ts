import { murmur3, murmur3OfScrambled, type ScrambledText, scrambled, utf8 } from '../values/murmur3.js';
import { binaryDistance } from './binary-logarithm.js';
import { bucketOf, DISTRIBUTION_SEED } from './bucketing.js';
import { PER_100K, type WeightedVariant } from './flag.js';

/**
 * The versions of the algorithm by which a distribution chooses a variant; docs/bucketing.md has them in words. Each flag has one,
 * so that flags can be moved to a later one one by one: whoever has which variant changes with it. Rollouts do not depend on it.
 */
export const BUCKETINGS = [1, 2] as const;

/** What a new flag has. */
export const NEWEST_BUCKETING = 2;

/** A distribution, made ready for choosing. */
export interface CompiledDistribution {
  /** The variant for a bucket key; `key` is undefined for whoever has none of what the distribution is spread over. */
  variantFor(salt: string, key: string | undefined): string;
}

/** Undefined for a distribution without weight. Throws for a version that this release does not know. */
export function compileDistribution(
  distribution: readonly WeightedVariant[],
  bucketing: number,
): CompiledDistribution | undefined {
  const shares = distribution.filter(({ weight }) => weight > 0);
  if (shares.length === 0) return undefined;
  switch (bucketing) {
    case 1:
      return new RangesOfBuckets(shares);
    case 2:
      return new WeightedRendezvous(shares);
    default:
      throw new Error(`bucketing ${bucketing} is none of ${BUCKETINGS.join(', ')}, which this release knows`);
  }
}

/** Whether a distribution gives more than one variant. */
export function isSpread(distribution: readonly WeightedVariant[]): boolean {
  const shares = distribution.filter(({ weight }) => weight > 0);
  return shares.some(({ variant }) => variant !== shares[0]!.variant);
}

/**
 * Version 1: variants take ranges of buckets in the order of the list, as large as their weights say. A missing key gets the first
 * variant. A change of one share moves the ranges after it, and so users between variants that stay as they are.
 */
class RangesOfBuckets implements CompiledDistribution {
  readonly #shares: readonly WeightedVariant[];
  readonly #total: number;

  constructor(shares: readonly WeightedVariant[]) {
    this.#shares = shares;
    this.#total = shares.reduce((sum, { weight }) => sum + weight, 0);
  }

  variantFor(salt: string, key: string | undefined): string {
    const position = key === undefined ? 0 : (bucketOf(salt, key, DISTRIBUTION_SEED) * this.#total) / PER_100K;
    let end = 0;
    for (const { variant, weight } of this.#shares) {
      end += weight;
      if (position < end) return variant;
    }
    return this.#shares.at(-1)!.variant;
  }
}

interface Share {
  readonly variant: string;
  readonly text: ScrambledText;
  /** The sum of its weights: at most 100 of 1,000,000 each. */
  readonly weight: number;
}

/**
 * Version 2: every variant draws for itself, and the nearest one has the user. What a variant draws depends on salt, key and the
 * variant's own name alone, and its distance is divided by its weight. So a variant that gets more weight, or is new, takes users
 * from the others and moves nobody between those; one that gets less gives users away and takes none. A missing key gets the
 * variant of the greatest weight, the first by name where several have it.
 *
 * Rendezvous hashing is Thaler and Ravishankar's (Using Name-Based Mappings to Increase Hit Rates, 1998); with weights, by the
 * logarithmic method of Schindelhauer and Schomaker (Weighted Distributed Hash Tables, 2005).
 */
class WeightedRendezvous implements CompiledDistribution {
  /** In the order of their bytes: of equal draws the first one has the user. */
  readonly #shares: readonly Share[];
  readonly #heaviest: string;

  constructor(distribution: readonly WeightedVariant[]) {
    const weights = new Map<string, number>();
    for (const { variant, weight } of distribution) weights.set(variant, (weights.get(variant) ?? 0) + weight);
    const byBytes = [...weights].toSorted(([one], [other]) => compareBytes(utf8(one), utf8(other)));
    this.#shares = byBytes.map(([variant, weight]) => ({ variant, text: scrambled(variant), weight }));
    this.#heaviest = this.#shares.reduce((best, share) => (share.weight > best.weight ? share : best)).variant;
  }

  variantFor(salt: string, key: string | undefined): string {
    if (key === undefined || this.#shares.length === 1) return this.#heaviest;
    const seed = murmur3(`${salt}:${key}`, DISTRIBUTION_SEED);
    let nearest = this.#shares[0]!;
    let shortest = binaryDistance(murmur3OfScrambled(nearest.text, seed));
    for (let i = 1; i < this.#shares.length; i++) {
      const share = this.#shares[i]!;
      const distance = binaryDistance(murmur3OfScrambled(share.text, seed));
      if (!isSmallerQuotient(distance, share.weight, shortest, nearest.weight)) continue;
      nearest = share;
      shortest = distance;
    }
    return nearest.variant;
  }
}

/** More than what two products below 2^64 are rounded by, together. */
const ROUNDED = 2 ** 12;

/** Whether `distance / weight` is smaller than `other / otherWeight`, exactly. */
function isSmallerQuotient(distance: number, weight: number, other: number, otherWeight: number): boolean {
  const difference = distance * otherWeight - other * weight;
  if (Math.abs(difference) > ROUNDED) return difference < 0;
  return BigInt(distance) * BigInt(otherWeight) < BigInt(other) * BigInt(weight);
}

/** Orders texts by their bytes. */
function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const differs = one.findIndex((byte, i) => byte !== other[i]);
  return differs < 0 || differs >= other.length ? one.length - other.length : one[differs]! - other[differs]!;
}
