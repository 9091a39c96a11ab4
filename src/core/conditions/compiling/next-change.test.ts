import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FactSources } from '../../facts/fact-definition.js';
import { type FactRecord, FactSlots, withNow } from '../../facts/fact-record.js';
import { FACTS } from '../../facts/fact-table.js';
import type { TimeReading } from '../../facts/time-reading.js';
import { unknownUser } from '../../states/user-state.js';
import type { JsonObject } from '../../values/json.js';
import { DAY_MS, HOUR_MS } from '../../values/time/time.js';
import {
  type ArbitraryConditions,
  arbitrarySources,
  arbitraryTimeConditions,
  instant,
  NOW,
  orderedTimeLeaf,
} from '../testing/arbitrary-conditions.js';
import { type CompiledConditions, ConditionCompiler } from './compile-conditions.js';

interface Compiled extends CompiledConditions {
  readonly slots: FactSlots;
  readonly record: FactRecord;
}

function compile({ conditions, segments }: ArbitraryConditions, sources: FactSources, now: number): Compiled {
  const slots = new FactSlots();
  const compiled = new ConditionCompiler(slots, segments).compile(conditions);
  return { ...compiled, slots, record: { values: slots.read(sources), now } };
}

/** Instants after now and before the horizon at which any fact could tick, each with its neighbours. */
function instantsToTry({ slots, slotsRead, record }: Compiled, horizon: number): number[] {
  const tried = new Set<number>([record.now + 1]);
  const end = Math.min(horizon, record.now + 90 * DAY_MS);
  for (const index of slotsRead) {
    const { time } = slots.at(index);
    let ticks = 0;
    for (let at = record.now; time !== undefined && at < end && ticks < 60; ticks += 1) {
      at = time.nextTick(record.values[index], at);
      for (const near of [at - 1, at, at + 1]) tried.add(near);
    }
  }
  for (const at of [NOW - 1, NOW, NOW + 1, NOW + DAY_MS - 1, NOW + DAY_MS, horizon - 1]) tried.add(at);
  for (let step = 1; step <= 40; step += 1) tried.add(record.now + step * 37 * HOUR_MS + step);
  return [...tried].filter((at) => at > record.now && at < horizon && Number.isFinite(at));
}

