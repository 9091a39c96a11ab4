import { dayNumber } from '../values/time/time.js';
import { ByteReader, ByteWriter } from './byte-text.js';
import { type ActionTotal, lastDayMember, lastDayOf } from './user-state.js';

/**
 * The names of actions that packed totals have had so far, by number from 1, and how many they may be: a user's actions are others'
 * actions, too, so that a number stands for a name. Beyond that names stand in full.
 */
const names: string[] = [''];
const numbers = new Map<string, number>();
const MOST_NAMES = 10_000;

/** Instead of the number of a name: the name follows. */
const IN_FULL = 0;

/**
 * Totals by action in one text, for states that are held in great number: a tenth of what a map of objects takes. A total is made
 * each time it is asked for, so whoever asks for many of them takes a map of them all.
 */
export class PackedTotals implements ReadonlyMap<string, ActionTotal> {
  /** Of each: the number of its name, or the name; how long what follows is; the total. */
  readonly text: string;

  constructor(totals: ReadonlyMap<string, ActionTotal>) {
    whole.begin().natural(totals.size);
    for (const [action, total] of totals) write(action, total);
    this.text = whole.take();
  }

  get size(): number {
    return new ByteReader(this.text).natural();
  }

  get(action: string): ActionTotal | undefined {
    const reader = this.#find(action);
    return reader && readTotal(reader, reader.natural());
  }

  has(action: string): boolean {
    return this.#find(action) !== undefined;
  }

  *entries(): MapIterator<[string, ActionTotal]> {
    const reader = new ByteReader(this.text);
    for (let left = reader.natural(); left > 0; left--) {
      const number = reader.natural();
      const name = number === IN_FULL ? reader.string() : names[number]!;
      yield [name, readTotal(reader, reader.natural())];
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

  /** Where the total of this action is: its length comes next. */
  #find(action: string): ByteReader | undefined {
    const wanted = numbers.get(action);
    const reader = new ByteReader(this.text);
    for (let left = reader.natural(); left > 0; left--) {
      const number = reader.natural();
      if (number === IN_FULL ? reader.string() === action : number === wanted) return reader;
      const length = reader.natural();
      reader.at += length;
    }
    return undefined;
  }
}

/** Where all totals are written, and each of them, whose length stands before it. */
const whole = new ByteWriter();
const body = new ByteWriter();

function write(action: string, total: ActionTotal): void {
  const number = numberOf(action);
  whole.natural(number);
  if (number === IN_FULL) whole.string(action);
  writeTotal(body.begin(), total);
  whole.natural(body.length).bytes(body);
}

function numberOf(action: string): number {
  const known = numbers.get(action);
  if (known !== undefined) return known;
  if (names.length > MOST_NAMES) return IN_FULL;
  numbers.set(action, names.length);
  return names.push(action) - 1;
}

function writeTotal(writer: ByteWriter, total: ActionTotal): void {
  const { count, sum, activeDays, firstAt, lastAt, recentDays, openDay, streaks } = total;
  writer.natural(count);
  writeSum(writer, sum);
  writer
    .natural(activeDays)
    .whole(firstAt)
    .whole(lastAt - firstAt);
  const days = Number(recentDays);
  if (days <= MOST_LOW_DAYS) writer.natural(days).natural(0);
  else writer.natural(Number(recentDays & LOW_DAYS)).natural(Number(recentDays >> DAYS_APART));
  writer.whole(lastDayOf(total) - dayNumber(lastAt));
  if (openDay === undefined && streaks === undefined) return;
  writer.natural(openDay === undefined ? 0 : openDay.count + 1);
  writeSum(writer, openDay?.sum ?? 0n);
  if (streaks !== undefined) writer.string(streaks);
}

function readTotal(reader: ByteReader, length: number): ActionTotal {
  const end = reader.at + length;
  const count = reader.natural();
  const sum = readSum(reader);
  const activeDays = reader.natural();
  const firstAt = reader.whole();
  const lastAt = firstAt + reader.whole();
  const low = BigInt(reader.natural());
  const high = reader.natural();
  const recentDays = high === 0 ? low : low | (BigInt(high) << DAYS_APART);
  const lastDay = lastDayMember(dayNumber(lastAt) + reader.whole(), lastAt);
  const total = { count, sum, activeDays, firstAt, lastAt, ...lastDay, recentDays };
  if (reader.at === end) return total;
  const openDay = { count: reader.natural() - 1, sum: readSum(reader) };
  const withDay = openDay.count < 0 ? total : { ...total, openDay };
  return reader.at === end ? withDay : { ...withDay, streaks: reader.string() };
}

/** The bits of recent days are two numbers. */
const DAYS_APART = 31n;
const LOW_DAYS = (1n << DAYS_APART) - 1n;
const MOST_LOW_DAYS = Number(LOW_DAYS);

/** How a sum is written: as so many millions of millionths, as millionths, or as a text. */
const SUM_FORMS = { millions: 0, millionths: 1, text: 2 } as const;
const FORMS = 4;
const MILLION = 1_000_000;
const MOST_MILLIONTHS = Math.floor(Number.MAX_SAFE_INTEGER / FORMS);

function writeSum(writer: ByteWriter, sum: bigint): void {
  // Of larger ones no more than that they are larger. Arithmetic with bigints takes several times as long.
  const millionths = Number(sum);
  if (millionths < 0 || millionths > MOST_MILLIONTHS) {
    writer.natural(SUM_FORMS.text).string(String(sum));
  } else if (millionths % MILLION === 0) {
    writer.natural((millionths / MILLION) * FORMS + SUM_FORMS.millions);
  } else {
    writer.natural(millionths * FORMS + SUM_FORMS.millionths);
  }
}

function readSum(reader: ByteReader): bigint {
  const written = reader.natural();
  const form = written % FORMS;
  if (form === SUM_FORMS.text) return BigInt(reader.string());
  const number = BigInt(Math.floor(written / FORMS));
  return form === SUM_FORMS.millions ? number * BigInt(MILLION) : number;
}
