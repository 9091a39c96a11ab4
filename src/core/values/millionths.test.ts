import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  amountBetween,
  amountNotBelow,
  amountOf,
  LARGEST_MILLIONTHS,
  millionthsOf,
  millionthsOfText,
} from './millionths.js';

const millionths = fc.bigInt({ min: -LARGEST_MILLIONTHS, max: LARGEST_MILLIONTHS });
const small = fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n });

function written(amount: bigint): string {
  const digits = String(amount < 0n ? -amount : amount).padStart(7, '0');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

describe('millionths', () => {
  it('reads the decimal that a number is written as', () => {
    for (const [number, expected] of [
      [0.1, 100_000n],
      [19.99, 19_990_000n],
      [-2.5, -2_500_000n],
      [1e-6, 1n],
      [1e-7, 0n],
      [3, 3_000_000n],
      [9e12, LARGEST_MILLIONTHS],
      [9007199254.5, 9_007_199_254_500_000n],
      [-0, 0n],
    ] as const) {
      expect(millionthsOf(number)).toBe(expected);
    }
    expect(millionthsOf(1e308) > LARGEST_MILLIONTHS).toBe(true);
    expect(millionthsOf(5e-324)).toBe(0n);
    expect(() => millionthsOf(Number.NaN)).toThrow(RangeError);
  });

  it('rounds half a millionth to the even side', () => {
    for (const [text, expected] of [
      ['0.0000005', 0n],
      ['0.0000015', 2n],
      ['0.0000025', 2n],
      ['-0.0000015', -2n],
      ['0.00000051', 1n],
      ['1.0000004999', 1_000_000n],
    ] as const) {
      expect(millionthsOfText(text)).toBe(expected);
      expect(millionthsOf(Number(text))).toBe(expected);
    }
  });

  it('reads every form of a decimal text, and no other text', () => {
    for (const text of ['12.5', '12.50', '+12.5', '1.25e1', '125E-1', '012.5', '.125e2']) {
      expect(millionthsOfText(text)).toBe(12_500_000n);
    }
    for (const text of [
      '',
      ' 1',
      '1 ',
      '1,5',
      '0x10',
      '1_000',
      'Infinity',
      'NaN',
      '1e',
      '.',
      '-',
      '1'.repeat(65),
      '١',
    ]) {
      expect(millionthsOfText(text)).toBeUndefined();
    }
    expect(millionthsOfText('1e9999')! > LARGEST_MILLIONTHS).toBe(true);
    expect(millionthsOfText('1e-9999')).toBe(0n);
  });

  it('gives back the number that people write', () => {
    fc.assert(
      fc.property(small, (amount) => {
        expect(amountOf(amount)).toBe(Number(written(amount)) + 0);
      }),
    );
    fc.assert(fc.property(millionths, (amount) => expect(millionthsOfText(written(amount))).toBe(amount)));
  });

  it('orders every amount against every number as the decimals stand, at least and less than', () => {
    fc.assert(
      fc.property(millionths, fc.bigInt({ min: -3n, max: 3n }), (amount, off) => {
        const threshold = Number(written(amount + off));
        if (Math.abs(threshold) > 9e12) return;
        expect(amountOf(amount) >= threshold).toBe(amount >= millionthsOf(threshold));
        expect(amountOf(amount) < threshold).toBe(amount < millionthsOf(threshold));
      }),
      { numRuns: 2_000 },
    );
    expect(amountOf(LARGEST_MILLIONTHS - 1n) < 9e12).toBe(true);
  });

  it('tells what is missing without a rest', () => {
    expect(amountBetween(179.91, 199.9)).toBe(19.99);
    expect(amountBetween(0.3, 1)).toBe(0.7);
    expect(amountNotBelow(1e-7)).toBe(1e-6);
    expect(amountNotBelow(199.9)).toBe(199.9);
    expect(amountNotBelow(0.1234561)).toBe(0.123457);
  });
});
