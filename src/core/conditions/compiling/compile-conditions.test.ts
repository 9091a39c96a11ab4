import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Engine } from 'json-rules-engine';
import type { FactSources } from '../../facts/fact-definition.js';
import { FactSlots } from '../../facts/fact-record.js';
import { FACTS, MET_CONDITIONS } from '../../facts/fact-table.js';
import { unknownUser } from '../../states/user-state.js';
import type { JsonObject } from '../../values/json.js';
import { stepsOf } from '../../values/path.js';
import { registerOperators } from '../operators.js';
import { countedSegments } from '../references.js';
import {
  type ArbitraryConditions,
  arbitraryConditions,
  arbitrarySources,
  instant,
  NOW,
} from '../testing/arbitrary-conditions.js';
import { ConditionCompiler } from './compile-conditions.js';

interface Case extends ArbitraryConditions {
  readonly sources: FactSources;
  readonly now: number;
}

const arbitraryCase: fc.Arbitrary<Case> = fc
  .tuple(arbitraryConditions, arbitrarySources, instant)
  .map(([given, sources, now]) => ({ ...given, sources, now }));

interface OperatorMap {
  get(name: string): { evaluate(factValue: unknown, value: unknown): boolean } | null;
}

type JsonPath = (options: { path: string | string[]; json: unknown; wrap: boolean }) => unknown;

const engineRequire = createRequire(createRequire(import.meta.url).resolve('json-rules-engine'));
const { JSONPath } = engineRequire('jsonpath-plus') as { JSONPath: JsonPath };

/**
 * Resolves as the stock engine does, by jsonpath-plus. A path with a quoted name is given to it in steps, the name after a
 * backtick, since it does not know double quotes in a path.
 */
function pathResolver(json: object, path: string): unknown {
  const steps = /^\$\["[^"]*"\]/.test(path) ? ['$', ...(stepsOf(path) ?? []).map((step) => `\`${step}`)] : path;
  return JSONPath({ path: steps, json, wrap: false });
}

/** The stock engine's answer, by a fresh engine; jsonpath-plus resolves every path. */
async function stockAnswer({ conditions, segments, sources, now }: Case, total: boolean): Promise<boolean> {
  const engine = new Engine([], { allowUndefinedFacts: true, pathResolver });
  registerOperators(engine);
  if (total) makeTotal((engine as unknown as { operators: OperatorMap }).operators);
  for (const [key, segment] of segments) engine.setCondition(key, structuredClone(segment) as never);
  for (const [name, { bind }] of FACTS) {
    if (bind === undefined) continue;
    engine.addFact(name, (params) => {
      const bound = bind(params as JsonObject);
      const base = bound.read(sources);
      return bound.time === undefined ? base : bound.time.at(base, now);
    });
  }
  // The count of segments is a fact like any other to the engine, which is told what engines of their own say of each segment.
  engine.addFact(MET_CONDITIONS, async (params) => {
    const counted = countedSegments({ fact: MET_CONDITIONS, params });
    const held = counted.map((condition) => stockAnswer({ conditions: { condition }, segments, sources, now }, total));
    return (await Promise.all(held)).filter(Boolean).length;
  });
  engine.addRule({ conditions: structuredClone(conditions) as never, event: { type: 'holds' } });
  const { events } = await engine.run();
  return events.length > 0;
}

/** Where the stock engine rejects a whole run since one comparison throws, that comparison is false with us. */
function makeTotal(operators: OperatorMap): void {
  const stock = operators.get.bind(operators);
  operators.get = (name) => {
    const operator = stock(name);
    if (operator === null) return null;
    const evaluate = (factValue: unknown, value: unknown): boolean => {
      try {
        return operator.evaluate(factValue, value);
      } catch {
        return false;
      }
    };
    return { evaluate };
  };
}

async function oracle(given: Case): Promise<{ readonly answer: boolean; readonly threw: boolean }> {
  try {
    return { answer: await stockAnswer(given, false), threw: false };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { answer: await stockAnswer(given, true), threw: true };
  }
}

function compiledAnswer({ conditions, segments, sources, now }: Case): boolean {
  const slots = new FactSlots();
  const compiled = new ConditionCompiler(slots, segments).compile(conditions);
  return compiled.test({ values: slots.read(sources), now });
}

function equalsOracle(answer: (given: Case) => boolean): fc.IAsyncProperty<[Case]> {
  return fc.asyncProperty(arbitraryCase, async (given) => answer(given) === (await oracle(given)).answer);
}

/** The same case, its conditions rewritten member by member. */
function rewritten(given: Case, rewrite: (key: string, value: unknown) => unknown): Case {
  return { ...given, conditions: JSON.parse(JSON.stringify(given.conditions), (key, value) => rewrite(key, value)) };
}

