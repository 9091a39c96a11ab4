import { DEFAULT_REDIS_PREFIX } from '../../redis/redis-address.js';

/**
 * The prefix of the queues' keys in Redis where no other is given. Producers of other systems use it, too.
 *
 * The braces are a hash tag: they keep all keys on one slot, which BullMQ's scripts need on Redis Cluster.
 */
export const QUEUE_PREFIX = keyPrefix();
export const LANES_QUEUE = 'latchkey-lanes';
export const EVENTS_QUEUE = 'latchkey-events';
export const DELIVERIES_QUEUE = 'latchkey-deliveries';
/** The name of the jobs on EVENTS_QUEUE. */
export const TRACK_JOB = 'track';

/**
 * How soon the job of a killed worker runs elsewhere: its lock lapses after LOCK_DURATION_MS, and another worker finds that
 * out in the second of two checks, STALLED_INTERVAL_MS apart. Until then, for about 10 s, wakes of that lane are kept
 * back, for which the sweeper does not wait. All workers need the same interval, since one of them checks for all.
 */
export const LOCK_DURATION_MS = 5_000;
export const STALLED_INTERVAL_MS = 5_000;

/** How often a job is delivered again after its worker was killed: always. BullMQ by default gives it up the second time. */
export const MAX_STALLED_COUNT = 1_000_000;

/** How many refused jobs of events are kept for operators to look at; the oldest go first. */
export const REFUSED_JOBS_KEPT = 10_000;

/** The prefix of the queues' keys for a deployment's prefix, which is put in braces to be the hash tag. */
export function keyPrefix(prefix: string = DEFAULT_REDIS_PREFIX): string {
  return `{${prefix}}`;
}
