import { type DayClock, dayAt } from '../states/day-zone.js';
import { type StreakKind, type StreakRun, streaksOf } from '../states/streaks.js';
import type { ActionTotal } from '../states/user-state.js';
import { periodBegins, periodOf } from '../values/time/calendar-period.js';
import { type NumberOfDay, nextTurn, turnOfOrdering } from './day-turns.js';
import type { TimeReading } from './time-reading.js';

/** What the present streak is read from; undefined where there never was one. */
type Base = { readonly runs: readonly StreakRun[]; readonly clock?: DayClock } | undefined;

export function streakBase(total: ActionTotal | undefined, kind: StreakKind, clock: DayClock | undefined): unknown {
  if (total === undefined) return undefined;
  const { runs } = streaksOf(total, kind);
  return clock === undefined ? { runs } : { runs, clock };
}

/**
 * Reads how long the present streak is, from a {@link streakBase}: that which the present period goes on, or could still go on. It ends
 * with the last period in which it could. Periods after the present one, as clocks that differ make them, and journeys to the west, count
 * when they come.
 */
export function streakReading(kind: StreakKind): TimeReading {
  return {
    at: (base, now) => {
      const given = base as Base;
      return given === undefined ? 0 : lengthOn(given.runs, kind, dayAt(given.clock, now));
    },
    nextTick: (base, now) => {
      const given = base as Base;
      return given === undefined ? Number.POSITIVE_INFINITY : nextTurn(numberOf(given.runs, kind), given.clock, now);
    },
    crossing: (base, now, ordering, constant) => {
      const given = base as Base;
      if (given === undefined || Number.isNaN(constant)) return Number.POSITIVE_INFINITY;
      return turnOfOrdering(numberOf(given.runs, kind), { clock: given.clock, now }, ordering, constant);
    },
  };
}

function numberOf(runs: readonly StreakRun[], kind: StreakKind): NumberOfDay {
  return { on: (today) => lengthOn(runs, kind, today), next: (today) => nextDay(runs, kind, today) };
}

function lengthOn(runs: readonly StreakRun[], { period, grace }: StreakKind, today: number): number {
  const present = periodOf(period, today);
  const run = runs.findLast(({ from }) => from <= present);
  if (run === undefined) return 0;
  const last = Math.min(run.to, present);
  return present - last > grace + 1 ? 0 : run.length + last - run.from;
}

/** The next day on which the length may be another: a period of days that are known begins, or the streak ends. */
function nextDay(runs: readonly StreakRun[], { period, grace }: StreakKind, today: number): number {
  const present = periodOf(period, today);
  const at = runs.findLastIndex(({ from }) => from <= present);
  const [run, later] = [runs[at], runs[at + 1]];
  if (run !== undefined && present < run.to) return periodBegins(period, present + 1);
  const begins = later === undefined ? Number.POSITIVE_INFINITY : periodBegins(period, later.from);
  const isOver = run === undefined || present - run.to > grace + 1;
  return isOver ? begins : Math.min(begins, periodBegins(period, run.to + grace + 2));
}