describe('compiled conditions', () => {
  it('answer as the stock engine does, for random conditions and facts', async () => {
    await fc.assert(equalsOracle(compiledAnswer), { numRuns: 1500 });
  });

  it('are compared on cases of both answers, few of which the stock engine refuses', async () => {
    const cases = fc.sample(arbitraryCase, { numRuns: 300, seed: 7 });
    const outcomes = await Promise.all(cases.map(oracle));
    const held = outcomes.filter(({ answer }) => answer).length;
    expect(held).toBeGreaterThan(15);
    expect(held).toBeLessThan(240);
    expect(outcomes.filter(({ threw }) => threw).length).toBeLessThan(120);
  });

  it.each<[string, (key: string, value: unknown) => unknown]>([
    ['equal read as notEqual', (key, value) => (key === 'operator' && value === 'equal' ? 'notEqual' : value)],
    ['< read as <=', (key, value) => (key === 'operator' && value === 'lessThan' ? 'lessThanInclusive' : value)],
    [
      'an empty any read as false',
      (key, value) => (key === 'any' && String(value) === '' ? [{ not: { all: [] } }] : value),
    ],
    ['a lost path', (key, value) => (key === 'path' ? '$.plan' : value)],
    ['a segment that is not counted', (key, value) => (key === 'segments' ? (value as unknown[]).slice(1) : value)],
    ['a lost decorator', (key, value) => (key === 'operator' ? String(value).replace('someFact:', '') : value)],
  ])(
    'are told apart from %s',
    async (_, rewrite) => {
      const property = equalsOracle((given) => compiledAnswer(rewritten(given, rewrite)));
      const outcome = await fc.check(property, { numRuns: 20_000, seed: 7, endOnFailure: true });
      expect(outcome.failed).toBe(true);
    },
    60_000,
  );

  const nobody: FactSources = {
    user: unknownUser('u'),
    organization: undefined,
    roles: [],
    inheritedRoles: [],
    attributes: { plan: 'pro' },
    joinedAt: undefined,
    organizationId: '',
    stages: [],
    timeZone: 'UTC',
    dayClock: undefined,
    earner: undefined,
    isUnlocked: () => false,
  };

  function holds(conditions: JsonObject, segments: ReadonlyMap<string, JsonObject> = new Map()): boolean {
    return compiledAnswer({ conditions, segments, sources: nobody, now: NOW });
  }

  it('hold for everyone when empty, as do empty groups', () => {
    expect(holds({})).toBe(true);
    expect(holds({ all: [] })).toBe(true);
    expect(holds({ any: [] })).toBe(true);
    expect(holds({ not: { any: [] } })).toBe(false);
    expect(holds({ condition: 'everyone' }, new Map([['everyone', {}]]))).toBe(true);
  });

  it('leave what they were given unchanged, frozen or not', () => {
    const leaf = Object.freeze({ fact: 'attribute', path: '$.plan', operator: 'equal', value: 'pro', priority: 2.5 });
    expect(holds(Object.freeze({ all: Object.freeze([leaf]) }))).toBe(true);
  });

  it('are false, and do not throw, where the library would throw', () => {
    expect(holds({ all: [{ fact: 'role', operator: 'in', value: { fact: 'organization' } }] })).toBe(false);
    expect(holds({ all: [{ fact: 'role', operator: 'notIn', value: { fact: 'organization' } }] })).toBe(false);
  });

  it('refuse to compile what validation would have refused', () => {
    expect(() => holds({ all: [{ fact: 'shoeSize', operator: 'equal', value: 1 }] })).toThrow(
      'unknown fact "shoeSize"',
    );
    expect(() => holds({ all: [{ fact: 'role', operator: 'odd', value: 1 }] })).toThrow('unknown operator "odd"');
    expect(() => holds({ condition: 'gone' })).toThrow('unknown segment "gone"');
    const circle = new Map([
      ['a', { all: [{ condition: 'b' }] }],
      ['b', { not: { condition: 'a' } }],
    ]);
    expect(() => holds({ condition: 'a' }, circle)).toThrow('segment "a" refers to itself');
  });

  it('share a slot between equal facts and say which slots they read', () => {
    const slots = new FactSlots();
    const role = { fact: 'role', operator: 'equal', value: 'admin' };
    const count = { fact: 'actionCount', params: { action: 'login' }, operator: 'greaterThan', value: 3 };
    const one = new ConditionCompiler(slots, new Map()).compile({ all: [role, count] });
    const other = new ConditionCompiler(slots, new Map([['s', { any: [count] }]])).compile({ not: { condition: 's' } });
    expect(slots.size).toBe(2);
    expect([...one.slotsRead]).toEqual([0, 1]);
    expect([...other.slotsRead]).toEqual([1]);
    expect(one.readsTime).toBe(false);
  });
});
