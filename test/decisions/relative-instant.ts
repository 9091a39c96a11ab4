import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/core/values/time/time.js';

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['millisecond', 1],
  ['second', SECOND_MS],
  ['minute', MINUTE_MS],
  ['hour', HOUR_MS],
  ['day', DAY_MS],
]);

/**
 * The instant (epoch milliseconds) that `now`, `7 days ago` or `in 1 hour` names, seen from `now`; a number is itself.
 * Throws for anything else.
 */
export function instantFrom(value: unknown, now: number): number {
  if (typeof value === 'number') return value;
  if (value === 'now') return now;
  const words = /^(in )?(\d+) ([a-z]+?)s?( ago)?$/.exec(String(value));
  const unitMs = UNITS_MS.get(words?.[3] ?? '');
  const [ahead, back] = [words?.[1] !== undefined, words?.[4] !== undefined];
  if (unitMs === undefined || ahead === back) throw new Error(`"${String(value)}" is no instant`);
  return now + (ahead ? 1 : -1) * Number(words![2]) * unitMs;
}
