import { type JsonObject, ownMember } from '../values/json.js';
import { type HashedStart, hashedStart, murmur3, murmur3After } from '../values/murmur3.js';
import { type BucketBy, PER_100K } from './flag.js';

/** Rollouts and distributions have different seeds: with the same one, a 50 % rollout would get half of the variants only. */
const ROLLOUT_SEED = 0;
export const DISTRIBUTION_SEED = 1;

const HASHES = 2 ** 32;

/** Whose bucket is looked for. */
export interface BucketSource {
  readonly userId: string;
  /** By which a user's buckets are found in place of the user's id: as whom they were known before they signed in. */
  readonly anonymousId?: string | undefined;
  readonly organizationId: string;
  readonly attributes: JsonObject;
}

/** The text that a user's bucket depends on; undefined when there is none. Numbers and booleans count as their text. */
export function bucketKey(bucketBy: BucketBy, source: BucketSource): string | undefined {
  if (bucketBy === 'user') {
    const id = source.anonymousId ?? source.userId;
    return id === '' ? undefined : id;
  }
  if (bucketBy === 'organization') return source.organizationId === '' ? undefined : source.organizationId;
  const value = ownMember(source.attributes, bucketBy.slice('attribute:'.length));
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** The bucket of a key, 0…99_999: the murmur3-32 hash of the UTF-8 of `salt:key`, scaled to that range. */
export function bucketOf(salt: string, key: string, seed = ROLLOUT_SEED): number {
  return scaled(murmur3(`${salt}:${key}`, seed));
}

function scaled(hash: number): number {
  return Math.floor((hash * PER_100K) / HASHES);
}

/** A flag's salt as rollouts need it: hashed before anybody's key is. */
export type RolloutSalt = HashedStart;

export function rolloutSalt(salt: string): RolloutSalt {
  return hashedStart(`${salt}:`, ROLLOUT_SEED);
}

/**
 * Whether the key's bucket is below the rollout. A missing key is in no partial rollout, rather than in a random one; a full
 * rollout includes everyone.
 */
export function inRollout(salt: RolloutSalt, key: string | undefined, rolloutPer100k: number): boolean {
  if (rolloutPer100k >= PER_100K) return true;
  return key !== undefined && scaled(murmur3After(salt, key)) < rolloutPer100k;
}
