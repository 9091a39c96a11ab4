import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type JsonObject, type JsonValue, sameJson } from './json.js';

const parsed = (text: string) => JSON.parse(text) as JsonValue;

/** The same value with every object's members in the opposite order. */
function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => reversed(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as JsonObject).reverse();
  return Object.fromEntries(entries.map(([key, member]) => [key, reversed(member)]));
}

describe('two JSON values', () => {
  it('are the same whatever the order of their members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (generated) => {
        const value = parsed(JSON.stringify(generated));
        expect(sameJson(value, reversed(value))).toBe(true);
      }),
    );
  });

  it('are the same in either direction or in none', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 1 }), fc.jsonValue({ maxDepth: 1 }), (a, b) => {
        const [left, right] = [parsed(JSON.stringify(a)), parsed(JSON.stringify(b))];
        expect(sameJson(left, right)).toBe(sameJson(right, left));
      }),
    );
  });

  it.each([
    ['{"a":1}', '{"a":1,"b":2}'],
    ['{"a":1}', '{"b":1}'],
    ['{"__proto__":{}}', '{}'],
    ['{"x":{}}', '{"__proto__":{}}'],
    ['{"0":1}', '[1]'],
    ['[1,2]', '[2,1]'],
    ['null', '{}'],
    ['1', '"1"'],
    ['{"a":null}', '{"constructor":null}'],
  ])('%s and %s are not the same', (a, b) => {
    expect(sameJson(parsed(a), parsed(b))).toBe(false);
    expect(sameJson(parsed(b), parsed(a))).toBe(false);
  });
});
