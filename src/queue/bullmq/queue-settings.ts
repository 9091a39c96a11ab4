/**
 * What everybody who touches the queues in Redis must agree on, foreign producers included.
 *
 * The braces are a hash tag: they keep all keys on one slot, which BullMQ's scripts need on Redis Cluster.
 */
export const QUEUE_PREFIX = '{latchkey}';
export const LANES_QUEUE = 'latchkey-lanes';
export const EVENTS_QUEUE = 'latchkey-events';
export const DELIVERIES_QUEUE = 'latchkey-deliveries';
/** The name of the jobs on EVENTS_QUEUE. */
export const TRACK_JOB = 'track';

/**
 * How soon a killed worker's job runs elsewhere: its lock lapses after LOCK_DURATION_MS, and one of the others finds that
 * out in the second of two rounds, STALLED_INTERVAL_MS apart. So for about 10 s at most wakes of that lane are kept back;
 * the sweeper does not wait for that. Every worker needs the same interval, as any one of them makes the round for all.
 */
export const LOCK_DURATION_MS = 5_000;
export const STALLED_INTERVAL_MS = 5_000;

/** A job is redelivered however often its worker was killed; BullMQ's default gives it up at the second time. */
export const MAX_STALLED_COUNT = 1_000_000;

/** How many refused event jobs stay to be looked at; the oldest go first. */
export const REFUSED_JOBS_KEPT = 10_000;
