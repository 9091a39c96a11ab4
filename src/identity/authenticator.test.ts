import { describe, expect, it } from '@jest/globals';
import { actorOf, type Caller, isVisitor } from '../calls/caller.js';
import { unauthenticated } from '../calls/errors.js';
import { atTheAdministration, mayCall, type Operation, PERMISSIONS } from '../calls/permissions.js';
import { Authenticator, type VisitorsOptions } from './authenticator.js';

const machines = {
  machine: (): never => {
    throw unauthenticated('no such token');
  },
};
const made = (visitors?: VisitorsOptions) => new Authenticator({ machines, people: undefined, visitors });
const from = (peer: string) => ({ getPeer: () => peer });

describe('a caller without a token', () => {
  it('is nobody where visitors are not let in, and in every other call', () => {
    for (const ask of [
      () => made().ofAnybody(undefined, from('192.0.2.1')),
      () => made({ requestsPerMinute: 0 }).caller({ headers: {}, ip: '192.0.2.1' }),
    ]) {
      expect(ask).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
    }
  });

  it('is a visitor where they are, but not with a token that is refused', () => {
    const letsIn = made({ requestsPerMinute: 0 });
    const visitor = letsIn.ofAnybody(undefined, from('192.0.2.1:50')) as Caller;
    expect(isVisitor(visitor)).toBe(true);
    expect(actorOf(visitor)).toBe('visitor:192.0.2.1');
    expect(() => letsIn.ofAnybody('forged', from('192.0.2.1'))).toThrow(/no such token/);
    expect(() => letsIn.ofAnybody('', from('192.0.2.1'))).toThrow(/no such token/);
  });

  it('may ask for decisions, and is refused by every other operation and by all of the administration', () => {
    const caller = made({ requestsPerMinute: 0 }).ofAnybody(undefined, from('192.0.2.1')) as Caller;
    const allowed = (Object.keys(PERMISSIONS) as Operation[]).filter((operation) => mayCall({ caller }, operation));
    expect(allowed).toEqual(['ListFlagsForUser']);
    for (const operation of Object.keys(PERMISSIONS)) {
      expect(() => atTheAdministration(caller, operation)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
    }
  });

  it('is limited by address, of IPv6 by network, and nobody else by them', () => {
    let uptimeMs = 0;
    const letsIn = made({ requestsPerMinute: 2, uptimeMs: () => uptimeMs });
    const ask = (peer: string): void => void letsIn.ofAnybody(undefined, from(peer));
    const limited = expect.objectContaining({ code: 'LIMITED', retryMs: expect.any(Number) });
    ask('2001:db8::1');
    ask('2001:db8::2');
    expect(() => ask('2001:db8::3')).toThrow(limited);
    expect(() => ask('2001:db8:0:1::3')).not.toThrow();
    uptimeMs += 30_000;
    expect(() => ask('2001:db8::3')).not.toThrow();
    expect(() => ask('2001:db8::3')).toThrow(limited);
  });
});
