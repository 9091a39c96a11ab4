const RATIO = 1.1;
const LEAST_MS = 1_000;
const LOG_RATIO = Math.log(RATIO);

/**
 * The bucket of a duration in milliseconds. Bucket 0 has all up to a second, and bucket b > 0 those over 1.1^(b−1) and up to
 * 1.1^b seconds, whatever the durations that there are: so counts of several histograms add up.
 */
export function durationBucket(durationMs: number): number {
  return durationMs <= LEAST_MS ? 0 : Math.ceil(Math.log(durationMs / LEAST_MS) / LOG_RATIO);
}

/**
 * The duration that stands for a bucket, in milliseconds: the geometric mean of its bounds, 1.1^(b−½) seconds. None in the bucket is
 * further from it than by the factor √1.1, which is 4.9 %. Bucket 0 stands for a second.
 */
export function durationOf(bucket: number): number {
  return bucket <= 0 ? LEAST_MS : LEAST_MS * RATIO ** (bucket - 0.5);
}

/**
 * A percentile by nearest rank: the least duration such that at least `share` (0…1] of all are no longer, within 4.9 %, in milliseconds;
 * undefined where nothing was counted.
 * @param counts how many durations each bucket has
 */
export function percentileOf(counts: ReadonlyMap<number, number>, share: number): number | undefined {
  const buckets = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(share * total));
  let below = 0;
  for (const [bucket, count] of buckets) {
    below += count;
    if (below >= rank) return durationOf(bucket);
  }
  return undefined;
}
