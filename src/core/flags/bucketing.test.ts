import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../values/json.js';
import { type BucketSource, bucketKey, bucketOf, inRollout, rolloutSalt } from './bucketing.js';
import { PER_100K } from './flag.js';

const USERS = Array.from({ length: 100_000 }, (_, i) => `user-${i}`);
const SALTS = ['a salt', '8c1f', 'pepper'];

/** Chi-square of counts against shares of their sum. */
function chiSquare(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, i) => sum + (count - total * shares[i]!) ** 2 / (total * shares[i]!), 0);
}

/** Far beyond what chance gives for so many degrees of freedom (the normal approximation at six sigma). */
function chiSquareBound(freedom: number): number {
  return freedom + 6 * Math.sqrt(2 * freedom);
}

describe('a rollout', () => {
  it('keeps everyone who was in when it is raised', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.option(fc.string(), { nil: undefined }),
        fc.integer({ min: 0, max: PER_100K }),
        fc.integer({ min: 0, max: PER_100K }),
        (salt, key, one, other) => {
          const [low, high] = [Math.min(one, other), Math.max(one, other)];
          if (inRollout(rolloutSalt(salt), key, low)) expect(inRollout(rolloutSalt(salt), key, high)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is nobody at 0 and everyone at 100,000', () => {
    for (const key of [undefined, '', ...USERS.slice(0, 1000)]) {
      expect(inRollout(rolloutSalt('a salt'), key, 0)).toBe(false);
      expect(inRollout(rolloutSalt('a salt'), key, PER_100K)).toBe(true);
    }
  });

  it('is the half-open range of buckets below it', () => {
    for (const key of USERS.slice(0, 1000)) {
      const bucket = bucketOf('a salt', key);
      expect([
        inRollout(rolloutSalt('a salt'), key, bucket),
        inRollout(rolloutSalt('a salt'), key, bucket + 1),
      ]).toEqual([false, true]);
    }
  });

  it('never has whoever lacks the key, but at 100,000', () => {
    expect(inRollout(rolloutSalt('a salt'), undefined, PER_100K - 1)).toBe(false);
  });

  it.each(SALTS)('spreads users evenly over the buckets, salted with %s', (salt) => {
    const counts = new Array<number>(100).fill(0);
    for (const key of USERS) {
      const bucket = bucketOf(salt, key);
      counts[Math.floor(bucket / 1000)]! += 1;
      if (!Number.isInteger(bucket) || bucket < 0 || bucket >= PER_100K) throw new Error(`bucket ${bucket}`);
    }
    expect(chiSquare(counts, new Array<number>(100).fill(0.01))).toBeLessThan(chiSquareBound(99));
  });

  it('of one flag says nothing of another’s', () => {
    const counts = [0, 0, 0, 0];
    for (const key of USERS) {
      counts[
        Number(inRollout(rolloutSalt('one'), key, 30_000)) * 2 + Number(inRollout(rolloutSalt('two'), key, 30_000))
      ]! += 1;
    }
    expect(chiSquare(counts, [0.49, 0.21, 0.21, 0.09])).toBeLessThan(chiSquareBound(3));
  });
});

describe('the bucket key', () => {
  const source: BucketSource = {
    userId: 'ada',
    organizationId: 'acme',
    attributes: JSON.parse(
      '{"device": "phone", "seats": 0, "beta": false, "none": null, "list": ["a"], "empty": "", "__proto__": "own"}',
    ) as JsonObject,
  };

  it('is the user, the organization, or an attribute that is text, number or boolean', () => {
    expect(bucketKey('user', source)).toBe('ada');
    expect(bucketKey('organization', source)).toBe('acme');
    expect(bucketKey('attribute:device', source)).toBe('phone');
    expect(bucketKey('attribute:seats', source)).toBe('0');
    expect(bucketKey('attribute:beta', source)).toBe('false');
    expect(bucketKey('attribute:__proto__', source)).toBe('own');
  });

  it('is missing for nobody, no organization, and attributes that are absent, empty, null or structured', () => {
    const nobody = { ...source, userId: '', organizationId: '' };
    expect([bucketKey('user', nobody), bucketKey('organization', nobody)]).toEqual([undefined, undefined]);
    for (const name of ['unknown', 'empty', 'none', 'list', 'constructor', 'toString']) {
      expect(bucketKey(`attribute:${name}`, source)).toBeUndefined();
    }
  });
});
