import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { instantOf, localOf, offsetName } from './schedule.js';

const ZONES = [
  'UTC',
  'Europe/Lisbon',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Africa/Cairo',
  'Pacific/Apia',
];
const zone = fc.constantFrom(...ZONES);
const minute = fc.date({ min: new Date('1990-01-01T00:00Z'), max: new Date('2040-01-01T00:00Z'), noInvalidDate: true });

/** What the calendar of the language's future says of a reading. */
function oracle(local: string, timeZone: string): unknown {
  const plain = Temporal.PlainDateTime.from(local);
  const at = (disambiguation: 'earlier' | 'later'): number =>
    plain.toZonedDateTime(timeZone, { disambiguation }).epochMilliseconds;
  const [earlier, later] = [at('earlier'), at('later')];
  const back = Temporal.Instant.fromEpochMilliseconds(earlier).toZonedDateTimeISO(timeZone).toPlainDateTime();
  if (!back.equals(plain)) return { kind: 'skipped', later };
  return earlier === later ? { kind: 'once', instant: earlier } : { kind: 'twice', earlier, later };
}

describe('a schedule', () => {
  it('reads and writes wall clocks as calendars do', () => {
    fc.assert(
      fc.property(minute, zone, (date, timeZone) => {
        const local = date.toISOString().slice(0, 16);
        expect(instantOf(local, timeZone)).toEqual(oracle(local, timeZone));
        const written = localOf(date.getTime(), timeZone);
        const plain = Temporal.Instant.fromEpochMilliseconds(date.getTime())
          .toZonedDateTimeISO(timeZone)
          .toPlainDateTime();
        expect(Temporal.PlainDateTime.from(written).equals(plain)).toBe(true);
        expect(Object.values(instantOf(written, timeZone))).toContain(date.getTime());
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['2026-03-29T01:30', 'Europe/Lisbon'],
    ['2026-03-29T00:59', 'Europe/Lisbon'],
    ['2026-10-25T01:30', 'Europe/Lisbon'],
    ['2026-10-04T02:15', 'Australia/Lord_Howe'],
    ['2026-04-05T01:45', 'Australia/Lord_Howe'],
    ['2011-12-30T12:00', 'Pacific/Apia'],
    ['2024-02-29T23:59', 'America/New_York'],
  ])('knows what the clocks do at %s in %s', (local, timeZone) => {
    expect(instantOf(local, timeZone)).toEqual(oracle(local, timeZone));
  });

  it.each(['', '2026-02-30T10:00', '2026-13-01T10:00', '2026-01-01T24:00', '2026-01-01', 'soon', '1969-12-31T23:00'])(
    'refuses %j',
    (local) => {
      expect(instantOf(local, 'UTC')).toEqual({ kind: 'fault' });
    },
  );

  it('writes seconds only where there are any', () => {
    const at = (iso: string): string => localOf(Date.parse(iso), 'Asia/Kolkata');
    expect([at('2026-01-01T00:00:00Z'), at('2026-01-01T00:00:05Z'), at('2026-01-01T00:00:05.120Z')]).toEqual([
      '2026-01-01T05:30',
      '2026-01-01T05:30:05',
      '2026-01-01T05:30:05.120',
    ]);
  });

  it('names how far a zone is ahead', () => {
    const at = Date.UTC(2026, 0, 1);
    expect(['UTC', 'Asia/Kolkata', 'America/St_Johns'].map((timeZone) => offsetName(at, timeZone))).toEqual([
      '+00:00',
      '+05:30',
      '−03:30',
    ]);
  });
});
