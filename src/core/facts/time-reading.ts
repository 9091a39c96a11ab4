import { LAST_INSTANT_MS } from '../values/time/time.js';

const ORDERINGS = ['lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive'] as const;

/** The operators that order two numbers. */
export type Ordering = (typeof ORDERINGS)[number];

export function isOrdering(operator: string): operator is Ordering {
  return (ORDERINGS as readonly string[]).includes(operator);
}

/** How the value of a fact that moves with time follows from its base, which is stored. Instants are epoch milliseconds. */
export interface TimeReading {
  /** The value at an instant; undefined when the fact is absent. */
  at(base: unknown, now: number): number | string | undefined;
  /** Set where the value is a text that names a day: only instants order it, so that it crosses no other constants. */
  readonly isText?: true;
  /** Set where it takes the same values again and again: after so many changes each of them has come. */
  readonly allComeIn?: number;
  /** The next instant after `now` at which the value may change; Infinity if never. */
  nextTick(base: unknown, now: number): number;
  /** The exact next instant after `now` at which `value ordering constant` changes; Infinity if never. */
  crossing(base: unknown, now: number, ordering: Ordering, constant: number): number;
  /**
   * Only where the value grows with the time since an instant, its base: how many milliseconds after the base the result
   * of `value ordering constant` changes for good, to true for `greaterThan` and `greaterThanInclusive`, else to false.
   */
  readonly threshold?: (ordering: Ordering, constant: number) => number;
}

/**
 * Reads the whole units of time that have elapsed since the base, an instant: floor((now − base) / unit), negative before
 * it. A base that is no number makes the fact absent.
 */
export function elapsedSince(unitMs: number): TimeReading {
  return {
    at: (base, now) => (typeof base === 'number' ? Math.floor((now - base) / unitMs) : undefined),
    nextTick: (base, now) =>
      typeof base === 'number' ? base + (Math.floor((now - base) / unitMs) + 1) * unitMs : Number.POSITIVE_INFINITY,
    crossing: (base, now, ordering, constant) => {
      if (typeof base !== 'number' || Number.isNaN(constant)) return Number.POSITIVE_INFINITY;
      const instant = base + firstWholeBeyond(ordering, constant) * unitMs;
      return instant > now && instant <= LAST_INSTANT_MS ? instant : Number.POSITIVE_INFINITY;
    },
    threshold: (ordering, constant) => firstWholeBeyond(ordering, constant) * unitMs,
  };
}

/** The whole number at which a growing count changes the result of the comparison, which it does once. */
export function firstWholeBeyond(ordering: Ordering, constant: number): number {
  return ordering === 'lessThan' || ordering === 'greaterThanInclusive'
    ? Math.ceil(constant)
    : Math.floor(constant) + 1;
}

/** Whether two numbers stand in that order. */
export function holds(ordering: Ordering, left: number, right: number): boolean {
  switch (ordering) {
    case 'lessThan':
      return left < right;
    case 'lessThanInclusive':
      return left <= right;
    case 'greaterThan':
      return left > right;
    case 'greaterThanInclusive':
      return left >= right;
  }
}
