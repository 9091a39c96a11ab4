import { type Period, periodOf } from '../values/time/calendar-period.js';
import { type ActionTotal, lastDayOf, RECENT_DAYS } from './user-state.js';

/** What makes periods a streak: which they are, and how many in a row may be missed without its end. */
export interface StreakKind {
  readonly period: Period;
  readonly grace: number;
}

/** Periods one after the other in which something was done. They are numbered as `periodOf` does. */
export interface StreakRun {
  readonly from: number;
  readonly to: number;
  /** How long the streak was in the first of them: a run may go on with one before, after periods that were missed. */
  readonly length: number;
}

/** All that is known of the streaks of one kind. */
export interface Streaks {
  /** In order. */
  readonly runs: readonly StreakRun[];
  /** The length of the longest one. */
  readonly best: number;
  /** The first day that is looked at, where something was done before; undefined where nothing was. */
  readonly since: number | undefined;
}

/** What became of the days that are no more among a total's recent ones. */
interface Past {
  /** The last period, and how long the streak was in it. */
  readonly last: number;
  readonly length: number;
  readonly best: number;
  readonly since: number | undefined;
}

/** The streaks of a total: those of the days that went before, as far as they are kept, continued by the recent ones. */
export function streaksOf(total: ActionTotal, kind: StreakKind): Streaks {
  const past = pastsOf(total).get(keyOf(kind));
  const runs: StreakRun[] = past === undefined ? [] : [{ from: past.last, to: past.last, length: past.length }];
  let known = past ?? beginningOf(total);
  for (const day of recentDaysOf(total)) {
    const next = withDay(known, day, kind);
    if (next === known) continue;
    const run = runs.at(-1);
    if (run?.to === next.last - 1) runs[runs.length - 1] = { ...run, to: next.last };
    else runs.push({ from: next.last, to: next.last, length: next.length });
    known = next;
  }
  return { runs, best: known.best, since: known.since };
}

/**
 * The text in which a total keeps what becomes of days that leave its recent ones, for these kinds of streaks, when its last day moves
 * ahead by so many days; undefined where there is nothing to keep. Late events never come before these days, so nothing else has to be
 * kept for streaks to be exact.
 */
export function pastStreaks(total: ActionTotal, ahead: number, kinds: Iterable<StreakKind>): string | undefined {
  const firstKept = lastDayOf(total) + ahead - RECENT_DAYS + 1;
  const leaving = recentDaysOf(total).filter((day) => day < firstKept);
  if (leaving.length === 0) return total.streaks;
  const before = pastsOf(total);
  const after: Record<string, readonly (number | null)[]> = {};
  for (const kind of kinds) {
    const start = before.get(keyOf(kind)) ?? beginningOf(total);
    const { last, length, best, since } = leaving.reduce((past, day) => withDay(past, day, kind), start);
    after[keyOf(kind)] = [last, length, best, since ?? null];
  }
  return Object.keys(after).length === 0 ? undefined : JSON.stringify(after);
}

function keyOf({ period, grace }: StreakKind): string {
  return `${period} ${grace}`;
}

function pastsOf({ streaks }: ActionTotal): ReadonlyMap<string, Past> {
  if (streaks === undefined) return NOTHING;
  const stored = JSON.parse(streaks) as Readonly<Record<string, readonly [number, number, number, number | null]>>;
  return new Map(
    Object.entries(stored).map(([key, [last, length, best, since]]) => [
      key,
      { last, length, best, since: since ?? undefined },
    ]),
  );
}

const NOTHING: ReadonlyMap<string, Past> = new Map<string, Past>();

/** Before the recent days, of streaks that were not kept until now: where there are other days, nothing is known of them. */
function beginningOf(total: ActionTotal): Past {
  const isWhole = recentDaysOf(total).length === total.activeDays;
  const since = isWhole ? undefined : lastDayOf(total) - RECENT_DAYS + 1;
  return { last: Number.NEGATIVE_INFINITY, length: 0, best: 0, since };
}

/** What a later day comes to; the same object where it is in the last period. */
function withDay(past: Past, day: number, { period, grace }: StreakKind): Past {
  const last = periodOf(period, day);
  if (last === past.last) return past;
  const length = last - past.last <= grace + 1 ? past.length + 1 : 1;
  return { last, length, best: Math.max(past.best, length), since: past.since };
}

/** The bits of recent days are read as two numbers. */
const LOW_BITS = 31;
const LOW_MASK = (1n << BigInt(LOW_BITS)) - 1n;

/** The days of a total's bits, in order. */
function recentDaysOf(total: ActionTotal): number[] {
  const lastDay = lastDayOf(total);
  const [low, high] = [Number(total.recentDays & LOW_MASK), Number(total.recentDays >> BigInt(LOW_BITS))];
  const days: number[] = [];
  for (let back = RECENT_DAYS - 1; back >= 0; back -= 1) {
    const bit = back < LOW_BITS ? (low >>> back) & 1 : (high >>> (back - LOW_BITS)) & 1;
    if (bit === 1) days.push(lastDay - back);
  }
  return days;
}
