import type { FactRecord, FactSlot, FactSlots } from '../../facts/fact-record.js';
import { isOrdering } from '../../facts/time-reading.js';
import { isJsonObject, type JsonObject, type JsonValue, ownMember } from '../../values/json.js';
import { ADDED_OPERATORS, type Comparison } from '../added-operators.js';
import { comparisonOf } from '../operators.js';
import { leafNextChange, type NextChange } from './next-change.js';

/** Whether a record's facts satisfy a condition. */
export type Test = (record: FactRecord) => boolean;

/** `{fact, operator, value}`, validated. */
export interface Leaf {
  readonly fact: string;
  readonly operator: string;
  readonly value: JsonValue;
  readonly params?: JsonObject;
  readonly path?: string;
}

export interface CompiledLeaf {
  readonly test: Test;
  /** When time may next change the result; undefined where time does not change it. */
  readonly nextChange: NextChange | undefined;
  /** The slot of the leaf's fact, then that of the fact in its value, if there is one. */
  readonly slots: readonly number[];
}

/** Compiles one comparison over fact slots; throws for an unknown fact or operator. */
export function compileLeaf(leaf: Leaf, slots: FactSlots): CompiledLeaf {
  const compare = comparisonOf(leaf.operator);
  if (compare === undefined) throw new Error(`unknown operator "${leaf.operator}"`);
  const left = slots.at(slots.slot(leaf.fact, leaf.params, leaf.path));
  const reference = factReference(leaf.value);
  if (reference === undefined) {
    const test = compareConstant(left, leaf.operator, leaf.value, compare);
    return { test, nextChange: leafNextChange(left, leaf.operator, { constant: leaf.value }), slots: [left.index] };
  }
  const right = slots.at(slots.slot(reference.fact, reference.params, reference.path));
  const [readLeft, readRight] = [reader(left), reader(right)];
  return {
    test: (record) => compare(readLeft(record), readRight(record)),
    nextChange: leafNextChange(left, leaf.operator, { slot: right }),
    slots: [left.index, right.index],
  };
}

/** The fact that a value names, `{fact, params, path}`; undefined for a constant. */
export function factReference(value: unknown): Pick<Leaf, 'fact' | 'params' | 'path'> | undefined {
  if (!isJsonObject(value) || !Object.hasOwn(value, 'fact')) return undefined;
  const params = ownMember(value, 'params');
  const path = ownMember(value, 'path');
  return {
    fact: ownMember(value, 'fact') as string,
    ...(isJsonObject(params) ? { params } : {}),
    ...(typeof path === 'string' ? { path } : {}),
  };
}

function reader({ index, time }: FactSlot): (record: FactRecord) => unknown {
  if (time === undefined) return (record) => record.values[index];
  return (record) => time.at(record.values[index], record.now);
}

/**
 * The test of a comparison with a constant. The commonest comparisons of the library are written out here as small closures,
 * which the engine can optimize; for values that those do not decide, the library's comparison is called.
 */
function compareConstant(slot: FactSlot, operator: string, constant: JsonValue, compare: Comparison): Test {
  if (slot.time !== undefined) return compareTime(slot, operator, constant, compare);
  const { index } = slot;
  if (operator === 'equal') return (record) => record.values[index] === constant;
  if (operator === 'notEqual') return (record) => record.values[index] !== constant;
  if (Array.isArray(constant) && operator === 'in') return isOneOf(index, constant);
  if (Array.isArray(constant) && operator === 'notIn') {
    const isOne = isOneOf(index, constant);
    return (record) => !isOne(record);
  }
  if (operator === 'contains') {
    return (record) => {
      const value = record.values[index];
      return Array.isArray(value) && value.indexOf(constant) > -1;
    };
  }
  if (typeof constant === 'number') {
    const ordered = compareNumber(index, operator, constant, compare);
    if (ordered !== undefined) return ordered;
  }
  const prepared = ADDED_OPERATORS.get(operator)?.prepare?.(constant);
  if (prepared !== undefined) return (record) => prepared(record.values[index]);
  return (record) => compare(record.values[index], constant);
}

/** Where a list is longer, its members are looked up: that costs the same however long it is. */
const LONGEST_LIST = 8;

/**
 * Whether the value is one of a list as `indexOf` says. A set says the same but for NaN, which JSON cannot name: 0 is −0 for both,
 * and objects and lists are the same only if they are one.
 */
function isOneOf(index: number, list: readonly JsonValue[]): Test {
  if (list.length <= LONGEST_LIST) return (record) => list.indexOf(record.values[index] as JsonValue) > -1;
  const members: ReadonlySet<unknown> = new Set(list);
  return (record) => members.has(record.values[index]);
}

function compareNumber(index: number, operator: string, constant: number, compare: Comparison): Test | undefined {
  switch (operator) {
    case 'lessThan':
      return (record) => {
        const value = record.values[index];
        return typeof value === 'number' ? value < constant : compare(value, constant);
      };
    case 'lessThanInclusive':
      return (record) => {
        const value = record.values[index];
        return typeof value === 'number' ? value <= constant : compare(value, constant);
      };
    case 'greaterThan':
      return (record) => {
        const value = record.values[index];
        return typeof value === 'number' ? value > constant : compare(value, constant);
      };
    case 'greaterThanInclusive':
      return (record) => {
        const value = record.values[index];
        return typeof value === 'number' ? value >= constant : compare(value, constant);
      };
    default:
      return undefined;
  }
}

function compareTime(slot: FactSlot, operator: string, constant: JsonValue, compare: Comparison): Test {
  const { index, time } = slot;
  if (typeof constant === 'number' && time?.threshold !== undefined && isOrdering(operator)) {
    const thresholdMs = time.threshold(operator, constant);
    return operator.startsWith('greater') ? elapsed(index, thresholdMs) : notElapsed(index, thresholdMs);
  }
  const read = reader(slot);
  return (record) => compare(read(record), constant);
}

/** True when at least so much time has passed since the instant in the slot; false when there is no instant. */
function elapsed(index: number, thresholdMs: number): Test {
  return (record) => {
    const base = record.values[index];
    return typeof base === 'number' && record.now - base >= thresholdMs;
  };
}

/** True when less time has passed since the instant in the slot; false when there is no instant: absent facts have no order. */
function notElapsed(index: number, thresholdMs: number): Test {
  return (record) => {
    const base = record.values[index];
    return typeof base === 'number' && record.now - base < thresholdMs;
  };
}
