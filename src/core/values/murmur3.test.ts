import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hashedStart, murmur3, murmur3After, murmur3OfScrambled, scrambled } from './murmur3.js';

describe('murmur3', () => {
  // Of the reference implementation's own test suites, MurmurHash3_x86_32.
  it.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['aa', 0x9747b28c, 0x5d211726],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['hello', 0, 0x248bfa47],
    ['hello, world', 0, 0x149bbb7f],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ])('of "%s" with seed %i is the published hash', (text, seed, hash) => {
    expect(murmur3(text, seed)).toBe(hash);
  });

  // Of an independent implementation, over the UTF-8 bytes.
  it.each([
    ['Gr\u00fc\u00dfe, \u4e16\u754c \u{1f30d}', 0, 0x395604f1],
    ['\u00e4', 42, 0xaba6d778],
    ['\u00fc\u00fc\u00fc', 0, 0x12ed8bfb],
    ['x'.repeat(512), 7, 0x75d87cd2],
    ['x'.repeat(513), 7, 0x996b647d],
    ['\u00e9'.repeat(600), 0, 0x98d28ed2],
  ])('takes the bytes of any text as UTF-8', (text, seed, hash) => {
    expect(murmur3(text, seed)).toBe(hash);
  });

  it('is the same of a text that was scrambled before', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(2 ** 32 - 1), (text, seed) => {
        expect(murmur3OfScrambled(scrambled(text), seed)).toBe(murmur3(text, seed));
      }),
    );
  });

  it('is the same of a text whose beginning was hashed before', () => {
    const text = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 20 }));
    fc.assert(
      fc.property(text, text, fc.nat(2 ** 32 - 1), (beginning, rest, seed) => {
        expect(murmur3After(hashedStart(beginning, seed), rest)).toBe(murmur3(beginning + rest, seed));
      }),
    );
  });

  it('does not depend on what was hashed before', () => {
    const alone = murmur3('abc');
    murmur3('x'.repeat(500));
    expect(murmur3('abc')).toBe(alone);
  });
});
