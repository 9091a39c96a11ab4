export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The last instant that a `Date` can hold, in the year 275760; the first one is as far before 1970. */
export const LAST_INSTANT_MS = 8_640_000_000_000_000;

/** The number of the UTC day that holds an instant (epoch milliseconds): whole days since 1970-01-01. */
export function dayNumber(epochMs: number): number {
  return Math.floor(epochMs / DAY_MS);
}

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * The instant that an RFC 3339 date and time names, in whole epoch milliseconds (a finer fraction is cut off), or
 * undefined if the text is none: no such day, an hour past 23, no offset.
 */
export function parseInstant(text: string): number | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetHour = Number(match[9] ?? 0);
  const offsetMinute = Number(match[10] ?? 0);
  // A leap second, :60, is read as the second after :59.
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute, second, Math.floor(Number(match[7] ?? 0) * 1000));
  const offsetMs = (offsetHour * 60 + offsetMinute) * MINUTE_MS;
  return date.getTime() - (match[8] === '-' ? -offsetMs : offsetMs);
}

/** An instant as messages show it; one that no `Date` can hold as its number. */
export function shownInstant(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? String(epochMs) : date.toISOString();
}

const DAY_AND_TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?(?: ?([Zz]|[+-]\d{2}(?::?\d{2})?))?)?$/;

/**
 * The instant that a text names in any of the forms in which systems store dates: as {@link parseInstant}, and a day alone, a
 * time without seconds, an offset as `+0100` or `+01`. A day is its midnight, and what has no offset is read as UTC.
 */
export function readInstant(text: string): number | undefined {
  const match = DAY_AND_TIME.exec(text);
  if (match === null) return undefined;
  const [, day, time = '00:00', seconds = ':00', offset = 'Z'] = match;
  const digits = offset.replace(':', '').slice(1);
  const zone = digits === '' ? 'Z' : `${offset[0]}${digits.slice(0, 2)}:${digits.slice(2) || '00'}`;
  return parseInstant(`${day}T${time}${seconds}${zone}`);
}

/** The instant of a fact's value: a text as {@link readInstant} reads it, or epoch milliseconds; undefined for anything else. */
export function instantOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' ? readInstant(value) : undefined;
}

/** Epoch milliseconds below this lie before April 1973; what is meant is mostly an instant of today, in seconds. */
const SECONDS_BELOW = 100_000_000_000;

/** Whether an instant in epoch milliseconds looks like one that was given in seconds. */
export function looksLikeSeconds(epochMs: number): boolean {
  return epochMs >= 100_000_000 && epochMs < SECONDS_BELOW;
}
