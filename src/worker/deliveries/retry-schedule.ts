import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/values/time/time.js';

/** About how long after each failure the next attempt is made. A delivery that fails once more than there are delays is given up. */
export const RETRY_DELAYS_MS: readonly number[] = [
  ...[5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS],
  ...[HOUR_MS, 3 * HOUR_MS, 8 * HOUR_MS, 12 * HOUR_MS, DAY_MS],
];

/**
 * After how long a pending delivery is given up, however few attempts were made, so that what waits for an endpoint that never
 * answers comes to an end. It is longer than all the delays together.
 */
export const GIVE_UP_AFTER_MS = 3 * DAY_MS;

/** By what share a delay is made shorter or longer at random, so that deliveries that failed together are not repeated together. */
const JITTER = 0.2;
const LONGEST_DELAY_MS = DAY_MS;

/**
 * How long until the next attempt, after this many failures (1 or more); undefined: none follows. An endpoint that asks for
 * more time is given it, up to a day. `random` is in [0, 1).
 */
export function retryDelayMs(
  failures: number,
  { delaysMs, retryAfterMs = 0, random }: { delaysMs: readonly number[]; retryAfterMs?: number; random: number },
): number | undefined {
  const base = delaysMs[failures - 1];
  if (base === undefined) return undefined;
  const spread = base * (1 - JITTER + 2 * JITTER * random);
  return Math.round(Math.max(spread, Math.min(retryAfterMs, LONGEST_DELAY_MS)));
}
