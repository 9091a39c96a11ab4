import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../values/json.js';
import { entrySentence } from './entry-sentence.js';

const actor = 'user:olga';
const row = (more: object) => ({ userId: '', role: '', organizationId: '', effect: 'ALLOW', enabled: true, ...more });
const access = (put: readonly object[], removed: readonly object[] = []): JsonValue =>
  ({ put, removed }) as unknown as JsonValue;

const DELETED = 'somebody who has been deleted';
const SENTENCES: readonly (readonly [action: string, before: JsonValue, after: JsonValue, sentence: string])[] = [
  ['flag.create', {}, { flag: { key: 'x' } }, 'created the flag "x"'],
  ['flag.create', {}, { flag: {}, put: [{}] }, 'created the flag "x", and one access row'],
  [
    'flag.set',
    { flag: { version: 1, isEnabledGlobally: false, rules: [] } },
    { flag: { version: 2, isEnabledGlobally: true, rules: [1] } },
    'changed the flag "x": is enabled globally, rules',
  ],
  ['session.begin', null, { id: 'ses_1' }, 'signed in'],
  ['session.end', null, { id: 'ses_1' }, 'signed out'],
  ['access.set', {}, access([row({ userId: 'ada' })]), 'allowed the flag "x" to the user "ada"'],
  [
    'access.set',
    {},
    access([row({ role: 'pilot', organizationId: 'acme', effect: 'DENY' })]),
    'denied the flag "x" to the role "pilot" within the organization "acme"',
  ],
  [
    'access.set',
    {},
    access([row({ organizationId: 'acme', enabled: false })]),
    'allowed the flag "x" to the organization "acme", by an inactive row',
  ],
  [
    'access.set',
    {},
    access([], [row({ role: 'pilot' })]),
    'removed the access row of the role "pilot" from the flag "x"',
  ],
  ['access.set', {}, access([row({}), row({})], [row({})]), 'put 2 and removed 1 access rows of the flag "x"'],
  [
    'organization.role.remove',
    { roles: [{ name: 'lead' }, { name: 'boss' }] },
    { roles: [{ name: 'lead', movingTo: 'boss' }, { name: 'boss' }] },
    'removed a role of the organization "x": lead',
  ],
  [
    'organization.role.moved',
    { roles: [{ name: 'lead', movingTo: 'boss' }, { name: 'boss' }] },
    { roles: [{ name: 'boss' }] },
    'moved all who had a role of the organization "x": lead',
  ],
  [
    'organization.role.rename',
    { roles: [{ name: 'lead' }] },
    { roles: [{ name: 'lead', movingTo: 'boss' }, { name: 'boss' }] },
    'renamed a role of the organization "x": lead is boss now',
  ],
  ['segment.set', null, { name: 'x' }, 'created the segment "x"'],
  ['segment.set', { name: 'x', version: 1 }, { name: 'y', version: 2 }, 'changed the segment "x": name'],
  ['stages.set', null, { stages: [{ name: 'a' }, { name: 'b' }] }, 'set the stages: a, b'],
  ['stages.set', { stages: [] }, { stages: [] }, 'removed all stages: any name is one now'],
  ['organization.set', { roles: [], version: 1 }, { roles: [{}], version: 2 }, 'changed the organization "x": roles'],
  ['unlock.grant', {}, { userId: 'ada' }, 'granted the flag "x" to the user "ada"'],
  ['unlock.revoke', {}, { organizationId: 'acme' }, 'took the flag "x" from the organization "acme"'],
  ['access.set', {}, { put: [{ userId: '[erased]' }] }, `set the access row of ${DELETED} in the flag "x"`],
  ['access.set', {}, { removed: [{ userId: '[erased]' }] }, `removed the access row of ${DELETED} from the flag "x"`],
  ['unlock.grant', {}, { userId: '[erased]' }, `granted the flag "x" to ${DELETED}`],
  ['total.correct', {}, { userId: 'ada' }, 'corrected the total of "x" of the user "ada"'],
  ['user.delete', null, null, 'deleted a user'],
  ['token.create', null, { name: 'ci' }, 'made the token "ci"'],
  ['dead-letters.discard', null, { discarded: 2 }, 'gave 2 dead letters up for good'],
  ['dead-letters.replay', null, { replayed: 3 }, 'had 3 dead letters counted again'],
  ['something.new', null, null, 'did something.new on "x"'],
];

describe('an entry of the audit', () => {
  it.each(SENTENCES)('is told as a sentence: %s', (action, before, after, sentence) => {
    expect(entrySentence({ actor, action, target: 'x', before, after })).toBe(`${actor} ${sentence}`);
  });

  it('is told whatever states it has', () => {
    const action = fc.constantFrom(...new Set(SENTENCES.map(([name]) => name)));
    fc.assert(
      fc.property(action, fc.jsonValue(), fc.jsonValue(), (name, before, after) => {
        const told = { actor, action: name, target: 'x', before: before as JsonValue, after: after as JsonValue };
        expect(entrySentence(told)).not.toMatch(/undefined|\[object/);
      }),
    );
  });
});
