import { describe, expect, it } from '@jest/globals';
import { bearerTokenOf } from './bearer-token.js';

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
