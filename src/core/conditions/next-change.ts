import type { FactRecord, FactSlot } from '../facts/fact-record.js';
import type { Ordering, TimeReading } from '../facts/time-reading.js';
import type { JsonValue } from '../values/json.js';
import { instantOf } from '../values/time.js';
import { splitOperator } from './operators.js';

/** The earliest instant after the record's at which time alone could change an answer; Infinity if never. */
export type NextChange = (record: FactRecord) => number;

/** What a leaf's fact is compared with. */
export type Right = { readonly constant: JsonValue } | { readonly slot: FactSlot };

/** A value as the number that an ordering would compare; NaN where it could never hold. */
type ToNumber = (value: unknown) => number;

interface Order {
  readonly ordering: Ordering;
  /** The same comparison seen from the other side: a < b is b > a. */
  readonly flipped: Ordering;
  readonly factToNumber: ToNumber;
  readonly valueToNumber: ToNumber;
}

const ORDERS: ReadonlyMap<string, Order> = new Map([
  ['lessThan', numbers('lessThan', 'greaterThan')],
  ['lessThanInclusive', numbers('lessThanInclusive', 'greaterThanInclusive')],
  ['greaterThan', numbers('greaterThan', 'lessThan')],
  ['greaterThanInclusive', numbers('greaterThanInclusive', 'lessThanInclusive')],
  ['before', instants('lessThan', 'greaterThan')],
  ['after', instants('greaterThan', 'lessThan')],
]);

function numbers(ordering: Ordering, flipped: Ordering): Order {
  return { ordering, flipped, factToNumber: orderedNumber, valueToNumber: toNumber };
}

function instants(ordering: Ordering, flipped: Ordering): Order {
  const toInstant: ToNumber = (value) => instantOf(value) ?? Number.NaN;
  return { ordering, flipped, factToNumber: toInstant, valueToNumber: toInstant };
}

/** JavaScript's `<` against a number makes a number of the other side. */
function toNumber(value: unknown): number {
  try {
    return Number(value);
  } catch {
    return Number.NaN;
  }
}

/** The library lets a fact's value into an ordering only if parseFloat makes a number of it. */
function orderedNumber(value: unknown): number {
  try {
    return Number.isNaN(Number.parseFloat(value as string)) ? Number.NaN : Number(value);
  } catch {
    return Number.NaN;
  }
}

/** The order that an operator compares by; a `not` in front changes its result at the same instants. */
function orderOf(operatorName: string): Order | undefined {
  const { decorators, operator } = splitOperator(operatorName);
  return decorators.every((decorator) => decorator === 'not') ? ORDERS.get(operator) : undefined;
}

/**
 * When a leaf's answer could next change by time: exactly, where one side moves with time and is ordered against the
 * other; else at the next tick of what moves. Undefined where nothing does.
 */
export function leafNextChange(left: FactSlot, operator: string, right: Right): NextChange | undefined {
  const order = orderOf(operator);
  const rightSlot = 'slot' in right ? right.slot : undefined;
  const { time } = left;
  const rightTime = rightSlot?.time;
  if (time !== undefined && rightSlot !== undefined && rightTime !== undefined) {
    const [tickLeft, tickRight] = [tick(left.index, time), tick(rightSlot.index, rightTime)];
    return (record) => Math.min(tickLeft(record), tickRight(record));
  }
  if (time !== undefined) {
    if (order === undefined) return tick(left.index, time);
    return crossing(left.index, time, order.ordering, fixed(right, order.valueToNumber));
  }
  if (rightSlot !== undefined && rightTime !== undefined) {
    if (order === undefined) return tick(rightSlot.index, rightTime);
    return crossing(rightSlot.index, rightTime, order.flipped, fixed({ slot: left }, order.factToNumber));
  }
  return undefined;
}

function tick(index: number, time: TimeReading): NextChange {
  return (record) => time.nextTick(record.values[index], record.now);
}

/** The side that time does not move, as a number. */
function fixed(side: Right, convert: ToNumber): (record: FactRecord) => number {
  if ('slot' in side) {
    const { index } = side.slot;
    return (record) => convert(record.values[index]);
  }
  const constant = convert(side.constant);
  return () => constant;
}

function crossing(
  index: number,
  time: TimeReading,
  ordering: Ordering,
  constant: (record: FactRecord) => number,
): NextChange {
  return (record) => time.crossing(record.values[index], record.now, ordering, constant(record));
}
