import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Machine, Person } from '../../calls/caller.js';
import { MINUTE_MS } from '../../core/values/time/time.js';
import type { MachineToken } from '../../store/token-store.js';
import { Authentication } from '../tokens/authentication.js';
import { AnswerTickets, TICKET_EPOCH_MS } from './answer-tickets.js';
import { TicketSeal } from './ticket-seal.js';

const TOKEN: MachineToken = {
  id: 'tok_1',
  name: 'one',
  hash: 'h',
  scopes: ['evaluate'],
  organizationId: 'acme',
  createdAt: 0,
};
const machine: Machine = { kind: 'machine', tokenId: 'tok_1', scopes: new Set(['evaluate']), organizationId: 'acme' };
const ada: Person = {
  ...{ kind: 'person', userId: 'Ada 👩‍🚀', organizationId: 'acme', roles: ['manager'] },
  ...{ platformAdmin: false, expiresAt: 90 * MINUTE_MS },
};

interface Stand {
  readonly now?: number;
  readonly secrets?: readonly string[];
  readonly token?: MachineToken | undefined;
}

function ticketsAt({ now = 0, secrets = ['one'], token = TOKEN }: Stand = {}): AnswerTickets {
  const clock = { now: () => now };
  const tokens = { version: async () => '1', all: async () => [token], touch: async () => undefined };
  const authentication = new Authentication({ tokens, clock, onError: () => undefined });
  return new AnswerTickets({ seal: new TicketSeal(secrets), clock, authentication });
}

const instants = fc.integer({ min: 0, max: 60 * MINUTE_MS });

describe('the ticket of an answer', () => {
  it('is the same for the same answer within an epoch, from every server, and another one in the next', () => {
    fc.assert(
      fc.property(instants, fc.nat(TICKET_EPOCH_MS - 1), fc.constantFrom(machine, ada), (at, more, caller) => {
        const start = at - (at % TICKET_EPOCH_MS);
        const made = (now: number) => ticketsAt({ now }).ticket(caller, { plan: 'pro' }, 'mark');
        expect(made(start + more)).toBe(made(start));
        expect(made(start + TICKET_EPOCH_MS)).not.toBe(made(start));
      }),
    );
  });

  it('says what it was made with, lives two to three epochs, and no longer than the JWT', () => {
    fc.assert(
      fc.property(instants, fc.nat(20 * MINUTE_MS), fc.option(fc.nat(20 * MINUTE_MS)), (at, later, left) => {
        const { expiresAt: _, ...endless } = ada;
        const caller: Person = left === null ? endless : { ...ada, expiresAt: at + 1 + left };
        const ticket = ticketsAt({ now: at }).ticket(caller, { plan: ['pro'] }, 'mark')!;
        const read = ticketsAt({ now: at + later }).read(ticket);
        const ends = Math.min(caller.expiresAt ?? Infinity, at - (at % TICKET_EPOCH_MS) + 3 * TICKET_EPOCH_MS);
        if (at + later >= ends) expect(read).toBeUndefined();
        else expect(read).toMatchObject({ context: { plan: ['pro'] }, mark: 'mark', expiresAt: ends });
      }),
    );
  });

  it('says who asked, a machine with the right to evaluate alone', () => {
    const tickets = ticketsAt();
    const asks = { ...machine, scopes: new Set(['admin', 'evaluate'] as const) };
    expect(tickets.read(tickets.ticket(asks, {}, '')!)?.caller).toEqual(machine);
    expect(tickets.read(tickets.ticket(ada, {}, '')!)?.caller).toEqual(ada);
    const plain = { ...ada, roles: undefined };
    expect(tickets.read(tickets.ticket(plain, {}, '')!)?.caller).toEqual(plain);
  });

  it('differs for another caller, context or answer', () => {
    const tickets = ticketsAt();
    const made = [
      tickets.ticket(machine, {}, 'mark'),
      tickets.ticket({ ...machine, organizationId: '' }, {}, 'mark'),
      tickets.ticket({ ...machine, tokenId: 'tok_2' }, {}, 'mark'),
      tickets.ticket(ada, {}, 'mark'),
      tickets.ticket({ ...ada, roles: [] }, {}, 'mark'),
      tickets.ticket({ ...ada, organizationId: '' }, {}, 'mark'),
      tickets.ticket(machine, { targetingKey: 'ada' }, 'mark'),
      tickets.ticket(machine, {}, 'other'),
    ];
    expect(new Set(made).size).toBe(made.length);
  });

  it('is taken while the secret is changed, and not longer', () => {
    const made = ticketsAt({ secrets: ['former'] }).ticket(machine, {}, 'mark')!;
    expect(ticketsAt({ secrets: ['present', 'former'] }).read(made)).toBeDefined();
    expect(ticketsAt({ secrets: ['present'] }).read(made)).toBeUndefined();
  });

  it('opens nothing once its token was revoked, has expired, or is not there', async () => {
    const made = ticketsAt().ticket(machine, {}, 'mark')!;
    expect(await ticketsAt().find(made)).toMatchObject({ caller: machine });
    expect(await ticketsAt({ token: { ...TOKEN, revokedAt: 0 } }).find(made)).toBeUndefined();
    expect(await ticketsAt({ token: { ...TOKEN, expiresAt: 1 }, now: 2 }).find(made)).toBeUndefined();
    expect(await ticketsAt({ token: { ...TOKEN, id: 'tok_2' } }).find(made)).toBeUndefined();
  });

  it('has the store asked for its token once it is known who made it, and not for a person', async () => {
    const asked: string[] = [];
    const authentication = {
      isGood: async (id: string) => {
        asked.push(id);
        return true;
      },
    };
    const tickets = new AnswerTickets({ seal: new TicketSeal(['one']), clock: { now: () => 0 }, authentication });
    expect(await tickets.find('x'.repeat(100))).toBeUndefined();
    expect(await tickets.find(ticketsAt({ secrets: ['other'] }).ticket(machine, {}, 'mark')!)).toBeUndefined();
    expect(await tickets.find(ticketsAt().ticket(ada, {}, 'mark')!)).toMatchObject({ caller: ada });
    expect(asked).toEqual([]);
    expect(await tickets.find(ticketsAt().ticket(machine, {}, 'mark')!)).toMatchObject({ caller: machine });
    expect(asked).toEqual(['tok_1']);
  });

  it('is none for who can have no stream, and where the context is too large for a URL', () => {
    const tickets = ticketsAt();
    expect(tickets.ticket({ kind: 'operator', userId: 'ada', organizationId: '' }, {}, 'mark')).toBeUndefined();
    expect(tickets.ticket(machine, { text: 'x'.repeat(5_000) }, 'mark')).toBeUndefined();
    expect(tickets.read('')).toBeUndefined();
    expect(tickets.read('x'.repeat(100))).toBeUndefined();
  });
});
