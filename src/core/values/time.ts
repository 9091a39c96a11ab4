export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The number of the UTC day that holds an instant (epoch milliseconds): whole days since 1970-01-01. */
export function dayNumber(epochMs: number): number {
  return Math.floor(epochMs / DAY_MS);
}
