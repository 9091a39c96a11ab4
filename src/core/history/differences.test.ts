import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../values/json.js';
import { type Difference, differences } from './differences.js';

const named = fc.uniqueArray(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), n: fc.integer({ max: 3 }) }), {
  selector: ({ id }) => id,
});
const arbitraryState = fc.record({
  name: fc.constantFrom('', 'a', 'b'),
  'odd/~name': fc.option(fc.jsonValue(), { nil: null }),
  rules: named,
  tags: fc.array(fc.constantFrom('x', 'y')),
  conditions: fc.record({
    all: fc.array(fc.record({ fact: fc.constantFrom('f', 'g'), value: fc.integer({ max: 2 }) })),
  }),
}) as unknown as fc.Arbitrary<JsonValue>;

/** What a pointer leads to; undefined for nothing. */
function at(value: JsonValue, pointer: string): JsonValue | undefined {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let here: unknown = value;
  for (const step of steps) here = (here as Record<string, unknown> | undefined)?.[step];
  return here as JsonValue | undefined;
}

describe('differences of two values', () => {
  it('are none exactly where they are the same, and told from both sides', () => {
    fc.assert(
      fc.property(arbitraryState, arbitraryState, (before, after) => {
        expect(differences(before, structuredClone(before))).toEqual([]);
        const found = differences(before, after);
        expect(found.length === 0).toBe(JSON.stringify(sorted(before)) === JSON.stringify(sorted(after)));
        for (const { pointer, ...sides } of found) {
          expect(Object.keys(sides).length).toBeGreaterThan(0);
          // The pointer leads to what is said to be there, but for the order of a list, which names its items.
          const there = 'after' in sides ? at(after, pointer) : at(before, pointer);
          if (pointer !== '/rules') expect(there).toEqual('after' in sides ? sides.after : sides.before);
        }
      }),
    );
  });

  const RULES = [
    { id: 'one', value: 10 },
    { id: 'two', value: 1 },
  ];
  it.each<[string, JsonValue, JsonValue, readonly Difference[]]>([
    ['a member', { a: 1, b: 2 }, { a: 1, b: 3 }, [{ pointer: '/b', before: 2, after: 3 }]],
    [
      'a new one and one that is gone',
      { a: null },
      { b: null },
      [
        { pointer: '/b', after: null },
        { pointer: '/a', before: null },
      ],
    ],
    [
      'an item of its name',
      RULES,
      [RULES[1]!, { id: 'one', value: 8 }],
      [
        { pointer: '/1/value', before: 10, after: 8 },
        { pointer: '', before: ['one', 'two'], after: ['two', 'one'] },
      ],
    ],
    ['a new item before others', RULES, [{ id: 'zero' }, ...RULES], [{ pointer: '/0', after: { id: 'zero' } }]],
    ['an item that is gone', RULES, [RULES[1]!], [{ pointer: '/0', before: RULES[0]! }]],
    ['a list without names', [1, 2], [1, 3], [{ pointer: '/1', before: 2, after: 3 }]],
    ['a longer list without names', [1], [1, 3], [{ pointer: '', before: [1], after: [1, 3] }]],
    ['nothing before', null, { a: 1 }, [{ pointer: '', before: null, after: { a: 1 } }]],
  ])('name %s', (_what, before, after, expected) => {
    expect(differences(before, after)).toEqual(expected);
  });
});

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => sorted(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member as JsonValue)]));
}
