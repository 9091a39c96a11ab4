import { describe, expect, it } from '@jest/globals';
import { bearerTokenOf, requestIdOf } from './call-headers.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("a call's id", () => {
  it.each(['7', 'req-7', 'a1b2/c3.d4:e5_f6+g7=', 'x'.repeat(128)])('is %j, as the client sent it', (sent) => {
    expect(requestIdOf(sent)).toBe(sent);
  });

  it.each([undefined, '', 'x'.repeat(129), 'with spaces', 'two\nlines', 'ünï', Buffer.from('bytes'), ['a', 'b']])(
    'is a new one in place of %j',
    (sent) => {
      expect(requestIdOf(sent)).toMatch(UUID);
      expect(requestIdOf(sent)).not.toBe(requestIdOf(sent));
    },
  );
});

describe('the token of a call', () => {
  it.each(['Bearer abc.d-e_f', 'bearer abc.d-e_f', 'BEARER   abc.d-e_f', 'Bearer abc.d-e_f '])(
    'is read from %j',
    (given) => {
      expect(bearerTokenOf(given)).toBe('abc.d-e_f');
    },
  );

  it('is asked for where there is none', () => {
    expect(() => bearerTokenOf(undefined)).toThrow(
      expect.objectContaining({
        code: 'UNAUTHENTICATED',
        message: 'the call carries no token; send "authorization: Bearer TOKEN" with it',
      }),
    );
  });

  it.each(['', 'Bearer', 'Bearer ', 'Bearer two words', 'Basic c2VjcmV0', 'c2VjcmV0', Buffer.from('Bearer c2VjcmV0')])(
    'is not found in %j, which is not repeated',
    (given) => {
      expect(() => bearerTokenOf(given)).toThrow(
        expect.objectContaining({
          code: 'UNAUTHENTICATED',
          message: '"authorization" is not of the form "Bearer TOKEN"',
        }),
      );
    },
  );
});
