import { type FactRecord, type FactSlots, withNow } from '../../facts/fact-record.js';
import { comparisonOf } from '../operators.js';
import { type CompiledLeaf, factReference, type Leaf, type Test } from './compile-leaf.js';
import type { NextChange } from './next-change.js';

/** A segment that is counted. */
export interface CountedSegment {
  readonly test: Test;
  /** Of each comparison that time may change. */
  readonly changes: Iterable<NextChange>;
  readonly slotsRead: Iterable<number>;
}

/** Compiles a comparison of how many of these segments hold; throws for an unknown operator, or fact in the value. */
export function compileCount(
  { operator, value }: Leaf,
  segments: readonly CountedSegment[],
  slots: FactSlots,
): CompiledLeaf {
  const compare = comparisonOf(operator);
  if (compare === undefined) throw new Error(`unknown operator "${operator}"`);
  const tests = segments.map(({ test }) => test);
  const changes = new Set(segments.flatMap((segment) => Array.from(segment.changes, beneath).flat()));
  const read = new Set(segments.flatMap(({ slotsRead }) => [...slotsRead]));
  const reference = factReference(value);
  let target = (_: FactRecord): unknown => value;
  if (reference !== undefined) {
    const slot = slots.at(slots.slot(reference.fact, reference.params, reference.path));
    target = (record) => slots.valueOf(slot.index, record);
    read.add(slot.index);
    const { time } = slot;
    if (time !== undefined) changes.add((record) => time.nextTick(record.values[slot.index], record.now));
  }
  const test: Test = (record) => compare(countOf(tests, record), target(record));
  return { test, nextChange: changes.size === 0 ? undefined : follow(test, [...changes]), slots: [...read] };
}

function countOf(tests: readonly Test[], record: FactRecord): number {
  let count = 0;
  for (const test of tests) if (test(record)) count += 1;
  return count;
}

/** How many changes in a row are followed that leave the result as it is. An instant told sooner than need be costs a look. */
const MAX_FOLLOWED = 100;
/** How many changes of comparisons are asked for on the way, where very many may come next. */
const MAX_ASKED = 10_000;

const followed = new WeakMap<NextChange, readonly NextChange[]>();

/** What a change follows, if it does: so a count of what counts itself follows that, and does not have it followed at each step. */
function beneath(change: NextChange): readonly NextChange[] {
  return followed.get(change) ?? [change];
}

/** The instant at which the result itself next changes, which several changes beneath may come before. */
function follow(test: Test, changes: readonly NextChange[]): NextChange {
  const most = Math.min(MAX_FOLLOWED, Math.ceil(MAX_ASKED / changes.length));
  const next: NextChange = (record) => Math.min(...changes.map((change) => change(record)));
  const change: NextChange = (record) => {
    const before = test(record);
    let at = next(record);
    for (let steps = 1; at < Number.POSITIVE_INFINITY && steps < most; steps++) {
      const then = withNow(record, at);
      if (test(then) !== before) break;
      at = next(then);
    }
    return at;
  };
  followed.set(change, changes);
  return change;
}
