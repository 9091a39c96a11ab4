import type { ActionTotal, UserState } from './user-state.js';

/** Before each total, and after the name of its action: names have no control characters. */
const BEFORE = '\n';
const AFTER_NAME = '\t';
const BETWEEN = ' ';

/**
 * Totals by action in one text, for states that are held in great number: a seventh of what a map of objects takes. A total is made
 * each time it is asked for, so whoever asks for many of them takes a map of them all.
 */
export class PackedTotals implements ReadonlyMap<string, ActionTotal> {
  readonly size: number;
  readonly text: string;

  constructor(totals: ReadonlyMap<string, ActionTotal>) {
    this.size = totals.size;
    this.text =
      Array.from(totals, ([action, total]) => BEFORE + action + AFTER_NAME + written(total)).join('') + BEFORE;
  }

  get(action: string): ActionTotal | undefined {
    const start = BEFORE + action + AFTER_NAME;
    const at = this.text.indexOf(start);
    if (at < 0) return undefined;
    const from = at + start.length;
    return read(this.text.slice(from, this.text.indexOf(BEFORE, from)));
  }

  has(action: string): boolean {
    return this.text.includes(BEFORE + action + AFTER_NAME);
  }

  *entries(): MapIterator<[string, ActionTotal]> {
    for (const line of this.text.split(BEFORE).slice(1, -1)) {
      const [action, total] = line.split(AFTER_NAME) as [string, string];
      yield [action, read(total)];
    }
  }

  *keys(): MapIterator<string> {
    for (const [action] of this.entries()) yield action;
  }

  *values(): MapIterator<ActionTotal> {
    for (const [, total] of this.entries()) yield total;
  }

  [Symbol.iterator](): MapIterator<[string, ActionTotal]> {
    return this.entries();
  }

  forEach(each: (total: ActionTotal, action: string, totals: this) => void): void {
    for (const [action, total] of this) each(total, action, this);
  }
}

/** The same state as it is to be held. */
export function packedUser(user: UserState): UserState {
  return user.actions.size === 0 ? user : { ...user, actions: new PackedTotals(user.actions) };
}

function written({ count, sum, activeDays, firstAt, lastAt, recentDays, openDay }: ActionTotal): string {
  const parts = [
    short(count),
    shortest(sum),
    short(activeDays),
    short(firstAt),
    short(lastAt - firstAt),
    shortest(recentDays),
  ];
  if (openDay !== undefined) parts.push(short(openDay.count), shortest(openDay.sum));
  return parts.join(BETWEEN);
}

function read(text: string): ActionTotal {
  const parts = text.split(BETWEEN);
  const firstAt = numberOf(parts[3]!);
  return {
    count: numberOf(parts[0]!),
    sum: bigintOf(parts[1]!),
    activeDays: numberOf(parts[2]!),
    firstAt,
    lastAt: firstAt + numberOf(parts[4]!),
    recentDays: bigintOf(parts[5]!),
    ...(parts.length > 6 && { openDay: { count: numberOf(parts[6]!), sum: bigintOf(parts[7]!) } }),
  };
}

const BASE = 36;

function short(number: number): string {
  return number.toString(BASE);
}

function numberOf(text: string): number {
  return Number.parseInt(text, BASE);
}

/** Stands before one that no number holds exactly. */
const LONG = '*';

function shortest(bigint: bigint): string {
  const number = Number(bigint);
  return Number.isSafeInteger(number) ? short(number) : `${LONG}${bigint}`;
}

function bigintOf(text: string): bigint {
  return BigInt(text.startsWith(LONG) ? text.slice(LONG.length) : numberOf(text));
}
