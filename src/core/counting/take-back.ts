import {
  type ActionDay,
  type ActionTotal,
  lastDayMember,
  lastDayOf,
  RECENT_DAYS,
  type UserActionDay,
  type UserActionTotal,
  type UserState,
} from '../states/user-state.js';
import { millionthsOf } from '../values/millionths.js';
import { DAY_MS, dayNumber } from '../values/time/time.js';
import { added, type CountedEvent } from './count-events.js';

/** What is kept of an action beside the event that is taken back. */
export interface Rest {
  /** The days that have a row of their own. */
  readonly rows: readonly ActionDay[];
  /** When the first and the last of the other kept events occurred; undefined where none is kept, or neither is needed. */
  readonly span: Span | undefined;
}

export interface Span {
  readonly firstAt: number;
  readonly lastAt: number;
}

/** A user's state without what an event counted as, and what is to be stored of it. */
export interface TakenBack {
  readonly after: UserState;
  readonly totals: readonly UserActionTotal[];
  /** To be added to what is stored of these days: numbers below zero. */
  readonly days: readonly UserActionDay[];
  /** The actions of which nothing is left. */
  readonly gone: readonly string[];
}

/** Whether the first or the last instant of an action has to be found anew, from its other events, once this one is taken back. */
export function needsSpan(total: ActionTotal, { occurredAt }: CountedEvent): boolean {
  return total.count > 1 && (occurredAt <= total.firstAt || occurredAt >= total.lastAt);
}

/**
 * Takes back what counted by one event, each time on the day on which it counted. Among what is kept, all is as if the event
 * had never come. Of an action of which only older events are left, the last one is known by its day at best.
 */
export function takeBack(
  before: UserState,
  counts: readonly CountedEvent[],
  restOf: (action: string) => Rest,
): TakenBack {
  const actions = new Map(before.actions);
  const actionDays = new Map(before.actionDays);
  const totals: UserActionTotal[] = [];
  const days: UserActionDay[] = [];
  const gone: string[] = [];
  for (const [action, events] of Map.groupBy(counts, (event) => event.action)) {
    const total = before.actions.get(action);
    if (total === undefined) continue;
    const { after, rows } = withoutAll(total, events, restOf(action));
    const known = before.actionDays.get(action);
    if (after === undefined) {
      actions.delete(action);
      actionDays.delete(action);
      gone.push(action);
      continue;
    }
    actions.set(action, after);
    totals.push({ userId: before.id, action, ...after });
    for (const row of rows) days.push({ userId: before.id, action, ...row });
    if (known === undefined) continue;
    const left = events.reduce(withoutOne, known);
    if (left.length > 0) actionDays.set(action, left);
    else actionDays.delete(action);
  }
  return { after: { ...before, actions, actionDays }, totals, days, gone };
}

/** Takes events of one action back, one after the other. */
function withoutAll(
  total: ActionTotal,
  events: readonly CountedEvent[],
  { rows, span }: Rest,
): { readonly after: ActionTotal | undefined; readonly rows: readonly ActionDay[] } {
  let after: ActionTotal | undefined = total;
  const stored = new Map(rows.map((row) => [row.day, row]));
  const taken = new Map<number, ActionDay>();
  for (const event of events) {
    const step: Without = without(after, event, { rows: [...stored.values()], span });
    after = step.after;
    if (after === undefined) return { after, rows: [] };
    if (step.row === undefined) continue;
    const { day } = step.row;
    taken.set(day, sumOf(taken.get(day), step.row));
    const left = sumOf(stored.get(day), step.row);
    if (left.count > 0) stored.set(day, left);
    else stored.delete(day);
  }
  return { after, rows: [...taken.values()] };
}

function sumOf(one: ActionDay | undefined, other: ActionDay): ActionDay {
  if (one === undefined) return other;
  return { day: one.day, count: one.count + other.count, sum: one.sum + other.sum };
}

interface Without {
  /** Undefined where nothing is left. */
  readonly after: ActionTotal | undefined;
  /** What is to be added to the row of a day. */
  readonly row: ActionDay | undefined;
}

