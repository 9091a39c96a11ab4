import { describe, expect, it } from '@jest/globals';
import { busy } from '../../../test/timing.js';
import { inBrief, quote } from './json.js';
import { withoutCredentials } from './secrets.js';

const TOKEN = `latchkey_${'aB3-_'.repeat(8)}xyz`;
const JWT = `eyJhbGciOiJIUzI1NiJ9.${'eyJzdWIiOiJhZGEifQ'.repeat(3)}.c2lnbmF0dXJl-_`;
const OPAQUE = 'a1b2c3d4e5f6g7h8i9';

describe('what looks like a credential', () => {
  it.each([
    ['a token', TOKEN, 'latchkey_[redacted]'],
    ['a token in JSON', `{"a":["${TOKEN}"]}`, '{"a":["latchkey_[redacted]"]}'],
    ['a JWT', `got ${JWT}, sorry`, 'got [redacted], sorry'],
    ['half a JWT', JWT.slice(0, 30), '[redacted]'],
    ['a header', `Authorization: Bearer ${OPAQUE}`, 'Authorization: Bearer [redacted]'],
    ['a header within JSON', `"\\nBearer ${OPAQUE}"`, '"\\nBearer [redacted]"'],
    ['a header within a path', `/x/Bearer%20${OPAQUE}`, '/x/Bearer%20[redacted]'],
    ['a header within a query', `bearer+${OPAQUE}`, 'bearer+[redacted]'],
  ])('is replaced: %s', (_what, text, expected) => {
    expect(withoutCredentials(text)).toBe(expected);
  });

  it.each(['latchkey_beta', 'send "authorization: Bearer TOKEN"', 'new_editor', 'Bearer realm="latchkey"', 'eyJudge'])(
    'is not seen in %s',
    (text) => expect(withoutCredentials(text)).toBe(text),
  );

  it('is replaced before a quotation is cut, so that none begins in it', () => {
    for (const say of [quote, inBrief]) {
      for (let before = 0; before < 80; before++) {
        const said = say(`${'.'.repeat(before)} ${TOKEN}`);
        expect(said).not.toContain(TOKEN.slice(9, 13));
        expect(said.length).toBeLessThanOrEqual(80);
      }
    }
  });

  it('is no member of that name in a quotation', () => {
    expect(quote({ a: [{ client_secret: OPAQUE, b: 1 }] })).toBe('{"a":[{"client_secret":"[redacted]","b":1}]}');
  });

  it('is looked for in linear time', () => {
    const begun = performance.now();
    for (const part of ['eyJ', 'eyJa.', 'latchkey_', 'bearer ', 'bearer:  ', 'Bearer', '.']) {
      withoutCredentials(part.repeat(200_000));
    }
    expect(performance.now() - begun).toBeLessThan(busy(2_000));
  });
});
