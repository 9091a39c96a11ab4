import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../values/time/time.js';
import { DAY_OF_WEEK, LOCAL_DATE, MINUTE_OF_DAY } from './local-reading.js';
import { holds, type Ordering, type TimeReading } from './time-reading.js';

/** Instants at which clocks are set, in zones that do it in as many ways: an hour, half an hour, at midnight, by a whole day. */
const SET: readonly (readonly [zone: string, at: string])[] = [
  ['Europe/Lisbon', '2026-03-29T01:00:00Z'],
  ['Europe/Lisbon', '2026-10-25T01:00:00Z'],
  ['America/New_York', '2026-03-08T07:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['Asia/Kolkata', '2026-01-01T00:00:00Z'],
  // The 30th of December 2011 was left out.
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  // Set back at midnight, to the day before; and one minute after it, when the new day had begun.
  ['America/Sao_Paulo', '2018-02-18T02:00:00Z'],
  ['America/St_Johns', '2010-11-07T02:31:00Z'],
  ['Africa/Cairo', '2026-04-23T22:00:00Z'],
];

const moment = fc
  .tuple(fc.constantFrom(...SET), fc.integer({ min: -72 * 60, max: 72 * 60 }), fc.constantFrom(0, 0, 1, -1, 29_999))
  .map(([[zone, at], minutes, ms]) => ({ zone, now: Date.parse(at) + minutes * MINUTE_MS + ms }));

const ordering = fc.constantFrom<Ordering>('lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive');

const shown = (zone: string, at: number): DateTime => DateTime.fromMillis(at, { zone });
const midnightInUtc = (date: string): number => Date.parse(`${date}T00:00:00Z`);

/** The instants at which a clock may come to show anything else, as often as it does to the minute, by brute force. */
function* minutesAfter(now: number, end: number): Iterable<number> {
  for (let at = (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS; at < end; at += MINUTE_MS) yield at;
}

function expectExact(
  {
    reading,
    valueAt,
    zone,
    now,
  }: Readonly<{ reading: TimeReading; valueAt: (at: number) => number; zone: string; now: number }>,
  order: Ordering,
  constant: number,
): void {
  const found = reading.crossing(zone, now, order, constant);
  const before = holds(order, valueAt(now), constant);
  expect(found).toBeGreaterThan(now);
  const end = now + 8 * DAY_MS;
  for (const at of minutesAfter(now, Math.min(found, end))) {
    if (holds(order, valueAt(at), constant) !== before)
      throw new Error(`${zone}: turned at ${new Date(at).toISOString()}, not only at ${found}`);
  }
  if (found > end) return;
  expect([holds(order, valueAt(found - 1), constant), holds(order, valueAt(found), constant)]).toEqual([
    before,
    !before,
  ]);
}

const NOON = Date.UTC(2026, 5, 15, 12);

describe('what clocks show', () => {
  it('is what another library says, around every setting of the clocks', () => {
    fc.assert(
      fc.property(moment, ({ zone, now }) => {
        const { hour, minute, weekday } = shown(zone, now);
        expect(MINUTE_OF_DAY.at(zone, now)).toBe(hour * 60 + minute);
        expect(DAY_OF_WEEK.at(zone, now)).toBe(weekday);
        expect(LOCAL_DATE.at(zone, now)).toBe(shown(zone, now).toISODate());
      }),
      { numRuns: 500 },
    );
  });

  it('next changes no earlier and no later than its next tick', () => {
    fc.assert(
      fc.property(moment, fc.constantFrom(MINUTE_OF_DAY, DAY_OF_WEEK, LOCAL_DATE), ({ zone, now }, reading) => {
        const next = reading.nextTick(zone, now);
        const value = reading.at(zone, now);
        expect(next).toBeGreaterThan(now);
        for (const at of minutesAfter(now, next))
          if (reading.at(zone, at) !== value) throw new Error(`${zone}: at ${at}`);
        expect(reading.at(zone, next - 1)).toBe(value);
        expect(reading.at(zone, next)).not.toBe(value);
      }),
      { numRuns: 100 },
    );
  });

  it('turns an ordering of the time of day at exactly the instant that is told', () => {
    fc.assert(
      fc.property(moment, ordering, fc.integer({ min: -1, max: 2881 }), ({ zone, now }, order, half) => {
        const valueAt = (at: number): number => MINUTE_OF_DAY.at(zone, at) as number;
        expectExact({ reading: MINUTE_OF_DAY, valueAt, zone, now }, order, half / 2);
      }),
      { numRuns: 150 },
    );
  });

  it('turns an ordering of the day of the week at exactly the instant that is told', () => {
    fc.assert(
      fc.property(moment, ordering, fc.integer({ min: 0, max: 16 }), ({ zone, now }, order, half) => {
        const valueAt = (at: number): number => DAY_OF_WEEK.at(zone, at) as number;
        expectExact({ reading: DAY_OF_WEEK, valueAt, zone, now }, order, half / 2);
      }),
      { numRuns: 100 },
    );
  });

  it('turns an ordering of the date at exactly the instant that is told', () => {
    fc.assert(
      fc.property(moment, ordering, fc.integer({ min: -10, max: 10 }), ({ zone, now }, order, halfDays) => {
        const today = midnightInUtc(shown(zone, now).toISODate()!);
        const valueAt = (at: number): number => midnightInUtc(String(LOCAL_DATE.at(zone, at)));
        expectExact({ reading: LOCAL_DATE, valueAt, zone, now }, order, today + (halfDays * DAY_MS) / 2);
      }),
      { numRuns: 100 },
    );
  });

  it('passes over a day that was left out, and comes twice to one that clocks are set back into', () => {
    const before = Date.parse('2011-12-29T12:00:00Z');
    const onThe30th = midnightInUtc('2011-12-30');
    const skipped = LOCAL_DATE.crossing('Pacific/Apia', before, 'greaterThanInclusive', onThe30th);
    expect([new Date(skipped).toISOString(), LOCAL_DATE.at('Pacific/Apia', skipped)]).toEqual([
      '2011-12-30T10:00:00.000Z',
      '2011-12-31',
    ]);
    // At 0:01 on the 7th clocks in St. John’s went back to 23:01 on the 6th.
    const newDay = Date.parse('2010-11-07T02:30:00Z');
    const onThe7th = midnightInUtc('2010-11-07');
    expect(LOCAL_DATE.at('America/St_Johns', newDay)).toBe('2010-11-07');
    const back = LOCAL_DATE.crossing('America/St_Johns', newDay, 'greaterThanInclusive', onThe7th);
    expect([back, LOCAL_DATE.at('America/St_Johns', back)]).toEqual([newDay + MINUTE_MS, '2010-11-06']);
    expect(LOCAL_DATE.crossing('America/St_Johns', back, 'greaterThanInclusive', onThe7th)).toBe(back + 59 * MINUTE_MS);
  });

  it('is looked for no further than instants go', () => {
    for (const reading of [MINUTE_OF_DAY, DAY_OF_WEEK, LOCAL_DATE]) {
      for (const zone of ['UTC', 'Europe/Lisbon']) {
        for (const now of [Number.NaN, -Infinity, Infinity, -9e15, 9e15]) {
          expect(() => reading.at(zone, now)).not.toThrow();
          for (const constant of [0, 3, 600, NOON, -9e15, 9e15, Infinity]) {
            for (const ordering of ['lessThan', 'greaterThanInclusive'] as const) {
              expect(typeof reading.crossing(zone, now, ordering, constant)).toBe('number');
            }
          }
          expect(typeof reading.nextTick(zone, now)).toBe('number');
        }
      }
    }
  });

  it('is told for a date however far off, without looking through all the years before', () => {
    const now = Date.parse('2026-06-01T00:00:00Z');
    const found = LOCAL_DATE.crossing('Europe/Lisbon', now, 'greaterThanInclusive', midnightInUtc('9999-07-01'));
    expect(new Date(found).toISOString()).toBe('9999-06-30T23:00:00.000Z');
    expect(LOCAL_DATE.crossing('Europe/Lisbon', now, 'lessThan', midnightInUtc('2026-06-01'))).toBe(Infinity);
    expect(LOCAL_DATE.crossing('Europe/Lisbon', now, 'lessThan', Number.NaN)).toBe(Infinity);
    expect(MINUTE_OF_DAY.crossing('Asia/Kolkata', now, 'lessThan', 1440)).toBe(Infinity);
    expect(DAY_OF_WEEK.crossing('Asia/Kolkata', now, 'greaterThan', 7)).toBe(Infinity);
    expect(MINUTE_OF_DAY.crossing('Asia/Kolkata', now, 'greaterThanInclusive', 9 * 60)).toBe(now + 3.5 * HOUR_MS);
  });
});
