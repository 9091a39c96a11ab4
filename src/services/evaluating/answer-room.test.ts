import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EvaluateResponse } from '../../../test/gen/latchkey/v1/evaluation.js';
import type { JsonValue } from '../../core/values/json.js';
import { AnswerRoom, bytesOf } from './answer-room.js';

describe('the bytes of a value', () => {
  const encoded = (value: JsonValue): number =>
    Math.max(
      Buffer.byteLength(JSON.stringify(value)),
      EvaluateResponse.encode(EvaluateResponse.fromPartial({ value })).finish().length,
    );

  it.each<[string, JsonValue]>([
    ['a long text', 'é'.repeat(50_000)],
    ['numbers', Array.from({ length: 5_000 }, (_, i) => i)],
    ['empty lists', Array.from({ length: 5_000 }, () => [])],
    ['members', Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`m${i}`, i % 2 === 0]))],
  ])('are about those of its longest encoding: %s', (_what, value) => {
    expect(encoded(value)).toBeLessThan(bytesOf(value) + 200);
    expect(bytesOf(value)).toBeLessThan(12 * encoded(value));
    expect(bytesOf(value)).toBe(bytesOf(value));
  });

  it('are those of any value, but for what each decision has room for', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // A text may have characters that JSON escapes.
        expect(bytesOf(value as JsonValue) * 6 + 200).toBeGreaterThan(encoded(value as JsonValue));
      }),
    );
  });
});

describe('the room of an answer', () => {
  it('is for so many bytes of values, each counted as often as it is served', () => {
    const room = new AnswerRoom(2 ** 20, 'ask for less');
    const value = { list: Array.from({ length: 10_000 }, () => 0) };
    const fits = Math.floor(2 ** 20 / bytesOf(value));
    for (let i = 0; i < fits; i++) room.take(value);
    for (let i = 0; i < 1_000_000; i++) room.take(true);
    expect(() => room.take(value)).toThrow('the values of this answer take more than 1 MiB; ask for less');
  });
});
