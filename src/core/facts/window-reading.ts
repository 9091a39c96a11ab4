import { type DayClock, dayAt, dayZoneAt } from '../states/day-zone.js';
import type { ActionDay } from '../states/user-state.js';
import { amountOf } from '../values/millionths.js';
import { DAY_MS, dayNumber } from '../values/time/time.js';
import { offsetAt } from '../values/time/time-zone.js';
import { type NumberOfDay, nextTurn } from './day-turns.js';
import type { DayWindow } from './day-window.js';
import { holds, type Ordering, type TimeReading } from './time-reading.js';

/** What a window adds up: events, their values, or the days that had any. */
export type WindowMeasure = 'count' | 'sum' | 'days';

/** Half-open range of indexes into the days that lie within a window. */
interface Span {
  from: number;
  to: number;
}

/** The days of an action where they do not count in UTC at all times: with the zones in which they do. */
interface LocalDays {
  readonly days: readonly ActionDay[];
  readonly clock: DayClock;
}

type Base = readonly ActionDay[] | LocalDays | undefined;

const NO_DAYS: readonly ActionDay[] = [];

/** What a window is read from: an action's days, ascending, undefined when there are none, and the zones in which days count. */
export function windowBase(days: readonly ActionDay[] | undefined, clock: DayClock | undefined): unknown {
  return clock === undefined ? days : { days: days ?? NO_DAYS, clock };
}

function isLocal(base: Base): base is LocalDays {
  return typeof base === 'object' && !Array.isArray(base);
}

/**
 * Reads a total over a window of days, from a {@link windowBase}. Days after today, as clocks that
 * differ make them, and journeys to the west, count when they come.
 */
export function windowReading(window: DayWindow, measure: WindowMeasure): TimeReading {
  return {
    at: (base, now) => {
      const given = base as Base;
      if (given === undefined) return 0;
      if (isLocal(given)) return valueAt(measure, given.days, dayAt(given.clock, now), window);
      return valueAt(measure, given, dayNumber(now), window);
    },
    nextTick: (base, now) => {
      const given = base as Base;
      if (given === undefined) return Number.POSITIVE_INFINITY;
      if (isLocal(given)) return nextTurn(numberOf(given.days, window, measure), given.clock, now);
      return nextDay(given, spanAt(given, dayNumber(now), window), window) * DAY_MS;
    },
    crossing: (base, now, ordering, constant) => {
      const given = base as Base;
      if (given === undefined || Number.isNaN(constant)) return Number.POSITIVE_INFINITY;
      const comparison = { window, measure, ordering, constant };
      if (isLocal(given)) return crossingInstant(given, now, comparison);
      return crossingDay(given, dayNumber(now), comparison) * DAY_MS;
    },
  };
}

function numberOf(days: readonly ActionDay[], window: DayWindow, measure: WindowMeasure): NumberOfDay {
  return {
    on: (today) => valueAt(measure, days, today, window),
    next: (today) => nextDay(days, spanAt(days, today, window), window),
  };
}

/**
 * The instant at which the comparison's result first differs from the present one. While clocks are not set and the zone stays, days
 * begin a day apart, and the window is moved on as in UTC; looked for is only when they are.
 */
function crossingInstant(base: LocalDays, now: number, comparison: Comparison): number {
  const { days, clock } = base;
  const { window, measure, ordering, constant } = comparison;
  const number = numberOf(days, window, measure);
  let before: boolean | undefined;
  for (let at = now; at !== Number.POSITIVE_INFINITY; at = nextTurn(number, clock, at)) {
    const { offsetMs, until } = offsetAt(dayZoneAt(clock, at), at);
    const { from } = clock.next ?? { from: at };
    const end = from > at ? Math.min(from, until) : until;
    const span = spanAt(days, dayNumber(at + offsetMs), window);
    const total = new Total(days, span, comparison);
    const held = holds(ordering, total.value, constant);
    before ??= held;
    if (held !== before) return at;
    for (;;) {
      const day = nextDay(days, span, window);
      const begins = day * DAY_MS - offsetMs;
      if (!(begins < end)) break;
      at = begins;
      total.moveTo(day, span);
      if (holds(ordering, total.value, constant) !== before) return at;
    }
  }
  return Number.POSITIVE_INFINITY;
}

/** What the window adds up to on a day, without anything being made for it. */
function valueAt(measure: WindowMeasure, days: readonly ActionDay[], today: number, window: DayWindow): number {
  const first = window.first(today);
  let count = 0;
  let millionths = 0n;
  for (let i = days.length - 1; i >= 0 && days[i]!.day >= first; i -= 1) {
    const day = days[i]!;
    if (day.day > today) continue;
    if (measure === 'sum') millionths += day.sum;
    else count += measure === 'count' ? day.count : 1;
  }
  return measure === 'sum' ? amountOf(millionths) : count;
}

function spanAt(days: readonly ActionDay[], today: number, window: DayWindow): Span {
  const first = window.first(today);
  let to = days.length;
  while (to > 0 && days[to - 1]!.day > today) to -= 1;
  let from = to;
  while (from > 0 && days[from - 1]!.day >= first) from -= 1;
  return { from, to };
}

/** What the days of a window add up to, exactly, in whichever order they come and go. */
class Total {
  readonly #days: readonly ActionDay[];
  readonly #measure: WindowMeasure;
  readonly #window: DayWindow;
  #count = 0;
  #millionths = 0n;

  constructor(days: readonly ActionDay[], { from, to }: Span, { measure, window }: Comparison) {
    this.#days = days;
    this.#measure = measure;
    this.#window = window;
    for (let i = from; i < to; i += 1) this.#enter(days[i]!);
  }

  get value(): number {
    return this.#measure === 'sum' ? amountOf(this.#millionths) : this.#count;
  }

  /** Moves the window, whose span this is the total of, on to a later day. */
  moveTo(day: number, span: Span): void {
    const days = this.#days;
    while (span.to < days.length && days[span.to]!.day <= day) this.#enter(days[span.to++]!);
    while (span.from < span.to && this.#window.leaves(days[span.from]!.day) <= day) this.#leave(days[span.from++]!);
  }

  #enter({ count, sum }: ActionDay): void {
    if (this.#measure === 'sum') this.#millionths += sum;
    else this.#count += this.#measure === 'count' ? count : 1;
  }

  #leave({ count, sum }: ActionDay): void {
    if (this.#measure === 'sum') this.#millionths -= sum;
    else this.#count -= this.#measure === 'count' ? count : 1;
  }
}

/** The next day on which the span changes: its first day leaves, or a day after today enters. */
function nextDay(days: readonly ActionDay[], span: Span, window: DayWindow): number {
  const leaves = span.from < span.to ? window.leaves(days[span.from]!.day) : Number.POSITIVE_INFINITY;
  const enters = span.to < days.length ? days[span.to]!.day : Number.POSITIVE_INFINITY;
  return Math.min(leaves, enters);
}

interface Comparison {
  readonly window: DayWindow;
  readonly measure: WindowMeasure;
  readonly ordering: Ordering;
  readonly constant: number;
}

/** The day on which the comparison's result first differs from today's: the window is moved on from change to change. */
function crossingDay(days: readonly ActionDay[], today: number, comparison: Comparison): number {
  const { window, ordering, constant } = comparison;
  const span = spanAt(days, today, window);
  const total = new Total(days, span, comparison);
  const before = holds(ordering, total.value, constant);
  for (;;) {
    const day = nextDay(days, span, window);
    if (day === Number.POSITIVE_INFINITY) return day;
    total.moveTo(day, span);
    if (holds(ordering, total.value, constant) !== before) return day;
  }
}
