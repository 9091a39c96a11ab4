import { pastStreaks, type StreakKind } from '../states/streaks.js';
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
import { quote } from '../values/json.js';
import { amountOf, LARGEST_AMOUNT, LARGEST_MILLIONTHS, millionthsOf } from '../values/millionths.js';
import { ANY_ACTION } from '../values/names.js';
import { dayNumber } from '../values/time/time.js';
import { faultOfAction } from './action-room.js';
import { UncountableEvent } from './uncountable-event.js';

const RECENT_MASK = (1n << BigInt(RECENT_DAYS)) - 1n;

/** What is counted of an event: as the action that it names, or as one that is derived from it. */
export interface CountedEvent {
  readonly action: string;
  /** Epoch milliseconds. */
  readonly occurredAt: number;
  /** The day on which it counts, in days since 1970-01-01; its UTC day where that is left out. */
  readonly day?: number | undefined;
  /** Rounded to millionths. */
  readonly value: number;
  /** Set where the action is derived: the event does not name it. */
  readonly derived?: true;
}

/** What rules read of actions, so that it is kept. */
export interface KeptOfActions {
  /** The actions whose days a state has. */
  readonly windowedActions: { has(action: string): boolean };
  readonly streaks: ReadonlyMap<string, readonly StreakKind[]>;
}

/** A user's state after some events, with the rows that have changed. */
export interface Counted {
  readonly after: UserState;
  readonly totals: readonly UserActionTotal[];
  readonly days: readonly UserActionDay[];
}

/**
 * Counts a user's new events, in any order, each on its day: of every action, since a later rule may window it.
 * A total holds its last day; `days` are the rows of those before it, to be added to what is stored. Of days and streaks the state has
 * those that rules read. Throws where a sum, also one of a day that is read, would pass 9·10¹²
 * either way, and where the user would have more actions than are counted.
 */
export function countEvents(
  before: UserState,
  events: readonly CountedEvent[],
  { windowedActions, streaks }: KeptOfActions,
): Counted {
  const totals = new Map<string, ActionTotal>();
  const more = new Set<string>();
  const rows = new DayRows(before.id);
  const read = new DayRows(before.id);
  for (const event of events) {
    const { action } = event;
    // Of derived actions there are few, and no producer can leave them out.
    const fault = event.derived ? undefined : faultOfAction(before, action, more);
    if (fault !== undefined) throw new UncountableEvent(fault);
    const stored = before.actions.get(action);
    if (stored === undefined) more.add(action);
    const { total, row } = addToTotal(totals.get(action) ?? stored, event, streaks.get(action));
    totals.set(action, total);
    if (row !== undefined) rows.add(action, row);
    if (!windowedActions.has(action)) continue;
    const day = dayOf(event);
    // The day as a whole is looked at after every event, so that it does not matter which of them are counted together.
    added(sumOfDay(before, action, day.day), read.add(action, day), action);
  }
  const readDays = read.all();
  return {
    after: {
      ...before,
      actions: new Map([...before.actions, ...totals]),
      actionDays: readDays.length === 0 ? before.actionDays : addDays(before.actionDays, readDays),
    },
    totals: [...totals].map(([action, total]) => ({ userId: before.id, action, ...total })),
    days: rows.all(),
  };
}

function dayOf({ occurredAt, value, day = dayNumber(occurredAt) }: CountedEvent): ActionDay {
  return { day, count: 1, sum: millionthsOf(value) };
}

function sumOfDay({ actionDays }: UserState, action: string, day: number): bigint {
  return actionDays.get(action)?.find((entry) => entry.day === day)?.sum ?? 0n;
}

/** One row for each action and day. */
class DayRows {
  readonly #userId: string;
  readonly #rows = new Map<string, UserActionDay>();

  constructor(userId: string) {
    this.#userId = userId;
  }

