import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { foldedText } from './folded-text.js';

describe('folded text', () => {
  it.each([
    ['Ada@Example.COM', 'ada@example.com'],
    ['ﬁnal', 'final'],
    ['e\u0301', 'é'],
    ['ＡＤＡ', 'ada'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['a\t\n b\u00a0c', 'a b c'],
    ['100%_\\\'"+', '100%_\\\'"+'],
    ['👩‍🚀', '👩‍🚀'],
    ['half \ud800', 'half \ufffd'],
  ])('%j is %j', (text, folded) => {
    expect(foldedText(text)).toBe(folded);
  });

  it('is the same folded again, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const folded = foldedText(text);
        expect(foldedText(folded)).toBe(folded);
      }),
      { numRuns: 3_000 },
    );
  });

  it('finds what begins a text in any case of its letters', () => {
    for (const text of ['Οδυσσεύς Σ', 'İstanbul', 'STRASSE', 'Łódź']) {
      for (let end = 1; end <= text.length; end++) {
        expect(foldedText(text).startsWith(foldedText(text.slice(0, end).toUpperCase()))).toBe(true);
      }
    }
  });
});
