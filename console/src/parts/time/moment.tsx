import { words } from '../../words/words.js';
import { localTime, relativeTime } from './instant.js';
import { useNow } from './now.js';

const near = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
});
const far = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
});

const WEEKDAYS_MS = 300 * 24 * 60 * 60_000;

/** An instant in this browser's zone, which is named, as short as is clear: `Thu 26 Nov, 09:00 CET`; with its year where it is far. */
export function shortTime(at: Date, now: Date): string {
  return (Math.abs(at.getTime() - now.getTime()) < WEEKDAYS_MS ? near : far).format(at);
}

/** An instant that people note down, and how far it is: `Thu 26 Nov, 09:00 CET (in 2 days)`. To the second, and in UTC, on hover. */
export function Moment({ at, distance = true }: { readonly at: string | undefined; readonly distance?: boolean }) {
  const now = useNow();
  if (at === undefined) return <span>{words.instants.never}</span>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={words.instants.zone(localTime(date), date.toISOString())} className="numbers">
      {shortTime(date, now)}
      {distance && ` (${relativeTime(date, now)})`}
    </time>
  );
}
