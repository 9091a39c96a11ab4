import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from './byte-text.js';

const EDGES = [0, 1, 63, 64, 127, 128, 8191, 8192, 16_383, 16_384, 2 ** 31, 2 ** 53 - 1];

describe('numbers and texts in bytes', () => {
  it('are read as they were written, one after the other', () => {
    const natural = fc.oneof(fc.constantFrom(...EDGES), fc.maxSafeNat());
    const whole = fc.oneof(fc.constantFrom(...EDGES, ...EDGES.map((edge) => -edge)), fc.maxSafeInteger());
    fc.assert(
      fc.property(natural, whole, fc.string({ unit: 'binary' }), (one, other, text) => {
        const writer = new ByteWriter().natural(one).string(text).whole(other).natural(one);
        const { length } = writer;
        const written = writer.take();
        expect(written).toHaveLength(length);
        expect(written).toMatch(/^[\0-\xff]*$/);
        const reader = new ByteReader(`xy${written}`, 2);
        // Minus nothing is nothing.
        expect([reader.natural(), reader.string(), reader.whole() + 0, reader.natural()]).toEqual([
          one,
          text,
          other + 0,
          one,
        ]);
        expect(reader.at).toBe(2 + length);
        expect([writer.length, writer.take()]).toEqual([0, '']);
      }),
    );
  });
});
