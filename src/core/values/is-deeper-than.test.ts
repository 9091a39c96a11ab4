import { expect, it } from '@jest/globals';
import { isDeeperThan } from './is-deeper-than.js';
import type { JsonValue } from './json.js';

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

it('takes any depth', () => {
  const deep = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) as JsonValue;
  expect([isDeeperThan(deep, 199_999), isDeeperThan(deep, 200_000)]).toEqual([true, false]);
});
