import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../values/json.js';
import { differences } from './differences.js';
import { shownEntry } from './shown-entry.js';

const row = (more: object): JsonObject => ({
  flagId: 'flg_1',
  userId: '',
  role: '',
  organizationId: '',
  managedBy: '',
  effect: 'ALLOW',
  enabled: true,
  ...more,
});
const state = (value: object): JsonValue => value as JsonValue;

const before = state({ access: [row({ userId: 'ada' }), row({ role: 'pilot', organizationId: 'acme' })] });
const after = state({
  put: [row({ userId: 'ada', effect: 'DENY' }), row({ organizationId: 'acme', managedBy: 'acme', enabled: false })],
  removed: [row({ role: 'pilot', organizationId: 'acme' })],
});

describe('the states of an entry, as its differences are told', () => {
  it('have access rows as what each says, by whom it is for', () => {
    const shown = shownEntry({ action: 'access.set', before, after });
    expect(differences(shown.before, shown.after)).toEqual([
      { pointer: '/access/the user "ada"', before: 'allowed', after: 'denied' },
      { pointer: '/access/the organization "acme", by the organization "acme"', after: 'allowed, inactive' },
      { pointer: '/access/the role "pilot" within the organization "acme"', before: 'allowed' },
    ]);
    const none = state({ access: [] });
    const anew = shownEntry({ action: 'access.set', before: none, after: state({ put: [row({ role: 'pilot' })] }) });
    expect(differences(anew.before, anew.after)).toEqual([{ pointer: '/access/the role "pilot"', after: 'allowed' }]);
  });

  it('say nothing of the rows of people who were erased since, but that there were some', () => {
    const [without, withOne] = [
      { access: [] },
      { put: [row({ role: 'pilot' }), { userId: '[erased]' }, { userId: '[erased]' }] },
    ];
    const shown = shownEntry({ action: 'access.set', before: state(without), after: state(withOne) });
    expect(differences(shown.before, shown.after)).toEqual([
      { pointer: '/access/the role "pilot"', after: 'allowed' },
      { pointer: '/access rows of somebody who has been deleted', after: 'erased with them' },
    ]);
  });

  it('have flags without what a change sets by itself, and what an older release recorded as it is', () => {
    const lists = { variants: [], distribution: [], prerequisites: [], rules: [], tags: [] };
    const texts = { key: 'x', name: 'X', description: '', owner: '', type: 'BOOLEAN', offVariant: 'off' };
    const said = { active: true, isEnabledGlobally: true, archived: false, delegated: false, clientVisible: true };
    const flag = { ...lists, ...texts, ...said, bucketing: 2, startsAt: 1_795_893_673_226, version: 2, updatedAt: 1 };
    const shown = shownEntry({ action: 'flag.set', before: state({ flag }), after: state({ flag: { key: 'x' } }) });
    expect(shown.before).toMatchObject({ flag: { is_enabled_globally: true, starts_at: '2026-11-28T19:21:13.226Z' } });
    expect(JSON.stringify(shown.before)).not.toMatch(/version|updated|\d{13}/);
    expect(shown.after).toEqual({ flag: { key: 'x' } });
  });

  it('are told whatever they are', () => {
    const action = fc.constantFrom(
      'flag.create',
      'flag.set',
      'access.set',
      'segment.set',
      'stages.set',
      'token.create',
    );
    const given = fc.record({ action, before: fc.jsonValue(), after: fc.jsonValue() });
    fc.assert(fc.property(given, (entry) => void shownEntry(entry as never)));
  });
});
