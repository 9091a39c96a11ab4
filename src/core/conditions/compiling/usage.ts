import type { FactDefinition } from '../../facts/fact-definition.js';
import { type FactRecord, type FactSlot, type FactSlots, factValue } from '../../facts/fact-record.js';
import { FACTS, MET_CONDITIONS } from '../../facts/fact-table.js';
import { ownMember } from '../../values/json.js';
import { amountBetween, LARGEST_AMOUNT } from '../../values/millionths.js';
import { factReference, type Leaf, type Test } from './compile-leaf.js';
import type { NextChange } from './next-change.js';

/** What is left of a count that a condition bounds from above. */
export interface Usage {
  /** How much the count may still grow before the condition ceases to hold; 0 once it has. */
  readonly remaining: number;
  /** The count at which it ceases to hold; of an amount that may be equal to its bound, beyond which. */
  readonly limit: number;
  /** When time alone next makes the count smaller, in epoch milliseconds: something leaves its window. Absent: never. */
  readonly resetsAt?: number;
}

/** Reads what is left for the user of a record; undefined where nothing is bounded for them. */
export interface UsageReading {
  read(record: FactRecord): Usage | undefined;
  /** When time alone may next change what {@link read} gives. */
  readonly nextChange: NextChange;
}

/** The operators that bound a count from above. */
const AT_MOST: ReadonlySet<string> = new Set(['lessThan', 'lessThanInclusive']);

/** What is left by a comparison of a fact with this value; undefined for a comparison that bounds no count from above. */
export function usageOf(fact: FactSlot, operator: string, target: unknown, record: FactRecord): Usage | undefined {
  const { count } = fact.definition;
  if (count === undefined || typeof target !== 'number' || !AT_MOST.has(operator)) return undefined;
  const value = factValue(fact, record);
  if (typeof value !== 'number') return undefined;
  const limit = limitOf(count, operator, target);
  const remaining = Math.max(0, difference(count, value, limit));
  const resetsAt = fact.time?.crossing(record.values[fact.index], record.now, 'lessThan', value) ?? Infinity;
  return resetsAt === Infinity ? { remaining, limit } : { remaining, limit, resetsAt };
}

function limitOf(count: NonNullable<FactDefinition['count']>, operator: string, target: number): number {
  if (count === 'amount') return target;
  return operator === 'lessThan' ? Math.ceil(target) : Math.floor(target) + 1;
}

function difference(count: NonNullable<FactDefinition['count']>, value: number, limit: number): number {
  return count === 'amount' && Math.abs(limit) <= LARGEST_AMOUNT ? amountBetween(value, limit) : limit - value;
}

/**
 * What a comparison leaves, for decisions: undefined unless it bounds a count from above that everybody may be shown, as the table
 * of facts says or the condition.
 */
export function usageOfLeaf(leaf: Leaf & { readonly public?: boolean }, slots: FactSlots): UsageReading | undefined {
  if (!AT_MOST.has(leaf.operator) || FACTS.get(leaf.fact)?.count === undefined || leaf.fact === MET_CONDITIONS)
    return undefined;
  const fact = slots.at(slots.slot(leaf.fact, leaf.params, leaf.path));
  const named = factReference(leaf.value);
  const target = named && slots.at(slots.slot(named.fact, named.params, named.path));
  const facts = target === undefined ? [fact] : [fact, target];
  const isShown = ownMember(leaf as never, 'public') === true || facts.every(({ definition }) => definition.disclosed);
  if (!isShown) return undefined;
  return {
    read: (record) =>
      usageOf(fact, leaf.operator, target === undefined ? leaf.value : factValue(target, record), record),
    nextChange: ({ values, now }) =>
      Math.min(...facts.map(({ index, time }) => time?.nextTick(values[index], now) ?? Infinity)),
  };
}

/** A member of a group. */
export interface Member {
  readonly test: Test;
  readonly usage: UsageReading | undefined;
}

/** Of conditions that all have to hold, what is left of the one that is nearest to its end. */
export function usageOfAll(members: readonly Member[]): UsageReading | undefined {
  const bounded = members.flatMap(({ usage }) => usage ?? []);
  if (bounded.length < 2) return bounded[0];
  return {
    read: (record) => {
      const usages = bounded.flatMap((usage) => usage.read(record) ?? []);
      return usages.reduce<Usage | undefined>(
        (least, one) => (least && share(least) <= share(one) ? least : one),
        undefined,
      );
    },
    nextChange: earliest(bounded),
  };
}

/** Of conditions one of which suffices, what is left of the one that lasts longest of those that hold: nothing is bounded where one is not. */
export function usageOfAny(members: readonly Member[]): UsageReading | undefined {
  const bounded = members.flatMap(({ usage }) => usage ?? []);
  if (bounded.length === 0) return undefined;
  return {
    read: (record) => {
      let most: Usage | undefined;
      for (const { test, usage } of members) {
        if (!test(record)) continue;
        const one = usage?.read(record);
        if (one === undefined) return undefined;
        if (most === undefined || share(one) > share(most)) most = one;
      }
      return most;
    },
    nextChange: earliest(bounded),
  };
}

function earliest(usages: readonly UsageReading[]): NextChange {
  return (record) => Math.min(...usages.map(({ nextChange }) => nextChange(record)));
}

/** Which part of the limit is left. */
function share({ remaining, limit }: Usage): number {
  return limit > 0 ? remaining / limit : Infinity;
}
