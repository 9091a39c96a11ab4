const ORDERINGS = ['lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive'] as const;

/** The operators that order two numbers. */
export type Ordering = (typeof ORDERINGS)[number];

export function isOrdering(operator: string): operator is Ordering {
  return (ORDERINGS as readonly string[]).includes(operator);
}

/** The end of JavaScript's time, in the year 275760: later is never. */
const LAST_INSTANT_MS = 8_640_000_000_000_000;

/** How a fact that moves with time is read from its base, the stored part. Instants are epoch milliseconds. */
export interface TimeReading {
  /** The value at an instant; undefined when the fact is absent. */
  at(base: unknown, now: number): number | undefined;
  /** The next instant after `now` at which the value may change; Infinity if never. */
  nextTick(base: unknown, now: number): number;
  /** The exact next instant after `now` at which `value ordering constant` changes; Infinity if never. */
  crossing(base: unknown, now: number, ordering: Ordering, constant: number): number;
  /**
   * Where the base is an instant and the value grows with what has elapsed since: the elapsed milliseconds from which
   * on `value ordering constant` has its final result, true for the two orderings that ask for more.
   */
  readonly threshold?: (ordering: Ordering, constant: number) => number;
}

/**
 * A count of whole units elapsed since the base, an instant: floor((now − base) / unit), negative before it.
 * The base is a number, or anything else where the fact is absent.
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

/** The smallest whole number on the other side of the comparison: a growing count changes its result there, once. */
function firstWholeBeyond(ordering: Ordering, constant: number): number {
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
