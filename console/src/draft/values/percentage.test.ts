import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PER_100K, percentage, readPercentage, shareInWords, sharesOf } from './percentage.js';

describe('percentages', () => {
  it('are read as they are written, each of all hundred thousand', () => {
    for (let per100k = 0; per100k <= PER_100K; per100k += 1) {
      const read = readPercentage(percentage(per100k));
      if (!('per100k' in read) || read.per100k !== per100k)
        throw new Error(`${per100k} is read as ${JSON.stringify(read)}`);
    }
  });

  it.each([
    ['5', 5_000],
    ['5%', 5_000],
    [' 12.345 % ', 12_345],
    ['0,001', 1],
    ['.5', 500],
    ['100.000', 100_000],
    ['99.9990000', 99_999],
    ['007', 7_000],
  ])('reads %j exactly', (text, per100k) => {
    expect(readPercentage(text)).toEqual({ per100k });
  });

  it.each([
    ['', 'notANumber'],
    ['.', 'notANumber'],
    ['five', 'notANumber'],
    ['-1', 'notANumber'],
    ['1e1', 'notANumber'],
    ['1.2.3', 'notANumber'],
    ['100.001', 'outOfRange'],
    ['101', 'outOfRange'],
    ['100.0001', 'outOfRange'],
    ['0.0001', 'tooFine'],
  ])('refuses %j', (text, fault) => {
    expect(readPercentage(text)).toEqual({ fault });
  });

  it('say what they come to', () => {
    expect(shareInWords(5_000, 48_120)).toEqual({ kind: 'some', percentage: '5', oneIn: 20, about: 2_406 });
    expect(shareInWords(0)).toMatchObject({ kind: 'nobody', oneIn: undefined, about: undefined });
    expect(shareInWords(PER_100K, 7)).toMatchObject({ kind: 'everyone', oneIn: undefined, about: 7 });
    expect(shareInWords(33_333)).toMatchObject({ percentage: '33.333', oneIn: undefined });
  });

  it('of weights come to exactly everyone, and none is off by more than rounding', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 20 }), (weights) => {
        const sum = weights.reduce((a, b) => a + b, 0);
        const shares = sharesOf(weights);
        expect(shares.reduce((a, b) => a + b, 0)).toBe(sum === 0 ? 0 : PER_100K);
        for (const [i, share] of shares.entries()) {
          expect(Math.abs(share - (sum === 0 ? 0 : (weights[i]! / sum) * PER_100K))).toBeLessThan(1);
        }
      }),
    );
    expect(sharesOf([1, 1, 1])).toEqual([33_334, 33_333, 33_333]);
  });
});
