import { describe, expect, it } from '@jest/globals';
import {
  flagOf,
  NOW,
  requires,
  ruleOf,
  segmentOf,
  snapshotAfter,
  snapshotOf,
  VERIFIED,
} from '../../testing/samples.js';
import type { JsonObject } from '../../values/json.js';
import { changedFlags, nextWindowChange, windowChanges } from './changed-flags.js';

const sorted = (keys: ReadonlySet<string>) => [...keys].toSorted();
const inSegment = { all: [{ condition: 'outer' }] };
const outer = segmentOf('outer', { all: [{ condition: 'inner' }] });

describe('flags that a change of the configuration changes', () => {
  it('are those that were made, changed, archived or have gone', () => {
    const before = snapshotOf([flagOf('same'), flagOf('changed'), flagOf('archived'), flagOf('gone')]);
    const after = snapshotAfter(before, [
      flagOf('same'),
      flagOf('changed', { version: 2 }),
      flagOf('archived', { archived: true }),
      flagOf('made'),
    ]);
    expect(sorted(changedFlags(before, after))).toEqual(['archived', 'changed', 'gone', 'made']);
    expect(changedFlags(before, before).size).toBe(0);
  });

  it('are those that a segment reaches, through another one too, and those of a changed role row', () => {
    const flags = [
      flagOf('reached', { rules: [ruleOf('r', { conditions: inSegment })] }),
      flagOf('rowed'),
      flagOf('other'),
    ];
    const before = snapshotOf(flags, { segments: [outer, segmentOf('inner', VERIFIED)] });
    const after = snapshotAfter(before, flags, { segments: [outer, segmentOf('inner', {})] });
    expect(sorted(changedFlags(before, after))).toEqual(['reached']);
    const row = { flagId: 'flg_rowed', userId: '', role: 'manager', organizationId: '', managedBy: '' };
    const rowed = snapshotAfter(before, flags, {
      segments: [outer, segmentOf('inner', VERIFIED)],
      roleAccess: [{ ...row, effect: 'ALLOW', enabled: true }],
    });
    expect(sorted(changedFlags(before, rowed))).toEqual(['rowed']);
  });

  it('are those that read an action which is derived otherwise, or no more', () => {
    const reads = (action: string) => ({
      all: [{ fact: 'actionCount', params: { action }, operator: 'greaterThan', value: 1 }],
    });
    const flags = ['large', 'plain'].map((action) =>
      flagOf(action, { rules: [ruleOf('r', { conditions: reads(action) })] }),
    );
    const derived = (where: JsonObject) => ({
      actions: [{ name: 'large', clientTrackable: false, derivation: { from: ['plain'], where, countsSince: 0 } }],
    });
    const before = snapshotOf(flags, derived({}));
    expect(changedFlags(before, snapshotAfter(before, flags, derived({}))).size).toBe(0);
    const where = { all: [{ fact: 'property', params: { name: 'p' }, operator: 'equal', value: 1 }] };
    expect(sorted(changedFlags(before, snapshotAfter(before, flags, derived(where))))).toEqual(['large']);
    expect(sorted(changedFlags(before, snapshotAfter(before, flags)))).toEqual(['large']);
  });

  it('are those that read the stages when their list changes', () => {
    const conditions = { all: [{ fact: 'stageIndex', operator: 'greaterThan', value: 1 }] };
    const flags = [flagOf('staged', { rules: [ruleOf('r', { conditions })] }), flagOf('other')];
    const before = snapshotOf(flags);
    const after = snapshotAfter(before, flags, { stages: [{ name: 'first', selfSettable: true }] });
    expect(sorted(changedFlags(before, after))).toEqual(['staged']);
  });
});

describe('windows', () => {
  const snapshot = snapshotOf([
    flagOf('window', { startsAt: NOW + 10, endsAt: NOW + 20 }),
    flagOf('upon', { prerequisites: requires('window') }),
    flagOf('archived', { startsAt: NOW + 5, archived: true }),
  ]);

  it('change at their edges', () => {
    const edges = [9, 10, 19, 20].map((at) => [...windowChanges(snapshot, NOW + at - 1, NOW + at)]);
    expect(edges).toEqual([[], ['window'], [], ['window']]);
  });

  it('say when the next edge is', () => {
    expect([0, 10, 20].map((at) => nextWindowChange(snapshot, NOW + at))).toEqual([NOW + 10, NOW + 20, Infinity]);
  });
});
