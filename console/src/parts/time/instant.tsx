import { words } from '../../words/words.js';
import { useExactTimes } from './exact-times.js';
import { useNow } from './now.js';

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const local = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const zoneName = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' });

const MINUTE_MS = 60_000;
const UNITS = [
  ['year', 365 * 24 * 60 * MINUTE_MS],
  ['month', 30 * 24 * 60 * MINUTE_MS],
  ['day', 24 * 60 * MINUTE_MS],
  ['hour', 60 * MINUTE_MS],
  ['minute', MINUTE_MS],
] as const;

/** How long ago, or in how long: `2 hr. ago`. */
export function relativeTime(at: Date, now: Date): string {
  const distance = at.getTime() - now.getTime();
  const unit = UNITS.find(([, ms]) => Math.abs(distance) >= ms);
  return unit === undefined ? words.instants.now : relative.format(Math.trunc(distance / unit[1]), unit[0]);
}

/** An instant in this browser's zone, which is named: `28 Nov 2026, 14:03:11 CET`. */
export function localTime(at: Date): string {
  const zone = zoneName.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return `${local.format(at)} ${zone}`;
}

const INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** A sentence of the server's with its instants, which it tells in UTC, in this browser's zone, which is named. */
export function withLocalInstants(sentence: string): string {
  return sentence.replaceAll(INSTANT, (instant) => localTime(new Date(instant)));
}

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});

/** The time of day in this browser's zone, which is named: `14:03:11 CET`. */
export function clockTime(at: Date): string {
  return clock.format(at);
}

/**
 * An instant in a list, as people say it; the exact one, here and in UTC, on hover. Whoever has no pointer, or wants to note them down, has all
 * of them shown exactly by a key or in the account's panel. Where one stands alone it is a `Moment`.
 */
export function Instant({ at }: { readonly at: string | undefined }) {
  const now = useNow();
  const exact = useExactTimes();
  if (at === undefined) return <span>{words.instants.never}</span>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={words.instants.zone(localTime(date), date.toISOString())} className="numbers">
      {exact ? localTime(date) : relativeTime(date, now)}
    </time>
  );
}
