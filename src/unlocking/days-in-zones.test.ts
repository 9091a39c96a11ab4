import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { streaksOf } from '../core/states/streaks.js';
import { lastDayOf, type UserActionDay, type UserState, unknownUser } from '../core/states/user-state.js';
import { latchingFlag, NOW, snapshotOf } from '../core/testing/samples.js';
import { localDay } from '../core/values/time/local-time.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/values/time/time.js';
import type { NewEvent } from '../store/event-store.js';
import { judgeEvents } from './judge-events.js';

const ZONES = ['UTC', 'Europe/Lisbon', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'Etc/GMT+12'];
const fiveDays = {
  fact: 'activeDays',
  params: { action: 'save', windowDays: 7 },
  operator: 'greaterThanInclusive',
  value: 5,
};
const inARow = { fact: 'streak', params: { action: 'save' }, operator: 'greaterThanInclusive', value: 9 };
const SNAPSHOT = snapshotOf([latchingFlag('keen', { all: [fiveDays, inARow] })]);

/** Somebody travels, and does something now and then; what they did arrives late, or not in order. */
const step = fc.record({
  zone: fc.option(fc.constantFrom(...ZONES), { freq: 2 }),
  laterMs: fc.integer({ min: 0, max: 40 * 60 }).map((minutes) => minutes * MINUTE_MS),
  lateMs: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 5 * 24 }).map((hours) => hours * HOUR_MS),
  ),
  joined: fc.boolean(),
});
type Step = Readonly<{ zone: string | null; laterMs: number; lateMs: number; joined: boolean }>;

interface Travelled {
  readonly user: UserState;
  readonly rows: readonly UserActionDay[];
  readonly moves: readonly number[];
  readonly events: readonly { readonly event: NewEvent; readonly zone: string }[];
}

/** The user after all of it, where some events come together with those before them. */
function travel(steps: readonly Step[], together: boolean): Travelled {
  let user = unknownUser('u');
  let at = NOW;
  let waiting: NewEvent[] = [];
  const [rows, moves, events]: [UserActionDay[], number[], Travelled['events'][number][]] = [[], [], []];
  const judge = (): void => {
    if (waiting.length === 0) return;
    const judging = { snapshot: SNAPSHOT, snapshotBefore: SNAPSHOT, reconfigured: new Set<string>(), now: at };
    const judged = judgeEvents({ before: user, events: waiting }, judging, {
      organization: undefined,
      dueAt: undefined,
    });
    if (judged.dayZone !== undefined) moves.push(judged.dayZone.since);
    const zone = judged.user.dayZone?.zone ?? 'UTC';
    events.push(...waiting.map((event) => ({ event, zone })));
    rows.push(...judged.counted.days);
    user = judged.user;
    waiting = [];
  };
  for (const [i, { zone, laterMs, lateMs, joined }] of steps.entries()) {
    at += laterMs;
    if (zone !== null) {
      judge();
      user = { ...user, timeZone: zone };
    }
    const occurredAt = at - lateMs;
    waiting.push({
      id: String(i),
      source: '',
      userId: 'u',
      action: 'save',
      occurredAt,
      value: 1,
      properties: {},
      receivedAt: at,
    });
    if (!(together && joined)) judge();
  }
  judge();
  return { user, rows, moves, events };
}

/** How many days are one after the other, at most. */
function longestOf(days: ReadonlySet<number>): number {
  const lengthFrom = (day: number): number => (days.has(day) ? 1 + lengthFrom(day + 1) : 0);
  return Math.max(...[...days].map(lengthFrom));
}

describe('days over moves of zones', () => {
  it('count each event once, on the day that it was where the user was, and change zones once in 24 hours at most', () => {
    let moved = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const { user, rows, moves, events } = travel(steps, false);
        const total = user.actions.get('save')!;
        const days = new Map<number, number>();
        for (const { day, count } of [...rows, { day: lastDayOf(total), count: total.openDay!.count }])
          days.set(day, (days.get(day) ?? 0) + count);
        const expected = new Map<number, number>();
        for (const { event, zone } of events) {
          const day = localDay(zone, event.occurredAt);
          expected.set(day, (expected.get(day) ?? 0) + 1);
        }
        expect(new Map([...days].sort())).toEqual(new Map([...expected].sort()));
        expect(total.activeDays).toBe(days.size);
        expect(streaksOf(total, { period: 'day', grace: 0 }).best).toBe(longestOf(new Set(days.keys())));
        expect(user.actionDays.get('save')!.map(({ day, count }) => [day, count])).toEqual(
          [...days].sort(([a], [b]) => a - b),
        );
        for (const [i, since] of moves.entries())
          if (i > 0) expect(since - moves[i - 1]!).toBeGreaterThanOrEqual(DAY_MS);
        moved += moves.length;
      }),
    );
    expect(moved).toBeGreaterThan(25);
  });

  it('are the same however events come together', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        const [alone, together] = [travel(steps, false).user, travel(steps, true).user];
        expect([together.actions, together.actionDays, together.dayZone]).toEqual([
          ...[alone.actions, alone.actionDays, alone.dayZone],
        ]);
      }),
    );
  });
});
