import type { WeightedVariant } from '../../../../src/protocol/gen/admin-json.js';
import { PER_100K, sharesOf } from './percentage.js';

/** A distribution; weights count beside each other. None: what stands around says what is served. */
export type Distribution = readonly WeightedVariant[];

/**
 * The shares of a distribution in hundred-thousandths, which come to all of them together; each variant stands once, in the order
 * in which they are named first. Empty for one without weights.
 */
export function percentShares(distribution: Distribution): Distribution {
  const weights = new Map<string, number>();
  for (const { variant, weight } of distribution) weights.set(variant, (weights.get(variant) ?? 0) + weight);
  const shares = sharesOf([...weights.values()]);
  if (!shares.some((share) => share > 0)) return [];
  return [...weights.keys()].map((variant, i) => ({ variant, weight: shares[i]! }));
}

/** The share of a variant, in hundred-thousandths of all. */
export function shareOf(distribution: Distribution, variant: string): number {
  return percentShares(distribution).find((share) => share.variant === variant)?.weight ?? 0;
}

/** What shares in hundred-thousandths come to, and how far that is from everyone: below 0 for too much. */
export function missingOf(shares: Distribution): number {
  return PER_100K - shares.reduce((sum, { weight }) => sum + weight, 0);
}

/**
 * The shares with one of them set. Of two, the other one is the rest; of more, nobody knows which one is meant to give way, and
 * they may come to another sum: see {@link missingOf}.
 */
export function withShare(shares: Distribution, variant: string, per100k: number): Distribution {
  const known = shares.some((share) => share.variant === variant);
  const all = known ? shares : [...shares, { variant, weight: 0 }];
  const rest = all.length === 2 ? PER_100K - per100k : undefined;
  return all.map((share) => ({ ...share, weight: share.variant === variant ? per100k : (rest ?? share.weight) }));
}

/** The shares with one of them changed by what is missing of everyone, or too much, as far as it can be. */
export function withRest(shares: Distribution, variant: string): Distribution {
  const missing = missingOf(shares);
  return shares.map((share) =>
    share.variant === variant ? { ...share, weight: Math.max(0, share.weight + missing) } : share,
  );
}

/** The same share for each, or as near as it comes. */
export function evenShares(variants: readonly string[]): Distribution {
  const shares = sharesOf(variants.map(() => 1));
  return variants.map((variant, i) => ({ variant, weight: shares[i]! }));
}

/** A distribution without a variant, whose share goes to the others in proportion. */
export function withoutVariant(distribution: Distribution, variant: string): Distribution {
  const left = distribution.filter((share) => share.variant !== variant);
  return left.some(({ weight }) => weight > 0) ? left : [];
}
