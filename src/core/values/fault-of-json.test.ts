import { expect, it } from '@jest/globals';
import { faultOfJson } from './fault-of-json.js';
import type { JsonValue } from './json.js';

const nested = (depth: number): JsonValue => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as JsonValue;

it('finds nothing wrong with what can be stored and read again', () => {
  for (const value of [null, true, '', 'x', 0, -0, 1.7e308, [], {}, { a: [1, { b: null }] }, nested(32)]) {
    expect(faultOfJson(value)).toBeUndefined();
  }
});

it('names what is nested too deep, however deep', () => {
  for (const depth of [33, 200_000]) expect(faultOfJson(nested(depth))).toContain('nested deeper than 32');
});

it('names numbers that are read as infinite, wherever they stand', () => {
  for (const text of ['1e400', '[1, -1e400]', '{"a": {"b": [1e999]}}']) {
    expect(faultOfJson(JSON.parse(text) as JsonValue)).toContain('beyond what JSON can give back');
  }
});
