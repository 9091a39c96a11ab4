import type { ActionDay, ActionTotal, UserState } from '../core/states/user-state.js';
import { quote } from '../core/values/json.js';
import { amountOf, LARGEST_AMOUNT, LARGEST_MILLIONTHS, millionthsOf } from '../core/values/millionths.js';
import { dayNumber } from '../core/values/time.js';
import type { NewEvent } from '../store/event-store.js';
import type { UserActionDay, UserActionTotal } from '../store/user-store.js';
import { faultOfAction } from './action-room.js';
import { UncountableEvent } from './uncountable-event.js';

/** For how many days back `recentDays` says whether the user did the action on that day. */
const RECENT_DAYS = 62;
const RECENT_MASK = (1n << BigInt(RECENT_DAYS)) - 1n;

/** A user's state after some events, with the rows that have changed. */
export interface Counted {
  readonly after: UserState;
  readonly totals: readonly UserActionTotal[];
  readonly days: readonly UserActionDay[];
}

/**
 * Counts a user's new events, in any order, each on the day on which it occurred. The rows by day are of every action, since a
 * later rule may window it; the state has the days of the `windowed` actions only, which are those that rules read. Throws where a
 * sum, also one of a windowed day, would pass 9·10¹² either way, and where the user would have more
 * actions than are counted.
 */
export function countEvents(
  before: UserState,
  events: readonly NewEvent[],
  windowed: ReadonlyMap<string, number>,
): Counted {
  const totals = new Map<string, ActionTotal>();
  const days = new Map<string, UserActionDay>();
  for (const event of events) {
    const fault = faultOfAction(before, event.action, totals);
    if (fault !== undefined) throw new UncountableEvent(fault);
    const total = addToTotal(totals.get(event.action) ?? before.actions.get(event.action), event);
    totals.set(event.action, total);
    const day = dayNumber(event.occurredAt);
    const key = `${day} ${event.action}`;
    const { count, sum } = days.get(key) ?? { count: 0, sum: 0n };
    const { userId, action, value } = event;
    const more = added(sum, millionthsOf(value), action);
    // The day as a whole is looked at after every event, so that it does not matter which of them are counted together.
    added(sumOfDay(before, action, day), more, action);
    days.set(key, { userId, action, day, count: count + 1, sum: more });
  }
  const changedDays = [...days.values()];
  const readDays = changedDays.filter(({ action }) => windowed.has(action));
  return {
    after: {
      ...before,
      actions: new Map([...before.actions, ...totals]),
      actionDays: readDays.length === 0 ? before.actionDays : addDays(before.actionDays, readDays),
    },
    totals: [...totals].map(([action, total]) => ({ userId: before.id, action, ...total })),
    days: changedDays,
  };
}

function sumOfDay({ actionDays }: UserState, action: string, day: number): bigint {
  return actionDays.get(action)?.find((entry) => entry.day === day)?.sum ?? 0n;
}

function addToTotal(total: ActionTotal | undefined, { occurredAt, value, action }: NewEvent): ActionTotal {
  const millionths = millionthsOf(value);
  if (total === undefined) {
    return {
      count: 1,
      sum: added(0n, millionths, action),
      activeDays: 1,
      firstAt: occurredAt,
      lastAt: occurredAt,
      recentDays: 1n,
    };
  }
  const sum = added(total.sum, millionths, action);
  const ahead = dayNumber(occurredAt) - dayNumber(total.lastAt);
  const recentDays = ahead > 0 ? (total.recentDays << BigInt(ahead)) & RECENT_MASK : total.recentDays;
  const bit = ahead > 0 ? 1n : -ahead < RECENT_DAYS ? 1n << BigInt(-ahead) : 0n;
  const newDay = bit !== 0n && (recentDays & bit) === 0n;
  return {
    count: total.count + 1,
    sum,
    activeDays: total.activeDays + (newDay ? 1 : 0),
    firstAt: Math.min(total.firstAt, occurredAt),
    lastAt: Math.max(total.lastAt, occurredAt),
    recentDays: recentDays | bit,
  };
}

function added(sum: bigint, more: bigint, action: string): bigint {
  const result = sum + more;
  if (result <= LARGEST_MILLIONTHS && result >= -LARGEST_MILLIONTHS) return result;
  throw new UncountableEvent(
    `the value ${amountOf(more)} takes the sum of ${quote(action)} beyond ±${LARGEST_AMOUNT}, the most that is kept`,
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
