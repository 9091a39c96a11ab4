import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Machine, Person } from '../calls/caller.js';
import { LatchkeyError } from '../calls/errors.js';
import type { JsonObject } from '../core/values/json.js';
import { targetOf } from './context.js';

const MACHINE: Machine = { kind: 'machine', tokenId: 'tok', scopes: new Set(['evaluate']), organizationId: '' };
const PERSON: Person = {
  ...{ kind: 'person', userId: 'ada', organizationId: 'acme', roles: ['employee'] },
  platformAdmin: false,
};

describe('what a machine sends', () => {
  it('is the user, what overrides stored facts, and attributes', () => {
    const context = {
      ...{ targetingKey: 'ada', organizationId: 'acme', roles: ['manager'], joinedAt: '2026-01-31T12:00:00Z' },
      ...{ plan: 'pro', nested: { a: [1, null] } },
    };
    expect(targetOf(MACHINE, context)).toEqual({
      userId: 'ada',
      context: {
        ...{ organizationId: 'acme', roles: ['manager'], joinedAt: Date.UTC(2026, 0, 31, 12) },
        attributes: { plan: 'pro', nested: { a: [1, null] } },
      },
    });
  });

  it.each<JsonObject>([{}, { targetingKey: '' }, { targetingKey: null, roles: null, joinedAt: null }])(
    'is nobody in particular, and nothing overridden: %j',
    (context) => {
      expect(targetOf(MACHINE, { ...context })).toEqual({ userId: '', context: {} });
    },
  );

  it('is a visitor, whose buckets go by the anonymous id, in either form', () => {
    expect(targetOf(MACHINE, { anonymousId: 'visitor-1' })).toEqual({
      userId: '',
      context: { anonymousId: 'visitor-1' },
    });
    expect(targetOf(MACHINE, { targetingKey: 'visitor-1', anonymous: true })).toEqual({
      userId: '',
      context: { anonymousId: 'visitor-1', attributes: { anonymous: true } },
    });
    expect(targetOf(MACHINE, { targetingKey: 'ada', anonymousId: 'visitor-1' })).toEqual({
      userId: 'ada',
      context: { anonymousId: 'visitor-1' },
    });
    for (const anonymous of [false, 'true', 1, null]) {
      expect(targetOf(MACHINE, { targetingKey: 'ada', anonymous }).userId).toBe('ada');
    }
  });

  it('may name one role as a text', () => {
    expect(targetOf(MACHINE, { roles: 'manager' }).context).toEqual({ roles: ['manager'] });
  });

  it('overrides nothing that it does not name', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.constantFrom('x', 1, true)), (attributes) => {
        const { targetingKey: _, organizationId: _o, roles: _r, joinedAt: _j, anonymousId: _a, ...others } = attributes;
        const { context } = targetOf(MACHINE, others);
        expect(Object.keys(context).filter((name) => name !== 'attributes')).toEqual([]);
        expect({ ...context.attributes }).toEqual({ ...others });
      }),
    );
  });

  it.each<[JsonObject, string, string]>([
    [{ targetingKey: 7 }, '/targetingKey', 'a user id is text, not 7'],
    [{ targetingKey: ' ada' }, '/targetingKey', '" ada"'],
    [{ anonymousId: 7 }, '/anonymousId', 'an anonymous id is text, not 7'],
    [{ anonymousId: 'x'.repeat(200) }, '/anonymousId', 'has at most 191 characters'],
    [{ organizationId: 7 }, '/organizationId', 'organizationId is a text, not 7'],
    [{ roles: 7 }, '/roles', 'roles is a list of texts, not 7'],
    [{ roles: { a: 1 } }, '/roles', 'roles is a list of texts, not an object'],
    [{ roles: ['a', 7] }, '/roles/1', 'is a text, not 7'],
    [{ joinedAt: 'yesterday' }, '/joinedAt', 'joinedAt "yesterday" is no RFC 3339 instant'],
    [{ joinedAt: 1_700_000_000 }, '/joinedAt', 'is no RFC 3339 instant'],
  ])('is refused where it cannot be that: %j', (context, pointer, words) => {
    let failure: unknown;
    try {
      targetOf(MACHINE, context);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(LatchkeyError);
    expect(failure).toMatchObject({ code: 'INVALID', faults: [{ pointer }] });
    expect((failure as Error).message).toContain(words);
  });
});

describe('what a person sends', () => {
  const verified = { organizationId: 'acme', roles: ['employee'] };

  it('never changes who they are', () => {
    const context = fc.dictionary(
      fc.constantFrom('targetingKey', 'organizationId', 'roles', 'joinedAt', 'plan', '__proto__'),
      fc.constantFrom('grace', 7, ['admin'], '2026-01-31T12:00:00Z'),
    );
    fc.assert(
      fc.property(context, (given) => {
        expect(targetOf(PERSON, given as JsonObject)).toEqual({ userId: 'ada', context: verified });
      }),
    );
  });

  it('adds attributes below the prefix, and no others, whatever the prefix is', () => {
    const context = { 'client.theme': 'dark', plan: 'pro', client: 'x' };
    expect(targetOf(PERSON, context, { clientAttributes: 'client.' })).toEqual({
      userId: 'ada',
      context: { ...verified, attributes: { 'client.theme': 'dark' } },
    });
    const named = { roles: ['admin'], organizationId: 'other', targetingKey: 'grace', joinedAt: 'x', anonymousId: 'a' };
    for (const prefix of ['r', 'o', 't', 'j', 'a', 'roles']) {
      expect(targetOf(PERSON, named, { clientAttributes: prefix })).toEqual({ userId: 'ada', context: verified });
    }
  });

  it('names as whom they were known before they signed in, where visitors are let in', () => {
    const context = { targetingKey: 'visitor-2', anonymousId: 'visitor-1' };
    expect(targetOf(PERSON, context, { visitors: {} })).toEqual({
      userId: 'ada',
      context: { ...verified, anonymousId: 'visitor-1' },
    });
    expect(targetOf(PERSON, context)).toEqual({ userId: 'ada', context: verified });
    expect(targetOf(PERSON, { targetingKey: 'visitor-2' }, { visitors: {} })).toEqual({
      userId: 'ada',
      context: verified,
    });
  });
});

describe('what a visitor sends', () => {
  const VISITOR: Person = {
    ...{ kind: 'person', userId: '', organizationId: '', roles: undefined, platformAdmin: false },
    visitorFrom: '192.0.2.1',
  };

  it('is by whose id buckets are found, and never a user, an organization or a role', () => {
    const text = fc.constantFrom('ada', 'visitor-1');
    const context = fc.record(
      {
        targetingKey: text,
        anonymousId: text,
        organizationId: text,
        roles: fc.array(text),
        joinedAt: text,
        plan: text,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(context, (sent) => {
        const anonymousId = sent.anonymousId ?? sent.targetingKey;
        expect(targetOf(VISITOR, sent as JsonObject)).toEqual({
          userId: '',
          context: anonymousId === undefined ? {} : { anonymousId },
        });
      }),
    );
  });

  it('adds attributes below the prefix', () => {
    expect(targetOf(VISITOR, { client_theme: 'dark', plan: 'pro' }, { clientAttributes: 'client_' })).toEqual({
      userId: '',
      context: { attributes: { client_theme: 'dark' } },
    });
  });
});
