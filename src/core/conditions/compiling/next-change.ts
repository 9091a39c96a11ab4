import type { FactRecord, FactSlot } from '../../facts/fact-record.js';
import type { Ordering, TimeReading } from '../../facts/time-reading.js';
import type { JsonValue } from '../../values/json.js';
import { instantOf } from '../../values/time/time.js';
import { splitOperator } from '../operators.js';

/** The earliest instant after the record's at which time alone could change a comparison's result; Infinity if never. */
export type NextChange = (record: FactRecord) => number;

/** The right side of a comparison. */
export type Right = { readonly constant: JsonValue } | { readonly slot: FactSlot };

/** Gives the number as which an ordering would compare a value; NaN for a value with which none could hold. */
type ToNumber = (value: unknown) => number;

interface Order {
  readonly of: 'numbers' | 'instants';
  readonly ordering: Ordering;
  /** The ordering with the sides exchanged: for a < b that of b > a. */
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
  return { of: 'numbers', ordering, flipped, factToNumber: orderedNumber, valueToNumber: toNumber };
}

function instants(ordering: Ordering, flipped: Ordering): Order {
  const toInstant: ToNumber = (value) => instantOf(value) ?? Number.NaN;
  return { of: 'instants', ordering, flipped, factToNumber: toInstant, valueToNumber: toInstant };
}

/** The number that JavaScript's `<` makes of a value when the other side is a number. */
function toNumber(value: unknown): number {
  try {
    return Number(value);
  } catch {
    return Number.NaN;
  }
}

/** The number that the library orders a fact's value by. It orders no value of which parseFloat makes no number. */
function orderedNumber(value: unknown): number {
  try {
    return Number.isNaN(Number.parseFloat(value as string)) ? Number.NaN : Number(value);
  } catch {
    return Number.NaN;
  }
}

/** The order that an operator compares by. With `not` before it, its result changes at the same instants. */
function orderOf(operatorName: string): Order | undefined {
  const { decorators, operator } = splitOperator(operatorName);
  return decorators.every((decorator) => decorator === 'not') ? ORDERS.get(operator) : undefined;
}

/**
 * When time could next change the result of a leaf; undefined where neither side moves with time. It is the exact instant
 * where one side moves and is ordered against the other, else the instant at which the moving side next changes its value.
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
    if (order === undefined || !orders(order, time)) return tick(left.index, time);
    return crossing(left.index, time, order.ordering, fixed(right, order.valueToNumber));
  }
  if (rightSlot !== undefined && rightTime !== undefined) {
    if (order === undefined || !orders(order, rightTime)) return tick(rightSlot.index, rightTime);
    return crossing(rightSlot.index, rightTime, order.flipped, fixed({ slot: left }, order.factToNumber));
  }
  return undefined;
}

/** Whether values of this kind are ordered by their place in time, so that the instant is known at which they cross a constant. */
function orders(order: Order, { isText }: TimeReading): boolean {
  return order.of === 'instants' || isText === undefined;
}

function tick(index: number, time: TimeReading): NextChange {
  return (record) => time.nextTick(record.values[index], record.now);
}

/** Reads the side that time does not move, as a number. */
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
