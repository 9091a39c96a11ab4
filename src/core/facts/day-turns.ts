import { type DayClock, dayAt, dayZoneAt } from '../states/day-zone.js';
import { dayBegins, setBackBefore } from '../values/time/local-time.js';
import { DAY_MS, dayNumber } from '../values/time/time.js';
import { holds, type Ordering } from './time-reading.js';

/** A number that depends on which day it is where the user is. */
export interface NumberOfDay {
  on(today: number): number;
  /** The next day on which it may be another one; Infinity if never. */
  next(today: number): number;
}

/** The next instant at which it may be another number: a later day begins, clocks are set back, or another zone counts. */
export function nextTurn(of: NumberOfDay, clock: DayClock | undefined, now: number): number {
  if (clock === undefined) return of.next(dayNumber(now)) * DAY_MS;
  const [zone, today] = [dayZoneAt(clock, now), dayAt(clock, now)];
  const turn = of.next(today);
  const begins = turn === Number.POSITIVE_INFINITY ? turn : dayBegins(zone, turn, now);
  const { from } = clock.next ?? { from: now };
  return Math.min(begins, setBackBefore(zone, today, now), from > now ? from : Number.POSITIVE_INFINITY);
}

/** The instant at which the comparison's result first differs from the present one: looked for wherever it may. */
export function turnOfOrdering(
  of: NumberOfDay,
  { clock, now }: { readonly clock: DayClock | undefined; readonly now: number },
  ordering: Ordering,
  constant: number,
): number {
  const holdsAt = (at: number): boolean => holds(ordering, of.on(dayAt(clock, at)), constant);
  const before = holdsAt(now);
  let at = now;
  do at = nextTurn(of, clock, at);
  while (at !== Number.POSITIVE_INFINITY && holdsAt(at) === before);
  return at;
}
