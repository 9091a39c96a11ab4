/** A wall clock's reading in a zone, as an instant, or why it is none. */
export type LocalInstant =
  | { readonly kind: 'once'; readonly instant: number }
  /** The clocks are set forward over it. `later` is the reading moved on by as much as they are, as calendars do. */
  | { readonly kind: 'skipped'; readonly later: number }
  /** The clocks are set back over it. */
  | { readonly kind: 'twice'; readonly earlier: number; readonly later: number }
  | { readonly kind: 'fault' };

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Readings from 1970 to 9999, which protocol and stores take. */
const LOCAL = /^(19[7-9]\d|[2-9]\d{3})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?$/;

/** Reads `2026-03-29T02:30`, with seconds or without, in a zone of the IANA database. Instants are epoch milliseconds. */
export function instantOf(local: string, zone: string): LocalInstant {
  const asUtc = utcReading(local);
  if (asUtc === undefined) return { kind: 'fault' };
  const offsets = [offsetAt(asUtc - DAY_MS, zone), offsetAt(asUtc + DAY_MS, zone)];
  const found = [...new Set(offsets.map((offset) => asUtc - offset))].filter(
    (instant) => instant + offsetAt(instant, zone) === asUtc,
  );
  const [first, second] = found.sort((a, b) => a - b);
  if (first === undefined) return { kind: 'skipped', later: asUtc - offsets[0]! };
  return second === undefined ? { kind: 'once', instant: first } : { kind: 'twice', earlier: first, later: second };
}

/** What the clocks of a zone read at an instant: `2026-03-29T03:30`, with seconds and their parts where there are any. */
export function localOf(instant: number, zone: string): string {
  const reading = new Date(instant + offsetAt(instant, zone)).toISOString();
  return reading.replace(/Z$/, '').replace(/(:00)?\.000$/, '');
}

/** How a zone's clocks differ from UTC at an instant: `+02:00`. */
export function offsetName(instant: number, zone: string): string {
  const minutes = Math.round(offsetAt(instant, zone) / MINUTE_MS);
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  return `${minutes < 0 ? '−' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

/** A reading as if it were UTC's; undefined where there is no such day or time. */
function utcReading(local: string): number | undefined {
  const parts = LOCAL.exec(local);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second = '00', rest = ''] = parts;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.${rest.padEnd(3, '0')}Z`;
  const instant = Date.parse(text);
  // The 30th of February is read as the 2nd of March.
  return Number.isNaN(instant) || new Date(instant).toISOString() !== text ? undefined : instant;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** By how many milliseconds the clocks of a zone are ahead of UTC. Throws a RangeError for a zone that is none. */
function offsetAt(instant: number, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    const two = '2-digit';
    const parts = { year: 'numeric', month: two, day: two, hour: two, minute: two, second: two } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', calendar: 'gregory', ...parts });
    formats.set(zone, format);
  }
  const whole = Math.floor(instant / 1000) * 1000;
  const read = Object.fromEntries(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute, second } = read as Record<string, number>;
  return Date.UTC(year!, month! - 1, day, hour, minute, second) - whole;
}