  /** Gives the sum of the row that it has added to. */
  add(action: string, { day, ...more }: ActionDay): bigint {
    const key = `${day} ${action}`;
    const { count, sum } = this.#rows.get(key) ?? { count: 0, sum: 0n };
    const after = added(sum, more.sum, action);
    this.#rows.set(key, { userId: this.#userId, action, day, count: count + more.count, sum: after });
    return after;
  }

  all(): readonly UserActionDay[] {
    return [...this.#rows.values()];
  }
}

interface Added {
  readonly total: ActionTotal;
  /** What is to be added to the row of a day: of the last day, which the event ends, or of the event's own, which is before it. */
  readonly row: ActionDay | undefined;
}

function addToTotal(total: ActionTotal | undefined, event: CountedEvent, streaks: readonly StreakKind[] = []): Added {
  const { occurredAt, action } = event;
  const { day, ...once } = dayOf(event);
  if (total === undefined) {
    const sum = added(0n, once.sum, action);
    const only = { count: 1, sum, activeDays: 1, firstAt: occurredAt, lastAt: occurredAt, recentDays: 1n };
    const lastDay = lastDayMember(day, occurredAt);
    return { total: { ...only, ...lastDay, openDay: once }, row: undefined };
  }
  const sum = added(total.sum, once.sum, action);
  const lastDay = lastDayOf(total);
  const ahead = day - lastDay;
  const recentDays = ahead > 0 ? (total.recentDays << BigInt(ahead)) & RECENT_MASK : total.recentDays;
  const bit = ahead > 0 ? 1n : -ahead < RECENT_DAYS ? 1n << BigInt(-ahead) : 0n;
  const newDay = bit !== 0n && (recentDays & bit) === 0n;
  const { openDay = { count: 0, sum: 0n } } = total;
  const lastAt = Math.max(total.lastAt, occurredAt);
  const past = ahead > 0 && (streaks.length > 0 || total.streaks) ? pastStreaks(total, ahead, streaks) : total.streaks;
  const after: ActionTotal = {
    count: total.count + 1,
    sum,
    activeDays: total.activeDays + (newDay ? 1 : 0),
    firstAt: Math.min(total.firstAt, occurredAt),
    lastAt,
    ...lastDayMember(Math.max(lastDay, day), lastAt),
    recentDays: recentDays | bit,
    openDay,
    ...(past !== undefined && { streaks: past }),
  };
  if (ahead < 0) return { total: after, row: { day, ...once } };
  if (ahead > 0) return { total: { ...after, openDay: once }, row: ended(lastDay, total) };
  const more = { count: openDay.count + 1, sum: added(openDay.sum, once.sum, action) };
  return { total: { ...after, openDay: more }, row: undefined };
}

function ended(day: number, { openDay }: ActionTotal): ActionDay | undefined {
  return openDay === undefined || openDay.count === 0 ? undefined : { day, ...openDay };
}

/** Throws where the sum would pass the bound. */
export function added(sum: bigint, more: bigint, action: string): bigint {
  const result = sum + more;
  if (result <= LARGEST_MILLIONTHS && result >= -LARGEST_MILLIONTHS) return result;
  const beyond = `beyond ±${LARGEST_AMOUNT}, the most that is kept`;
  throw new UncountableEvent(
    action === ANY_ACTION
      ? `the value ${amountOf(more)} takes the sum of any action ${beyond}, although that of its own action may have room: have rules ` +
          'name the actions that they read, and replay the event'
      : `the value ${amountOf(more)} takes the sum of ${quote(action)} ${beyond}`,
  );
}

type Days = ReadonlyMap<string, readonly ActionDay[]>;

function addDays(before: Days, more: readonly UserActionDay[]): Days {
  const after = new Map(before);
  for (const { action, day, count, sum } of more) {
    const list = after.get(action) ?? [];
    const old = list.find((entry) => entry.day === day);
    const merged = { day, count: count + (old?.count ?? 0), sum: added(old?.sum ?? 0n, sum, action) };
    after.set(
      action,
      [...list.filter((entry) => entry.day !== day), merged].sort((a, b) => a.day - b.day),
    );
  }
  return after;
}
