import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IANAZone } from 'luxon';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.js';
import { offsetAt, timeZoneNamed } from './time-zone.js';

const FROM = Date.UTC(1995, 0, 1);
const TO = Date.UTC(2037, 0, 1);

/** Zones that differ in how they set their clocks: by half an hour, for Ramadan, by a whole day, or never. */
const ZONES = [
  ...['Europe/Lisbon', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Pacific/Apia', 'America/Sao_Paulo'],
  ...['Africa/Casablanca', 'Antarctica/Troll', 'America/St_Johns', 'Etc/GMT-14', 'UTC'],
];

describe('a time zone', () => {
  it('is known by its name in any case, and stored as the database spells it', () => {
    expect(timeZoneNamed('europe/lisbon')).toBe('Europe/Lisbon');
    expect(timeZoneNamed('AMERICA/PORT-AU-PRINCE')).toBe('America/Port-au-Prince');
    expect(timeZoneNamed('Asia/Kolkata')).toBe('Asia/Kolkata');
    expect(timeZoneNamed('utc')).toBe('UTC');
  });

  it.each(['', '+01:00', 'UTC+1', 'Lisbon', 'Europe/Lisbon ', 'Europe', 'SystemV/EST5', 'x'.repeat(99), '2026-01-01'])(
    'is not %j',
    (name) => {
      expect(timeZoneNamed(name)).toBeUndefined();
    },
  );

  it('has the offset that another library finds, until the instant at which that finds another', () => {
    const instant = fc.integer({ min: FROM / MINUTE_MS, max: TO / MINUTE_MS }).map((minutes) => minutes * MINUTE_MS);
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), instant, (zone, at) => {
        const other = IANAZone.create(zone);
        const { offsetMs, until } = offsetAt(zone, at);
        expect([zone, at, offsetMs / MINUTE_MS]).toEqual([zone, at, other.offset(at)]);
        // Every zone is set at most some weeks apart, or not at all.
        for (let later = at; later < Math.min(until, at + 400 * DAY_MS); later += 3 * DAY_MS) {
          expect([zone, later, other.offset(later)]).toEqual([zone, later, offsetMs / MINUTE_MS]);
        }
        if (until === Infinity) return;
        expect([zone, until, other.offset(until - 1)]).toEqual([zone, until, offsetMs / MINUTE_MS]);
        expect(other.offset(until)).not.toBe(other.offset(until - 1));
      }),
      { numRuns: 300 },
    );
  });

  it('is asked for in any order, and answers alike', () => {
    const lisbon = IANAZone.create('Europe/Lisbon');
    const spring = Date.UTC(2026, 2, 29, 1);
    const asked = [0, 1, -1, HOUR_MS, -300 * DAY_MS, 0, 500 * DAY_MS, -1, 1_000 * DAY_MS].map((ms) => spring + ms);
    for (const at of asked) expect(offsetAt('Europe/Lisbon', at).offsetMs / MINUTE_MS).toBe(lisbon.offset(at));
    expect(offsetAt('Europe/Lisbon', spring - 1)).toMatchObject({ offsetMs: 0, until: spring });
  });

  it('is read as UTC where the data of this process do not know it, and at instants beyond all', () => {
    expect(offsetAt('Mars/Olympus', 0)).toMatchObject({ offsetMs: 0, until: Infinity });
    expect(offsetAt('Asia/Kolkata', Number.MAX_SAFE_INTEGER).offsetMs).toBe(5.5 * HOUR_MS);
  });
});
