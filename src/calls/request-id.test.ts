import { describe, expect, it } from '@jest/globals';
import { requestIdOf } from './request-id.js';

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
