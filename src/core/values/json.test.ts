import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  faultOfJson,
  faultOfNumbers,
  isDeeperThan,
  type JsonObject,
  type JsonValue,
  quote,
  sameJson,
  withoutMisleading,
} from './json.js';

const parsed = (text: string) => JSON.parse(text) as JsonValue;
const nested = (depth: number) => parsed(`${'['.repeat(depth)}${']'.repeat(depth)}`);

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

describe('JSON that is to be stored', () => {
  it('has no fault where it can be read again as it was', () => {
    for (const value of [null, true, '', 'x', 0, -0, 1.7e308, [], {}, { a: [1, { b: null }] }, nested(32)]) {
      expect(faultOfJson(value)).toBeUndefined();
    }
  });

  it('is not to be nested too deep, however deep it is', () => {
    for (const depth of [33, 200_000]) expect(faultOfJson(nested(depth))?.message).toContain('nested deeper than 32');
  });

  it('is not to hold numbers that are read as infinite, wherever they stand', () => {
    for (const [text, pointer] of [
      ['1e400', ''],
      ['[1, -1e400]', '/1'],
      ['{"a": {"b/c": [1e999]}}', '/a/b~1c/0'],
    ] as const) {
      expect(faultOfJson(parsed(text))).toEqual({
        pointer,
        message: expect.stringContaining('beyond what JSON can give back'),
      });
    }
  });

  it('is not to hold whole numbers that are one though they were written as two', () => {
    const { MAX_SAFE_INTEGER } = Number;
    for (const text of ['9007199254740992', '9007199254740993', '-9007199254740993', '9007199254740993.0', '1e20']) {
      expect(faultOfJson(parsed(`{"id": [${text}]}`))).toEqual({
        pointer: '/id/0',
        message: expect.stringContaining('send it as text'),
      });
    }
    expect(faultOfNumbers([MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER, 2251799813685247.5, 1e21, -1.7e308])).toBeUndefined();
  });
});

describe('the depth of JSON', () => {
  it('counts the objects and lists that stand within one another', () => {
    const depths: readonly [JsonValue, number][] = [
      ['text', 0],
      [null, 0],
      [[], 1],
      [{ a: 1, b: null }, 1],
      [{ a: [1, { b: 2 }], c: 3 }, 3],
    ];
    for (const [value, depth] of depths) {
      expect([isDeeperThan(value, depth - 1), isDeeperThan(value, depth)]).toEqual([depth > 0, false]);
    }
  });

  it('may be any', () => {
    const deep = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) as JsonValue;
    expect([isDeeperThan(deep, 199_999), isDeeperThan(deep, 200_000)]).toEqual([true, false]);
  });
});

it('a value in a message is cut, and what would hide or turn text is spelled out', () => {
  expect(quote('a\u001b[31m\u202eb\u0085')).toBe('"a\\u001b[31m\\u202eb\\u0085"');
  expect(quote('x'.repeat(100_000))).toHaveLength(78);
  expect(quote('Ünï😀')).toBe('"Ünï😀"');
});

it('JSON without misleading characters is the same JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const json = JSON.stringify([value, text, '\u202e\u2066\u0080']);
      expect(JSON.parse(withoutMisleading(json))).toEqual(JSON.parse(json));
      expect(withoutMisleading(json)).not.toMatch(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});
