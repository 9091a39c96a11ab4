import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/values/time.js';

/** How long after which failure the next attempt comes, about; after one failure more than these a delivery is given up. */
export const RETRY_DELAYS_MS: readonly number[] = [
  ...[5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS],
  ...[HOUR_MS, 3 * HOUR_MS, 8 * HOUR_MS, 12 * HOUR_MS, DAY_MS],
];

/**
 * However few attempts were made: a delivery that has been pending for longer is given up, so that what waits for an
 * endpoint that never answers comes to an end. Longer than all the delays together.
 */
export const GIVE_UP_AFTER_MS = 3 * DAY_MS;

/** Spreads what failed together, so that it does not come back together. */
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
