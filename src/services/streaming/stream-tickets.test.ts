import { describe, expect, it } from '@jest/globals';
import { decodeResumeToken, encodeResumeToken } from './resume-token.js';
import { StreamTickets } from './stream-tickets.js';

const reader = { people: true, tokenId: 'tok_1', organizationId: 'acme', endsAt: Infinity };
const ticket = { userId: 'Zoë 👩‍🚀', expiresAt: 1_000, reader };

describe('a ticket', () => {
  it('is opened by any server with the same secret, until it expires', () => {
    const sealed = new StreamTickets('one secret').seal(ticket);
    expect(new StreamTickets('one secret').open(sealed, 999)).toEqual(ticket);
    expect(new StreamTickets('one secret').open(sealed, 1_000)).toBeUndefined();
    expect(new StreamTickets('another').open(sealed, 0)).toBeUndefined();
    const bounded = { ...ticket, reader: { ...reader, endsAt: 5_000 } };
    const tickets = new StreamTickets('one secret');
    expect(tickets.open(tickets.seal(bounded), 0)).toEqual(bounded);
  });

  it('tells nothing to whoever reads it, and bears no change', () => {
    const tickets = new StreamTickets('one secret');
    const sealed = tickets.seal(ticket);
    expect(Buffer.from(sealed, 'base64url').includes('acme')).toBe(false);
    expect(tickets.seal(ticket)).not.toBe(sealed);
    const bytes = Buffer.from(sealed, 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      expect(tickets.open(changed.toString('base64url'), 0)).toBeUndefined();
    }
    for (const none of ['', 'x', sealed.slice(0, 30), 'ä'.repeat(5_000)]) expect(tickets.open(none, 0)).toBeUndefined();
  });

  it('holds the longest names there are', () => {
    const tickets = new StreamTickets('one secret');
    const longest = { ...ticket, userId: '👩'.repeat(95), reader: { ...reader, organizationId: '語'.repeat(128) } };
    expect(tickets.open(tickets.seal(longest), 0)).toEqual(longest);
  });
});

describe('a resume token', () => {
  it('reads as it was written, for its own user alone', () => {
    const position = { epoch: 'a-b', configuration: 3, outbox: 40, at: 5_000, organization: '7-x_y', userId: 'ada' };
    const token = encodeResumeToken(position);
    expect(decodeResumeToken(token, 'ada')).toEqual(position);
    expect(decodeResumeToken(token, 'eve')).toBeUndefined();
    expect(decodeResumeToken(token, '')).toBeUndefined();
    expect(token).not.toContain('ada');
    const alone = { ...position, organization: '', userId: '', configuration: -1 };
    expect(decodeResumeToken(encodeResumeToken(alone), '')).toEqual(alone);
    for (const none of ['', 'r1', 'r1.a.b.c.d.e.f', `${token}.x`, 'r2.a.1.1.1..']) {
      expect(decodeResumeToken(none, 'ada')).toBeUndefined();
    }
  });
});
