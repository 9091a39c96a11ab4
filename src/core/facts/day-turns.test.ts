import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import type { DayClock } from '../states/day-zone.js';
import type { StreakKind } from '../states/streaks.js';
import { PERIODS } from '../values/time/calendar-period.js';
import { DAY_MS, MINUTE_MS } from '../values/time/time.js';
import { type DayWindow, lastDays, thisPeriod } from './day-window.js';
import { streakBase, streakReading } from './streak-reading.js';
import { holds, type Ordering, type TimeReading } from './time-reading.js';
import { type WindowMeasure, windowBase, windowReading } from './window-reading.js';

/** Instants at which clocks are set: by an hour, by half an hour, just after midnight, by a whole day, or not at all. */
const SET: readonly (readonly [zone: string, at: string])[] = [
  ['Europe/Lisbon', '2026-03-29T01:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['Asia/Kolkata', '2026-01-01T00:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['America/St_Johns', '2010-11-07T02:31:00Z'],
];

type Days = readonly { readonly day: number; readonly count: number; readonly sum: bigint }[];

/** A fact that reads days, and what it is by definition, by another library's calendar. */
interface Reading {
  readonly reading: TimeReading;
  base(days: Days, clock: DayClock): unknown;
  on(days: readonly number[], today: DateTime): number;
}

const dayOf = (date: DateTime): number => Math.floor(date.toMillis() / DAY_MS);

function windowed(window: DayWindow, begins: (today: DateTime) => DateTime): Reading {
  return {
    reading: windowReading(window, 'count'),
    base: windowBase,
    on: (days, today) => days.filter((day) => day <= dayOf(today) && day >= dayOf(begins(today))).length,
  };
}

function streak(kind: StreakKind): Reading {
  const beginsAt = (day: number) => DateTime.fromMillis(day * DAY_MS, { zone: 'UTC' }).startOf(kind.period);
  return {
    reading: streakReading(kind),
    base(days, clock) {
      const lastDay = days.at(-1)?.day;
      if (lastDay === undefined) return streakBase(undefined, kind, clock);
      const recentDays = days.reduce((bits, { day }) => bits | (1n << BigInt(lastDay - day)), 0n);
      const total = { ...TOTAL, activeDays: days.length, lastDay, recentDays };
      return streakBase(total, kind, clock);
    },
    on(days, today) {
      const done = new Set(days.map((day) => beginsAt(day).toMillis()));
      let length = 0;
      for (let [at, missed] = [beginsAt(dayOf(today)), 0]; ; at = at.minus({ [kind.period]: 1 })) {
        const isDone = done.has(at.toMillis());
        missed = isDone ? 0 : missed + 1;
        length += isDone ? 1 : 0;
        // The present one can be missed besides, before anything was done in it.
        const isPresent = length === 0 && missed <= kind.grace + 1;
        if (missed > kind.grace && !isPresent) return length;
      }
    },
  };
}

const TOTAL = { count: 1, sum: 0n, firstAt: 0, lastAt: 0 };

const READINGS: readonly Reading[] = [
  windowed(lastDays(3), (today) => today.minus({ days: 2 })),
  windowed(thisPeriod('day'), (today) => today),
  windowed(thisPeriod('week'), (today) => today.startOf('week')),
  windowed(thisPeriod('month'), (today) => today.startOf('month')),
  streak({ period: 'day', grace: 0 }),
  streak({ period: 'day', grace: 1 }),
  streak({ period: 'week', grace: 0 }),
  streak({ period: 'month', grace: 0 }),
];

interface Given {
  readonly of: Reading;
  readonly clock: DayClock;
  readonly now: number;
  readonly days: Days;
}

const given: fc.Arbitrary<Given> = fc
  .record({
    of: fc.constantFrom(...READINGS),
    set: fc.constantFrom(...SET),
    minutes: fc.integer({ min: -60 * 60, max: 20 * 60 }),
    offsets: fc.uniqueArray(fc.integer({ min: -6, max: 3 }), { maxLength: 5 }),
    other: fc.option(fc.constantFrom('UTC', 'Etc/GMT+12', 'Etc/GMT-14', 'Asia/Kolkata')),
    fromMinutes: fc.integer({ min: -24 * 60, max: 48 * 60 }),
  })
  .map(({ of, set: [zone, at], minutes, offsets, other, fromMinutes }) => {
    const now = Date.parse(at) + minutes * MINUTE_MS;
    const today = Math.floor(now / DAY_MS);
    const days = offsets
      .map((offset) => ({ day: today + offset, count: 1, sum: 1_000_000n }))
      .sort((a, b) => a.day - b.day);
    const next = other === null ? {} : { next: { zone: other, from: Date.parse(at) + fromMinutes * MINUTE_MS } };
    return { of, clock: { zone, ...next }, now, days };
  });

/** What it is by definition, by another library's clocks. */
function valueAt({ of, clock, days }: Given, at: number): number {
  const zone = clock.next !== undefined && at >= clock.next.from ? clock.next.zone : clock.zone;
  const today = DateTime.fromISO(`${DateTime.fromMillis(at, { zone }).toISODate()}T00:00:00`, { zone: 'UTC' });
  return of.on(
    days.map(({ day }) => day),
    today,
  );
}

describe('a number of days in the zones of a user', () => {
  it('is what it should be, and turns an ordering at exactly the instant that is told', () => {
    const ordering = fc.constantFrom<Ordering>('lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive');
    let turned = 0;
    fc.assert(
      fc.property(given, ordering, fc.integer({ min: 0, max: 4 }), (world, order, constant) => {
        const { now, of, days, clock } = world;
        const { reading } = of;
        const base = of.base(days, clock);
        expect(reading.at(base, now)).toBe(valueAt(world, now));
        const before = holds(order, valueAt(world, now), constant);
        const found = reading.crossing(base, now, order, constant);
        expect(reading.nextTick(base, now)).toBeLessThanOrEqual(found);
        const end = now + 5 * DAY_MS;
        for (let at = Math.floor(now / MINUTE_MS + 1) * MINUTE_MS; at < Math.min(found, end); at += 10 * MINUTE_MS) {
          const value = reading.at(base, at);
          if (holds(order, Number(value), constant) !== before)
            throw new Error(`turned at ${new Date(at).toISOString()}, not only at ${found}`);
        }
        if (found > end) return;
        turned += 1;
        expect([found - 1, found].map((at) => holds(order, valueAt(world, at), constant))).toEqual([before, !before]);
      }),
      { numRuns: 1_500 },
    );
    expect(turned).toBeGreaterThan(12);
  });

  it('turns at the instant that looking at each change of what it holds finds', () => {
    const ordering = fc.constantFrom<Ordering>('lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive');
    const measure = fc.constantFrom<WindowMeasure>('count', 'sum', 'days');
    const window = fc.constantFrom(...[1, 3, 30, 200].map(lastDays), ...PERIODS.map(thisPeriod));
    const spread = fc.uniqueArray(fc.integer({ min: -210, max: 3 }), { maxLength: 40 });
    fc.assert(
      fc.property(given, spread, measure, window, ordering, fc.integer({ min: 0, max: 12 }), (...drawn) => {
        const [{ clock, now }, offsets, measure, window, order, constant] = drawn;
        const today = Math.floor(now / DAY_MS);
        const days = offsets
          .toSorted((a, b) => a - b)
          .map((offset) => ({ day: today + offset, count: 1, sum: BigInt(offset % 3) * 1_000_000n }));
        const base = windowBase(days, clock);
        const reading = windowReading(window, measure);
        const holdsAt = (at: number): boolean => holds(order, Number(reading.at(base, at)), constant);
        let at = now;
        do at = reading.nextTick(base, at);
        while (at !== Number.POSITIVE_INFINITY && holdsAt(at) === holdsAt(now));
        expect(reading.crossing(base, now, order, constant)).toBe(at);
      }),
      { numRuns: 400 },
    );
  });

  it('is that of UTC, and no more, where days count in UTC at any time', () => {
    const days = [{ day: 5, count: 1, sum: 0n }];
    expect(windowBase(days, undefined)).toBe(days);
    expect(windowBase(undefined, { zone: 'Asia/Kolkata' })).toEqual({ days: [], clock: { zone: 'Asia/Kolkata' } });
  });
});
