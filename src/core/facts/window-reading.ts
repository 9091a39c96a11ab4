import type { ActionDay } from '../states/user-state.js';
import { amountOf } from '../values/millionths.js';
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
      return days === undefined ? 0 : valueAt(measure, days, dayNumber(now), windowDays);
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

/** What the window adds up to on a day, without anything being made for it. */
function valueAt(measure: WindowMeasure, days: readonly ActionDay[], today: number, windowDays: number): number {
  let count = 0;
  let millionths = 0n;
  for (let i = days.length - 1; i >= 0 && days[i]!.day > today - windowDays; i -= 1) {
    const day = days[i]!;
    if (day.day > today) continue;
    if (measure === 'sum') millionths += day.sum;
    else count += measure === 'count' ? day.count : 1;
  }
  return measure === 'sum' ? amountOf(millionths) : count;
}

function spanAt(days: readonly ActionDay[], today: number, windowDays: number): Span {
  let to = days.length;
  while (to > 0 && days[to - 1]!.day > today) to -= 1;
  let from = to;
  while (from > 0 && days[from - 1]!.day > today - windowDays) from -= 1;
  return { from, to };
}

/** What the days of a window add up to, exactly, in whichever order they come and go. */
class Total {
  readonly #measure: WindowMeasure;
  #count = 0;
  #millionths = 0n;

  constructor(measure: WindowMeasure, days: readonly ActionDay[], { from, to }: Span) {
    this.#measure = measure;
    for (let i = from; i < to; i += 1) this.enter(days[i]!);
  }

  get value(): number {
    return this.#measure === 'sum' ? amountOf(this.#millionths) : this.#count;
  }

  enter({ count, sum }: ActionDay): void {
    if (this.#measure === 'sum') this.#millionths += sum;
    else this.#count += this.#measure === 'count' ? count : 1;
  }

  leave({ count, sum }: ActionDay): void {
    if (this.#measure === 'sum') this.#millionths -= sum;
    else this.#count -= this.#measure === 'count' ? count : 1;
  }
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
  const total = new Total(measure, days, span);
  const before = holds(ordering, total.value, constant);
  for (;;) {
    const day = nextDay(days, span, windowDays);
    if (day === Number.POSITIVE_INFINITY) return day;
    while (span.to < days.length && days[span.to]!.day <= day) total.enter(days[span.to++]!);
    while (span.from < span.to && days[span.from]!.day <= day - windowDays) total.leave(days[span.from++]!);
    if (holds(ordering, total.value, constant) !== before) return day;
  }
}
