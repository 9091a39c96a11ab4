import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../../core/values/json.js';
import { decodeResumeToken, encodeResumeToken } from './resume-token.js';
import { StreamTickets } from './stream-tickets.js';
import { TicketSeal } from './ticket-seal.js';

const reader = { people: true, tokenId: 'tok_1', organizationId: 'acme', endsAt: Infinity };
const ticket = { userId: 'Zoë 👩‍🚀', expiresAt: 1_000, reader };

const ticketsOf = (...secrets: readonly string[]): StreamTickets => new StreamTickets(new TicketSeal(secrets));

describe('a ticket', () => {
  it('is opened by any server with the same secret, until it expires', () => {
    const sealed = ticketsOf('one secret').seal(ticket);
    expect(ticketsOf('one secret').open(sealed, 999)).toEqual(ticket);
    expect(ticketsOf('one secret').open(sealed, 1_000)).toBeUndefined();
    expect(ticketsOf('another').open(sealed, 0)).toBeUndefined();
    const bounded = { ...ticket, reader: { ...reader, endsAt: 5_000 } };
    const tickets = ticketsOf('one secret');
    expect(tickets.open(tickets.seal(bounded), 0)).toEqual(bounded);
  });

  it('outlives the change of the secret, for as long as the former one is given', () => {
    const sealed = ticketsOf('former').seal(ticket);
    expect(ticketsOf('present', 'former').open(sealed, 0)).toEqual(ticket);
    expect(ticketsOf('former').open(ticketsOf('present', 'former').seal(ticket), 0)).toBeUndefined();
    expect(ticketsOf('present').open(ticketsOf('present', 'former').seal(ticket), 0)).toEqual(ticket);
  });

  it('tells nothing to whoever reads it, and bears no change', () => {
    const tickets = ticketsOf('one secret');
    const sealed = tickets.seal(ticket);
    expect(Buffer.from(sealed, 'base64url').includes('acme')).toBe(false);
    const bytes = Buffer.from(sealed, 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      expect(tickets.open(changed.toString('base64url'), 0)).toBeUndefined();
    }
    for (const none of ['', 'x', sealed.slice(0, 30), 'ä'.repeat(9_000)]) expect(tickets.open(none, 0)).toBeUndefined();
  });

  it('holds the longest names there are', () => {
    const tickets = ticketsOf('one secret');
    const longest = { ...ticket, userId: '👩'.repeat(95), reader: { ...reader, organizationId: '語'.repeat(128) } };
    expect(tickets.open(tickets.seal(longest), 0)).toEqual(longest);
  });
});

describe('a seal', () => {
  it('gives the same content the same ticket for one purpose, and opens it for that one alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), fc.constantFrom('stream', 'ofrep'), (secret, content, purpose) => {
        const [one, other] = [new TicketSeal([secret]), new TicketSeal([secret])];
        const sealed = one.seal(purpose, content as JsonValue);
        expect(other.seal(purpose, content as JsonValue)).toBe(sealed);
        expect(JSON.stringify(other.open(purpose, sealed))).toBe(JSON.stringify(content));
        expect(other.open(purpose === 'stream' ? 'ofrep' : 'stream', sealed)).toBeUndefined();
        expect(new TicketSeal([`${secret}!`]).open(purpose, sealed)).toBeUndefined();
      }),
    );
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