function without(total: ActionTotal, event: CountedEvent, { rows, span }: Rest): Without {
  if (total.count <= 1) return { after: undefined, row: undefined };
  const day = dayOf(event);
  const value = millionthsOf(event.value);
  const lastDay = lastDayOf(total);
  const stored = rows.find((row) => row.day === day);
  const open = day === lastDay ? total.openDay : undefined;
  // Where the day is known no more, it stands in no window and in none of the recent days either.
  const left = (stored?.count ?? 0) + (open?.count ?? 0) - 1;
  const ends = left === 0;
  const { openDay, row } = withoutValue({ open, stored, day, value, action: event.action });
  const kept = ends ? recentWithout(total, day, rows) : { lastDay, recentDays: total.recentDays };
  const firstAt = event.occurredAt <= total.firstAt ? (span?.firstAt ?? total.firstAt) : total.firstAt;
  const lastAt =
    event.occurredAt >= total.lastAt
      ? (span?.lastAt ?? Math.min(total.lastAt, Math.max(firstAt, kept.lastDay * DAY_MS)))
      : total.lastAt;
  const stays = day === lastDay ? openDay : total.openDay;
  return {
    after: {
      count: total.count - 1,
      sum: added(total.sum, -value, event.action),
      activeDays: total.activeDays - (ends ? 1 : 0),
      firstAt,
      lastAt,
      ...lastDayMember(kept.lastDay, lastAt),
      recentDays: kept.recentDays,
      // What left the recent days is older than all that can be taken back.
      ...(total.streaks === undefined ? {} : { streaks: total.streaks }),
      ...(stays === undefined ? {} : { openDay: stays }),
    },
    row,
  };
}

interface OneDay {
  /** What of the day has no row yet. */
  readonly open: ActionTotal['openDay'];
  /** The day's row. */
  readonly stored: ActionDay | undefined;
  readonly day: number;
  readonly value: bigint;
  readonly action: string;
}

/** Takes an event from its day: from what has no row yet, if that has any. */
function withoutValue({ open, stored, day, value, action }: OneDay): {
  readonly openDay: ActionTotal['openDay'];
  readonly row: ActionDay | undefined;
} {
  if (open === undefined || open.count === 0) {
    return { openDay: undefined, row: stored && { day, count: -1, sum: -value } };
  }
  const sum = added(open.sum, -value, action);
  if (open.count > 1) return { openDay: { count: open.count - 1, sum }, row: undefined };
  // What is left of the sum is of events that stand in the row.
  return { openDay: undefined, row: stored && sum !== 0n ? { day, count: 0, sum } : undefined };
}

/** The last day, and the recent days counted back from it, once a day has no event any more. */
function recentWithout(
  total: ActionTotal,
  day: number,
  rows: readonly ActionDay[],
): { readonly lastDay: number; readonly recentDays: bigint } {
  const last = lastDayOf(total);
  const back = last - day;
  const recentDays = back < RECENT_DAYS ? total.recentDays & ~(1n << BigInt(back)) : total.recentDays;
  if (back > 0) return { lastDay: last, recentDays };
  const others = rows.flatMap((row) => (row.day === day ? [] : [row.day]));
  const byBits = recentDays === 0n ? [] : [last - lowestBit(recentDays)];
  const known = [...others, ...byBits];
  // What is left is older than all days that are known.
  const lastDay = known.length === 0 ? Math.min(dayNumber(total.firstAt), last) : Math.max(...known);
  let recent = (recentDays >> BigInt(last - lastDay)) | 1n;
  // Days that have left the recent ones are known to streaks, where these are kept.
  if (total.streaks !== undefined) return { lastDay, recentDays: recent };
  for (const other of others) {
    if (lastDay - other < RECENT_DAYS) recent |= 1n << BigInt(lastDay - other);
  }
  return { lastDay, recentDays: recent };
}

function lowestBit(bits: bigint): number {
  let place = 0;
  for (let rest = bits; (rest & 1n) === 0n; rest >>= 1n) place++;
  return place;
}

function withoutOne(days: readonly ActionDay[], event: CountedEvent): readonly ActionDay[] {
  const day = dayOf(event);
  return days.flatMap((entry) => {
    if (entry.day !== day) return [entry];
    const sum = entry.sum - millionthsOf(event.value);
    return entry.count <= 1 ? [] : [{ day, count: entry.count - 1, sum }];
  });
}

function dayOf({ occurredAt, day = dayNumber(occurredAt) }: CountedEvent): number {
  return day;
}
