import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../values/json.js';
import { ERASED, erasedEntry, erasedJson, erasedText } from './erased.js';

describe('a text without a person', () => {
  it.each([
    ['ada', 'asked by ada.', 'asked by [erased].'],
    ['ada', 'user:ada, ada', 'user:[erased], [erased]'],
    ['ada', 'adapt the armada; Ada', 'adapt the armada; Ada'],
    ['a.b', 'a.b a.bc xa.b', '[erased] a.bc xa.b'],
    ['日本', '日本語 日本', '日本語 [erased]'],
    ['-', 'a-b', 'a[erased]b'],
    ['👩‍🚀', 'x👩‍🚀x', 'x[erased]x'],
    ['aa', 'aaa aa', 'aaa [erased]'],
    ['', 'nobody', 'nobody'],
  ])('%j in %j', (id, text, expected) => {
    expect(erasedText(text, id)).toBe(expected);
  });

  it('keeps every other character', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.string()), (id, parts) => {
        fc.pre(!id.includes('[') && !'erased'.includes(id));
        const text = parts.join(` ${id} `);
        const erased = erasedText(text, id);
        expect(erased.replaceAll(ERASED, () => id)).toBe(text);
      }),
    );
  });
});

describe('a state without a person', () => {
  it('keeps nothing of an object that names them, and all of others', () => {
    const state: JsonValue = {
      put: [
        { userId: 'ada', effect: 'ALLOW', more: { note: 'x' } },
        { userId: 'grace', effect: 'DENY', owner: 'ada' },
      ],
      ada: { n: 1 },
      nested: { total: { userId: 'ada', total: { count: 3 } }, list: ['ada', 'adam', 3, null, true] },
      session: { userId: 'grace' },
      name: 'ada',
    };
    expect(erasedJson(state, 'ada')).toEqual({
      ...state,
      put: [{ userId: ERASED }, { userId: 'grace', effect: 'DENY', owner: ERASED }],
      nested: { total: { userId: ERASED }, list: ['ada', 'adam', 3, null, true] },
    });
  });

  it('keeps not the name of a session that began with their JWT', () => {
    const session = { id: 'ses_1', name: 'ada', scopes: [], session: { parentId: '', userId: 'ada' } };
    expect(erasedJson(session, 'ada')).toEqual({ ...session, name: ERASED, session: { userId: ERASED } });
  });
});

describe('an entry without a person', () => {
  const roles = fc.array(
    fc.record({ name: fc.constantFrom('roles', 'true', 'name', 'pilot'), inherits: fc.constant([]) }),
  );
  const row = fc.record({ userId: fc.constantFrom('roles', 'grace', ''), role: fc.constantFrom('true', 'name', '') });
  const flag = fc.record({
    key: fc.constantFrom('roles', 'flag', 'beta'),
    owner: fc.constantFrom('roles', 'grace'),
    tags: fc.array(fc.constantFrom('true', 'put', 'owner')),
    variants: fc.constant([{ key: 'true', value: { roles: 'roles', true: ['name'] } }]),
    rules: fc.constant([{ conditions: { all: [{ fact: 'stage', operator: 'equal', value: 'name' }] } }]),
  });
  const state: fc.Arbitrary<unknown> = fc.oneof(
    fc.constant(null),
    fc.record({ roles, strictRoles: fc.boolean(), attributes: fc.dictionary(fc.constantFrom('true', 'key'), roles) }),
    fc.record({ flag, put: fc.array(row), removed: fc.array(row), access: fc.array(row) }),
    fc.record({ userId: fc.constantFrom('roles', 'true', 'grace'), rules: fc.array(fc.record({ ruleId: fc.uuid() })) }),
  );
  const actions = ['flag.set', 'access.set', 'organization.roles.set', 'unlock.grant', 'user.claim'];
  const entries = fc.record({
    actor: fc.constantFrom('user:roles', 'user:true', 'user:grace', 'token:roles'),
    action: fc.constantFrom(...actions),
    target: fc.constantFrom('roles', 'true', 'beta'),
    before: state as fc.Arbitrary<JsonValue>,
    after: state as fc.Arbitrary<JsonValue>,
    comment: fc.constantFrom('asked by roles', 'as asked', ''),
  });
  const ids = ['roles', 'true', 'name', 'flag', 'key', 'put', 'owner', 'userId', 'beta', 'user', 'pilot', 'equal'];

  /** Where an id stands: all that names somebody in a state. */
  const named = (value: JsonValue): readonly JsonValue[] => {
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, member]: readonly [string, JsonValue]) =>
      name === 'userId' || name === 'owner' ? [member] : named(member),
    );
  };

  /** A state with somebody else's id wherever an id stands, and with nothing else in objects that name somebody. */
  const ofNobody = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(ofNobody);
    if (typeof value !== 'object' || value === null) return value;
    if ('userId' in value) return { userId: '' };
    return Object.fromEntries(
      Object.entries(value).map(([name, member]: readonly [string, JsonValue]) => [
        name,
        name === 'owner' ? '' : ofNobody(member),
      ]),
    );
  };

  it('names them nowhere, and is what it was but for whom it names, however they were called', () => {
    fc.assert(
      fc.property(entries, fc.constantFrom(...ids), (entry, id) => {
        const erased = erasedEntry(entry, id);
        const states = [erased.before, erased.after];
        expect(states.flatMap(named)).not.toContain(id);
        expect(erased.actor).not.toBe(`user:${id}`);
        if (entry.action === 'user.claim') expect(erased.target).not.toBe(id);
        else expect(erased.target).toBe(entry.target);
        expect(states.map(ofNobody)).toEqual([entry.before, entry.after].map(ofNobody));
        expect(erasedEntry(erased, id)).toEqual(erased);
      }),
    );
  });

  it('is no other one where it names somebody else', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        fc.pre(!entry.comment.includes('beta') && entry.action !== 'user.claim');
        expect(erasedEntry(entry, 'beta')).toEqual(entry);
      }),
    );
  });
});
