import { describe, expect, it } from '@jest/globals';
import {
  afterUnlocking,
  flagOf,
  latchingFlag,
  requires,
  ruleOf,
  segmentOf,
  snapshotOf,
  VERIFIED,
} from '../testing/samples.js';
import { bothNeeds, needsOfFlag, needsOfLatching, type StateNeeds } from './state-needs.js';

const counts = (action: string, more: object = {}) => ({
  all: [{ fact: 'actionCount', params: { action, ...more }, operator: 'greaterThan', value: 1 }],
});

describe('what latching needs of users’ states', () => {
  it('is next to nothing where rules read profiles', () => {
    const needs = needsOfLatching(snapshotOf([latchingFlag('a', VERIFIED)]));
    expect(needs).toEqual({
      actions: new Set(),
      days: new Set(),
      stagesReached: false,
      access: false,
      organizations: false,
    });
  });

  it('is the actions that latching rules count, their days where they are windowed, and the stages', () => {
    const conditions = { all: [{ fact: 'stagesReached', operator: 'contains', value: 'tour' }, { condition: 'busy' }] };
    const snapshot = snapshotOf(
      [
        latchingFlag('a', conditions),
        latchingFlag('b', counts('export', { windowDays: 7 })),
        latchingFlag('d', counts('save', { period: 'week' })),
        flagOf('c', { rules: [ruleOf('live', { conditions: counts('login') })] }),
      ],
      { segments: [segmentOf('busy', counts('upload'))] },
    );
    expect(needsOfLatching(snapshot)).toEqual({
      actions: new Set(['upload', 'export', 'save']),
      days: new Set(['export', 'save']),
      stagesReached: true,
      access: false,
      // A window's days count in the zone that an organization may have.
      organizations: true,
    });
  });

  it('is the organizations where rules read what these say', () => {
    const needs = (...all: object[]) =>
      needsOfLatching(snapshotOf([latchingFlag('a', { all } as never)])).organizations;
    const path = { path: '$.plan', operator: 'equal', value: 'pro' };
    expect(needs({ fact: 'organizationAttribute', ...path })).toBe(true);
    expect(needs({ fact: 'roles', operator: 'contains', value: 'lead' })).toBe(true);
    expect(needs({ fact: 'attribute', ...path }, { fact: 'organization', operator: 'equal', value: 'acme' })).toBe(
      false,
    );
  });
});

describe('what a flag’s decisions read of a user', () => {
  it('are the counters of the rules in scope alone', () => {
    const snapshot = snapshotOf([
      flagOf('a', {
        prerequisites: requires('b'),
        rules: [ruleOf('rul_a', { conditions: { any: [counts('save'), afterUnlocking('first')] } })],
      }),
      flagOf('b', { rules: [ruleOf('rul_b', { conditions: counts('share', { windowDays: 7 }) })] }),
      latchingFlag('first', counts('open')),
      latchingFlag('other', counts('delete')),
    ]);
    const { actions, days, stagesReached, access } = needsOfFlag(snapshot, 'a');
    expect([...actions!].sort()).toEqual(['open', 'save', 'share']);
    expect([...days!]).toEqual(['share']);
    expect({ stagesReached, access }).toEqual({ stagesReached: false, access: true });
    expect(needsOfFlag(snapshot, 'first').actions).toEqual(new Set(['open']));
  });

  it('of two pieces of work is what either reads', () => {
    const one: StateNeeds = {
      actions: new Set(['a']),
      days: undefined,
      stagesReached: false,
      access: false,
      organizations: false,
    };
    const other: StateNeeds = {
      actions: new Set(['b']),
      days: new Set(['b']),
      stagesReached: true,
      access: false,
      organizations: false,
    };
    expect(bothNeeds(one, other)).toEqual({
      actions: new Set(['a', 'b']),
      days: undefined,
      stagesReached: true,
      access: false,
      organizations: false,
    });
  });
});
