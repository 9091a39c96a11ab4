import type { ActionDay } from '../states/user-state.js';
import { DAY_MS, dayNumber } from '../values/time.js';
import { holds, type Ordering, type TimeReading } from './time-reading.js';

/** What a window adds up: events, their values, or the days that had any. */
export type WindowMeasure = 'count' | 'sum' | 'days';

/** Half-open range of indexes into the days that lie within a window. */
interface Span {
  from: number;
  to: number;
}

/**
 * Reads a total over today's UTC day and the `windowDays` − 1 days before it. The base is the list of the action's days,
 * ascending, or undefined when there are none. Days after today, as clocks that differ make them, count when they come.
 */
export function windowReading(windowDays: number, measure: WindowMeasure): TimeReading {
  return {
    at: (base, now) => {
      const days = base as readonly ActionDay[] | undefined;
      return days === undefined ? 0 : total(days, spanAt(days, dayNumber(now), windowDays), measure);
    },
    nextTick: (base, now) => {
      const days = base as readonly ActionDay[] | undefined;
      if (days === undefined) return Number.POSITIVE_INFINITY;
      return nextDay(days, spanAt(days, dayNumber(now), windowDays), windowDays) * DAY_MS;
    },
    crossing: (base, now, ordering, constant) => {
      const days = base as readonly ActionDay[] | undefined;
      if (days === undefined || Number.isNaN(constant)) return Number.POSITIVE_INFINITY;
      return crossingDay(days, dayNumber(now), { windowDays, measure, ordering, constant }) * DAY_MS;
    },
  };
}

function spanAt(days: readonly ActionDay[], today: number, windowDays: number): Span {
  let to = days.length;
  while (to > 0 && days[to - 1]!.day > today) to -= 1;
  let from = to;
  while (from > 0 && days[from - 1]!.day > today - windowDays) from -= 1;
  return { from, to };
}

function weight(day: ActionDay, measure: WindowMeasure): number {
  if (measure === 'count') return day.count;
  return measure === 'sum' ? day.sum : 1;
}

function total(days: readonly ActionDay[], span: Span, measure: WindowMeasure): number {
  let value = 0;
  for (let i = span.from; i < span.to; i += 1) value += weight(days[i]!, measure);
  return value;
}

/** The next UTC day on which the span changes: its first day leaves, or a day after today enters. */
function nextDay(days: readonly ActionDay[], span: Span, windowDays: number): number {
  const leaves = span.from < span.to ? days[span.from]!.day + windowDays : Number.POSITIVE_INFINITY;
  const enters = span.to < days.length ? days[span.to]!.day : Number.POSITIVE_INFINITY;
  return Math.min(leaves, enters);
}

interface Comparison {
  readonly windowDays: number;
  readonly measure: WindowMeasure;
  readonly ordering: Ordering;
  readonly constant: number;
}

/** The day on which the comparison's result first differs from today's: the window is moved on from change to change. */
function crossingDay(days: readonly ActionDay[], today: number, comparison: Comparison): number {
  const { windowDays, measure, ordering, constant } = comparison;
  const span = spanAt(days, today, windowDays);
  let value = total(days, span, measure);
  const before = holds(ordering, value, constant);
  for (;;) {
    const day = nextDay(days, span, windowDays);
    if (day === Number.POSITIVE_INFINITY) return day;
    while (span.to < days.length && days[span.to]!.day <= day) value += weight(days[span.to++]!, measure);
    while (span.from < span.to && days[span.from]!.day <= day - windowDays)
      value -= weight(days[span.from++]!, measure);
    // Sums of fractions depend on the order of adding: this one is made in the order in which a reading on that day makes it.
    if (measure === 'sum') value = total(days, span, measure);
    if (holds(ordering, value, constant) !== before) return day;
  }
}
