import { describe, expect, it } from '@jest/globals';
import { needsOfDecisions, needsOfLatching } from './state-needs.js';
import { flagOf, latchingFlag, ruleOf, segmentOf, snapshotOf, VERIFIED } from './testing/samples.js';

const counts = (action: string, more: object = {}) => ({
  all: [{ fact: 'actionCount', params: { action, ...more }, operator: 'greaterThan', value: 1 }],
});

describe('what latching needs of users’ states', () => {
  it('is next to nothing where rules read profiles', () => {
    const needs = needsOfLatching(snapshotOf([latchingFlag('a', VERIFIED)]));
    expect(needs).toEqual({ actions: new Set(), days: new Set(), stagesReached: false, access: false });
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
    });
    expect(needsOfDecisions(snapshot)).toEqual({
      actions: new Set(['upload', 'export', 'login']),
      days: new Set(['export']),
      stagesReached: true,
      access: true,
    });
  });
});