describe('the next change by time', () => {
  it('is never later than a change, for random conditions', () => {
    fc.assert(
      fc.property(arbitraryTimeConditions, arbitrarySources, instant, (given, sources, now) => {
        const compiled = compile(given, sources, now);
        const next = compiled.nextChange(compiled.record);
        expect(next).toBeGreaterThan(now);
        const answer = compiled.test(compiled.record);
        for (const at of instantsToTry(compiled, next)) {
          if (compiled.test(withNow(compiled.record, at)) !== answer)
            throw new Error(`changed at ${at}, before ${next}`);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('is exactly the change, for one time fact ordered against a number', () => {
    let changed = 0;
    fc.assert(
      fc.property(orderedTimeLeaf, fc.boolean(), arbitrarySources, instant, (leaf, negated, sources, now) => {
        const conditions: JsonObject = negated ? { not: leaf } : { all: [leaf] };
        const compiled = compile({ conditions, segments: new Map() }, sources, now);
        const next = compiled.nextChange(compiled.record);
        const answer = compiled.test(compiled.record);
        if (next !== Number.POSITIVE_INFINITY) {
          changed += 1;
          expect(compiled.test(withNow(compiled.record, next - 1))).toBe(answer);
          expect(compiled.test(withNow(compiled.record, next))).toBe(!answer);
        }
      }),
      { numRuns: 3000 },
    );
    expect(changed).toBeGreaterThan(62);
  });

  it('is exactly the change of a count, however many changes of its segments come before', () => {
    let changed = 0;
    // What clocks show comes again and again: of that not all changes are followed, and an instant may be told sooner.
    const leaf = orderedTimeLeaf.filter(({ fact }) => fact !== 'localTime' && fact !== 'dayOfWeek');
    const counted = fc.tuple(
      fc.tuple(leaf, leaf, leaf),
      fc.constantFrom('greaterThanInclusive', 'lessThan', 'equal', 'not:equal'),
      fc.integer({ min: 0, max: 3 }),
    );
    fc.assert(
      fc.property(counted, arbitrarySources, instant, ([leaves, operator, value], sources, now) => {
        const segments = new Map(leaves.map((leaf, i) => [`s${i}`, { all: [leaf] }]));
        const count = { fact: 'metConditions', params: { segments: [...segments.keys()] }, operator, value };
        const compiled = compile({ conditions: { all: [count] }, segments }, sources, now);
        const next = compiled.nextChange(compiled.record);
        if (next === Number.POSITIVE_INFINITY) return;
        changed += 1;
        const answer = compiled.test(compiled.record);
        expect(compiled.test(withNow(compiled.record, next - 1))).toBe(answer);
        expect(compiled.test(withNow(compiled.record, next))).toBe(!answer);
        for (const at of instantsToTry(compiled, next)) {
          if (compiled.test(withNow(compiled.record, at)) !== answer) throw new Error(`changed at ${at}`);
        }
      }),
      { numRuns: 1000 },
    );
    expect(changed).toBeGreaterThan(25);
  });

  it('is asked for no more often by a count of counts, however deep', () => {
    let asked = 0;
    const time: TimeReading = {
      at: (_, now) => now,
      nextTick: (_, now) => {
        asked += 1;
        return now + 1;
      },
      crossing: () => Infinity,
    };
    const base = FACTS.get('now')!;
    const ticking = { ...base, bind: (params: JsonObject) => ({ ...base.bind!(params), time }) };
    const segments = new Map<string, JsonObject>([
      ['s0', { all: [{ fact: 'now', operator: 'equal', value: NOW + 50 }] }],
    ]);
    const countOf = (key: string): JsonObject => ({
      all: [{ fact: 'metConditions', params: { segments: [key] }, operator: 'equal', value: 1 }],
    });
    for (const i of [1, 2, 3]) segments.set(`s${i}`, countOf(`s${i - 1}`));
    const { nextChange } = new ConditionCompiler(new FactSlots(new Map([['now', ticking]])), segments).compile(
      countOf('s3'),
    );
    expect(nextChange({ values: [0], now: NOW })).toBe(NOW + 50);
    expect(nextChange({ values: [0], now: NOW + 50 })).toBe(NOW + 51);
    expect(nextChange({ values: [0], now: NOW + 51 })).toBe(NOW + 151);
    expect(asked).toBe(50 + 1 + 100);
  });

  const day = Math.floor(NOW / DAY_MS);
  const sources: FactSources = {
    user: {
      ...unknownUser('u'),
      actionDays: new Map([
        [
          'login',
          [
            { day: day - 6, count: 2, sum: 1_000_000n },
            { day: day - 1, count: 1, sum: 1_000_000n },
          ],
        ],
      ]),
    },
    organization: undefined,
    roles: [],
    inheritedRoles: [],
    attributes: { trialEndsAt: '2025-06-20T00:00:00Z', limit: '8' },
    joinedAt: NOW - 3 * DAY_MS - 1,
    organizationId: '',
    stages: [],
    timeZone: 'UTC',
    dayClock: undefined,
    earner: undefined,
    isUnlocked: () => false,
  };

  function nextOf(leaf: JsonObject): number {
    const compiled = compile({ conditions: { all: [leaf] }, segments: new Map() }, sources, NOW);
    return compiled.nextChange(compiled.record);
  }

  it('is the day a count of days reaches its mark', () => {
    const leaf = { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 7 };
    expect(nextOf(leaf)).toBe(NOW + 4 * DAY_MS - 1);
    expect(nextOf({ ...leaf, operator: 'not:greaterThanInclusive' })).toBe(NOW + 4 * DAY_MS - 1);
    expect(nextOf({ ...leaf, value: 3 })).toBe(Number.POSITIVE_INFINITY);
    expect(nextOf({ ...leaf, operator: 'equal' })).toBe(NOW + DAY_MS - 1);
  });

  it('is the midnight at which a window no longer holds enough', () => {
    const leaf = { fact: 'actionCount', params: { action: 'login', windowDays: 7 } };
    expect(nextOf({ ...leaf, operator: 'greaterThanInclusive', value: 2 })).toBe((day + 1) * DAY_MS);
    expect(nextOf({ ...leaf, operator: 'greaterThanInclusive', value: 1 })).toBe((day + 6) * DAY_MS);
    expect(nextOf({ ...leaf, operator: 'equal', value: 3 })).toBe((day + 1) * DAY_MS);
    expect(nextOf({ ...leaf, params: { action: 'other', windowDays: 7 }, operator: 'equal', value: 0 })).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it('is exact too where the other side is a fact that time does not move', () => {
    const end = Date.UTC(2025, 5, 20);
    const trial = { fact: 'attribute', path: '$.trialEndsAt' };
    expect(nextOf({ fact: 'now', operator: 'before', value: trial })).toBe(end);
    expect(nextOf({ ...trial, operator: 'after', value: { fact: 'now' } })).toBe(end);
    expect(nextOf({ ...trial, operator: 'before', value: { fact: 'now' } })).toBe(end + 1);
    const limit = { fact: 'attribute', path: '$.limit' };
    expect(nextOf({ fact: 'daysSinceJoin', operator: 'greaterThan', value: limit })).toBe(NOW + 6 * DAY_MS - 1);
    expect(nextOf({ ...limit, operator: 'lessThanInclusive', value: { fact: 'daysSinceJoin' } })).toBe(
      NOW + 5 * DAY_MS - 1,
    );
  });

  it('is the next tick under a decorator that is not "not"', () => {
    const leaf = { fact: 'daysSinceJoin', operator: 'swap:greaterThan', value: 4 };
    expect(nextOf(leaf)).toBe(NOW + DAY_MS - 1);
    expect(nextOf({ ...leaf, operator: 'not:swap:lessThan', value: 9 })).toBe(NOW + DAY_MS - 1);
  });

  it('adds up fractions exactly', () => {
    const days = [100_000n, 200_000n, 300_000n].map((sum, index) => ({ day: day - 6 + index, count: 1, sum }));
    const fractions = { ...sources, user: { ...unknownUser('u'), actionDays: new Map([['buy', days]]) } };
    const leaf = { fact: 'actionSum', params: { action: 'buy', windowDays: 7 }, operator: 'greaterThan', value: 0.5 };
    const compiled = compile({ conditions: { all: [leaf] }, segments: new Map() }, fractions, NOW);
    expect(compiled.nextChange(compiled.record)).toBe((day + 1) * DAY_MS);
    expect(compiled.test(withNow(compiled.record, (day + 1) * DAY_MS))).toBe(false);
  });

  it('is the earlier tick where both sides move', () => {
    const leaf = { fact: 'hoursSinceJoin', operator: 'greaterThan', value: { fact: 'daysSinceJoin' } };
    expect(nextOf(leaf)).toBe(NOW + HOUR_MS - 1);
  });

  it('is never, where no fact moves with time', () => {
    expect(nextOf({ fact: 'attribute', path: '$.limit', operator: 'lessThan', value: 3 })).toBe(
      Number.POSITIVE_INFINITY,
    );
    const absent = compile(
      { conditions: { all: [{ fact: 'daysSinceJoin', operator: 'lessThan', value: 3 }] }, segments: new Map() },
      { ...sources, joinedAt: undefined },
      NOW,
    );
    expect(absent.readsTime).toBe(true);
    expect(absent.nextChange(absent.record)).toBe(Number.POSITIVE_INFINITY);
  });
});
