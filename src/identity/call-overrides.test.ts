import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Caller, Machine, Person } from '../calls/caller.js';
import type { Scope } from '../store/token-store.js';
import { CallOverrides } from './call-overrides.js';

const machine = (...scopes: Scope[]): Machine => ({
  ...{ kind: 'machine', tokenId: 'tok', scopes: new Set(scopes), organizationId: '' },
});
const PERSON: Person = {
  ...{ kind: 'person', userId: 'ada', organizationId: '', roles: undefined, platformAdmin: true },
};
const tester = machine('evaluate', 'test');
const taken = new CallOverrides(true);

describe('the overrides that a call carries', () => {
  it('are read as they were written, whatever is in their names', () => {
    const name = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => text.isWellFormed());
    const property = fc.property(
      fc.dictionary(name, name, { minKeys: 1, maxKeys: 5 }),
      fc.constantFrom(',', ' , '),
      (named, comma) => {
        const text = Object.entries(named)
          .map((pair) => pair.map(encodeURIComponent).join('='))
          .join(comma);
        expect(taken.carriedBy(tester, text)).toEqual({ ...tester, overrides: new Map(Object.entries(named)) });
      },
    );
    fc.assert(property);
  });

  it('are none without the text, for whomever: then the caller is the same', () => {
    for (const caller of [tester, machine('evaluate'), PERSON]) {
      for (const overrides of [taken, new CallOverrides(false)]) {
        expect(overrides.carriedBy<Caller>(caller, undefined)).toBe(caller);
        expect(overrides.carriedBy<Caller>(caller, '')).toBe(caller);
      }
    }
  });

  it.each<[string, Caller]>([
    ['the scope evaluate alone', machine('evaluate')],
    ['every scope but test', machine('evaluate', 'track', 'identify', 'manage', 'admin')],
    ['a session', { ...tester, sessionId: 'ses_1' }],
    ['a person', PERSON],
    ['an operator', { kind: 'operator', userId: 'olga', organizationId: '' }],
  ])('are refused to %s', (_, caller) => {
    expect(() => taken.carriedBy(caller, 'a=on')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });

  it('are refused to everybody where the deployment takes none', () => {
    expect(() => new CallOverrides(false).carriedBy(tester, 'a=on')).toThrow('start it with TEST_OVERRIDES=on');
  });

  it.each([
    ['a', 'has "a", which is no FLAG=VARIANT'],
    ['a=on,', 'has "", which'],
    ['a=', 'has "a="'],
    ['a=b=c', 'has "a=b=c"'],
    ['a=on, a=off', 'names "a" twice'],
    ['a=%zz', '"%zz" is not well-formed'],
    [Array.from({ length: 101 }, (_, i) => `f${i}=on`).join(), 'names 101 flags; 100 at most'],
  ])('of another form are refused: %s', (text, message) => {
    expect(() => taken.carriedBy(tester, text)).toThrow(expect.objectContaining({ code: 'INVALID' }));
    expect(() => taken.carriedBy(tester, text)).toThrow(message);
  });
});
