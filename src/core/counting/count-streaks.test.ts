import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { streakBase, streakReading } from '../facts/streak-reading.js';
import { type StreakKind, streaksOf } from '../states/streaks.js';
import { type UserState, unknownUser } from '../states/user-state.js';
import { PERIODS } from '../values/time/calendar-period.js';
import { DAY_MS, dayNumber } from '../values/time/time.js';
import { countEvents, type KeptOfActions } from './count-events.js';

const NOW = Date.UTC(2026, 0, 20, 12);
const KINDS: readonly StreakKind[] = PERIODS.flatMap((period) => [0, 1, 3].map((grace) => ({ period, grace })));

const keeping = (kinds: readonly StreakKind[]): KeptOfActions => ({
  windowedActions: new Set(),
  streaks: new Map([['save', kinds]]),
});
const READ = keeping(KINDS);

/** Somebody does something mostly each day, now and then after weeks; what they did may come late, and with others. */
const step = fc.record({
  laterDays: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(0, 1, 1, 1, 1, 2) },
    { weight: 1, arbitrary: fc.integer({ min: 2, max: 70 }) },
  ),
  lateDays: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 58 })),
  together: fc.boolean(),
});
type Step = Readonly<{ laterDays: number; lateDays: number; together: boolean }>;

interface Done {
  readonly user: UserState;
  readonly days: readonly number[];
  readonly today: number;
}

/** Does it, where streaks are read from a step on, and up to another. */
function done(steps: readonly Step[], from = 0, to = Infinity): Done {
  let user = unknownUser('u');
  let today = dayNumber(NOW);
  let waiting: { readonly action: string; readonly occurredAt: number; readonly value: number }[] = [];
  const days: number[] = [];
  const count = (kept: KeptOfActions): void => {
    user = countEvents(user, waiting, kept).after;
    waiting = [];
  };
  for (const [i, { laterDays, lateDays, together }] of steps.entries()) {
    if (i === from || i === to) count(i === from ? keeping([]) : READ);
    today += laterDays;
    days.push(today - lateDays);
    waiting.push({ action: 'save', occurredAt: (today - lateDays) * DAY_MS, value: 1 });
    if (!together) count(i >= from && i < to ? READ : keeping([]));
  }
  count(steps.length > from && steps.length <= to ? READ : keeping([]));
  return { user, days, today };
}

/** The streaks of these days by definition, by another library's calendar. */
function naive(days: readonly number[], { period, grace }: StreakKind, today: number) {
  const beginning = (day: number) => DateTime.fromMillis(day * DAY_MS, { zone: 'UTC' }).startOf(period);
  const periods = [...new Set(days.map((day) => beginning(day).toMillis()))].sort((a, b) => a - b);
  /** How many periods lie between two. */
  const between = (one: number, other: number): number => {
    const [from, to] = [one, other].map((at) => DateTime.fromMillis(at, { zone: 'UTC' }));
    return Math.round(to!.diff(from!, `${period}s`).as(`${period}s`)) - 1;
  };
  let [length, best] = [0, 0];
  for (const [i, at] of periods.entries()) {
    length = i > 0 && between(periods[i - 1]!, at) <= grace ? length + 1 : 1;
    best = Math.max(best, length);
  }
  const last = periods.at(-1);
  // The present period can yet be gone on with.
  const goesOn = last !== undefined && between(last, beginning(today).toMillis()) <= grace;
  return { best, current: goesOn ? length : 0 };
}

/** What the facts are. */
function read({ user, today }: Done, kind: StreakKind) {
  const total = user.actions.get('save');
  const { best, since } = total === undefined ? { best: 0, since: undefined } : streaksOf(total, kind);
  const current = streakReading(kind).at(streakBase(total, kind, undefined), today * DAY_MS);
  return { best, current, since };
}

describe('streaks', () => {
  it('are those of all days that were counted, however late and together events come', () => {
    let kept = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 150 }), (steps) => {
        const made = done(steps);
        for (const kind of KINDS) {
          const { since, ...streaks } = read(made, kind);
          expect(streaks).toEqual(naive(made.days, kind, made.today));
          expect(since).toBeUndefined();
        }
        if (made.user.actions.get('save')!.streaks !== undefined) kept += 1;
        expect(made.user.actions).toEqual(done(steps.map((one) => ({ ...one, together: false }))).user.actions);
      }),
    );
    expect(kept).toBeGreaterThan(5);
  });

  it('begin with the recent days where nothing read them before, and say so; nothing is kept of what nothing reads', () => {
    let short = 0;
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 0, max: 110 }),
        fc.integer({ min: 0, max: 60 }),
        (steps, from, lasting) => {
          const made = done(steps, from);
          for (const kind of KINDS) {
            const { since = -Infinity, ...streaks } = read(made, kind);
            const known = made.days.filter((day) => day >= since);
            expect(streaks).toEqual(naive(known, kind, made.today));
            if (since === -Infinity) continue;
            short += 1;
            expect(made.days.some((day) => day < since)).toBe(true);
          }
          // Read for a while only: what has left the recent days by then is gone again, in whole.
          const { actions } = done(steps, from, from + lasting).user;
          const { streaks, ...total } = actions.get('save')!;
          const { streaks: never, ...alike } = done(steps, Infinity).user.actions.get('save')!;
          expect(never).toBeUndefined();
          expect(total).toEqual(alike);
        },
      ),
    );
    expect(short).toBeGreaterThan(25);
  });
});
