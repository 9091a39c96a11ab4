import { Temporal } from 'temporal-polyfill';
import { LAST_INSTANT_MS } from './time.js';

/** The longest name of a time zone, in characters; the store's columns hold exactly this. */
const MAX_TIME_ZONE_LENGTH = 64;

/** What a time zone must be, for messages. */
export const A_TIME_ZONE = 'a time zone of the IANA database, such as "Europe/Lisbon"';

/** How a name of the IANA database may look: not an offset such as `+01:00`, which knows no summer time. */
const NAME = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

/** A time zone of the IANA database by its name in any case, as the database spells it; undefined for anything else. */
export function timeZoneNamed(name: string): string | undefined {
  // What ICU adds for old Java programs belongs to no database.
  if (name.length > MAX_TIME_ZONE_LENGTH || !NAME.test(name) || /^systemv\//i.test(name)) return undefined;
  try {
    return zonedAt(0, name).timeZoneId;
  } catch {
    return undefined;
  }
}

/** By how much a zone's clocks are ahead of UTC, from some instant up to another. */
export interface ZoneOffset {
  readonly offsetMs: number;
  /** The first instant at which it may be another, in epoch milliseconds; Infinity where none is known. */
  readonly until: number;
}

/**
 * The offset of a zone at an instant, in epoch milliseconds, and for how long it stays. A zone that the time zone data of this
 * process do not know, as older ones may not, is read as UTC.
 */
export function offsetAt(zone: string, instant: number): ZoneOffset {
  if (zone === 'UTC') return NONE;
  const stretches = known.get(zone) ?? [];
  for (const stretch of stretches) if (stretch.from <= instant && instant < stretch.until) return stretch;
  return remember(zone, stretches, readOffset(zone, instant));
}

const NONE: ZoneOffset = { offsetMs: 0, until: Number.POSITIVE_INFINITY };

/** A time within which the offset of a zone stays. It may have been the same before `from`. */
interface Stretch extends ZoneOffset {
  readonly from: number;
}

/** What was read of each zone, the last first: reading takes a millisecond. */
const known = new Map<string, readonly Stretch[]>();
const MOST_ZONES = 1_000;
const MOST_STRETCHES = 16;

function remember(zone: string, stretches: readonly Stretch[], read: Stretch): Stretch {
  if (known.size >= MOST_ZONES) known.clear();
  // One that ends at the same instant is the same one, of which less was known.
  const others = stretches.filter(({ until }) => until !== read.until);
  known.set(zone, [read, ...others].slice(0, MOST_STRETCHES));
  return read;
}

function readOffset(zone: string, instant: number): Stretch {
  const within = Math.min(Math.max(instant, -LAST_INSTANT_MS), LAST_INSTANT_MS);
  try {
    const zoned = zonedAt(within, zone);
    const next = zoned.getTimeZoneTransition('next');
    const offsetMs = zoned.offsetNanoseconds / 1e6;
    return { offsetMs, from: within, until: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY };
  } catch {
    return { ...NONE, from: within };
  }
}

function zonedAt(instant: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);
}
