import { describe, expect, it } from '@jest/globals';
import { flagOf, latchingFlag, ruleOf, segmentOf, snapshotOf, VERIFIED } from '../testing/samples.js';
import { needsOfLatching } from './state-needs.js';

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
        flagOf('c', { rules: [ruleOf('live', { conditions: counts('login') })] }),
      ],
      { segments: [segmentOf('busy', counts('upload'))] },
    );
    expect(needsOfLatching(snapshot)).toEqual({
      actions: new Set(['upload', 'export']),
      days: new Set(['export']),
      stagesReached: true,
      access: false,
      organizations: false,
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
