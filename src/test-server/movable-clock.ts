import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/values/time/time.js';

/** A span of time; what is left out is 0. */
export interface Duration {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

const UNIT_MS: Readonly<Record<keyof Duration, number>> = {
  days: DAY_MS,
  hours: HOUR_MS,
  minutes: MINUTE_MS,
  seconds: SECOND_MS,
  milliseconds: 1,
};

/** A clock that goes on as this machine's does, from wherever it was moved to. It never goes back. */
export class MovableClock {
  #aheadMs = 0;

  /** @param start where it begins, in epoch milliseconds; undefined: at the present instant */
  constructor(start: number | undefined) {
    if (start !== undefined) this.#aheadMs = start - Date.now();
  }

  /** Epoch milliseconds. */
  now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Moves it to an instant (epoch milliseconds). Throws a RangeError for one that has passed: what has happened cannot be undone. */
  moveTo(instant: number): void {
    const now = this.now();
    if (instant < now) {
      throw new RangeError(
        `the clock is at ${shown(now)} and cannot go back to ${shown(instant)}; start a server with \`now\` for an earlier time`,
      );
    }
    this.#aheadMs += instant - now;
  }
}

/** An instant as epoch milliseconds. Throws a RangeError for what is none. */
export function instantOf(given: Date | string | number): number {
  const instant = typeof given === 'number' ? given : given instanceof Date ? given.getTime() : Date.parse(given);
  if (Number.isFinite(instant)) return Math.round(instant);
  throw new RangeError(`${JSON.stringify(given)} is no instant; give one like "2026-01-31T12:00:00Z"`);
}

/** A span in milliseconds. Throws a RangeError for what is no span that lies ahead. */
export function durationMs(duration: Duration): number {
  let sumMs = 0;
  for (const [unit, count] of Object.entries(duration)) {
    const unitMs = Object.hasOwn(UNIT_MS, unit) ? UNIT_MS[unit as keyof Duration] : Number.NaN;
    const ms = unitMs * Number(count);
    if (!(ms >= 0 && Number.isFinite(ms))) {
      throw new RangeError(
        `${JSON.stringify({ [unit]: count })} is no span of time; give days, hours, minutes, seconds or milliseconds, 0 or more`,
      );
    }
    sumMs += ms;
  }
  return Math.round(sumMs);
}

function shown(instant: number): string {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? String(instant) : date.toISOString();
}
