import { type JsonObject, ownMember } from '../values/json.js';
import { murmur3 } from '../values/murmur3.js';
import { type BucketBy, PER_100K, type WeightedVariant } from './flag.js';

/** The version of this algorithm, stored on each flag so that a later one can stand beside it. */
export const BUCKETING_VERSION = 1;

/** Rollouts and distributions use hashes of their own: else a 50 % rollout would only see half of the variants. */
const ROLLOUT_SEED = 0;
const DISTRIBUTION_SEED = 1;

const HASHES = 2 ** 32;

/** What buckets are made from. */
export interface BucketSource {
  readonly userId: string;
  readonly organizationId: string;
  readonly attributes: JsonObject;
}

/** The key that a rollout is spread over; undefined when it is missing. Numbers and booleans count as their text. */
export function bucketKey(bucketBy: BucketBy, source: BucketSource): string | undefined {
  if (bucketBy === 'user') return source.userId === '' ? undefined : source.userId;
  if (bucketBy === 'organization') return source.organizationId === '' ? undefined : source.organizationId;
  const value = ownMember(source.attributes, bucketBy.slice('attribute:'.length));
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** The bucket, 0…99_999: murmur3-32 over the UTF-8 of `salt:key`, multiplied up. */
export function bucketOf(salt: string, key: string, seed = ROLLOUT_SEED): number {
  return Math.floor((murmur3(`${salt}:${key}`, seed) * PER_100K) / HASHES);
}

/**
 * Whether the half-open range [0, rollout) holds the key's bucket. A missing key is in no partial rollout, never random;
 * a full rollout is everyone.
 */
export function inRollout(salt: string, key: string | undefined, rolloutPer100k: number): boolean {
  if (rolloutPer100k >= PER_100K) return true;
  return key !== undefined && bucketOf(salt, key) < rolloutPer100k;
}

/**
 * The variant whose half-open range holds the key's bucket; ranges follow the list's order and share the buckets by
 * weight. A missing key, never random, gets the first variant that has weight. Undefined for an empty distribution.
 */
export function pickVariant(
  distribution: readonly WeightedVariant[],
  salt: string,
  key: string | undefined,
): string | undefined {
  let total = 0;
  for (const share of distribution) total += share.weight;
  if (total === 0) return undefined;
  const position = key === undefined ? 0 : (bucketOf(salt, key, DISTRIBUTION_SEED) * total) / PER_100K;
  let end = 0;
  for (const share of distribution) {
    end += share.weight;
    if (position < end) return share.variant;
  }
  return undefined;
}
