import { describe, expect, it } from '@jest/globals';
import {
  afterUnlocking,
  flagOf,
  latchingFlag,
  NOW,
  requires,
  ruleOf,
  segmentOf,
  snapshotOf,
  VERIFIED,
} from '../testing/samples.js';
import { changedFlags, nextWindowChange, windowChanges } from './configuration-changes.js';

const sorted = (keys: ReadonlySet<string>) => [...keys].toSorted();
const inSegment = { all: [{ condition: 'outer' }] };
const outer = segmentOf('outer', { all: [{ condition: 'inner' }] });

describe('flags that a change of the configuration may decide differently', () => {
  it('are those that were made, changed, archived or have gone', () => {
    const before = snapshotOf([flagOf('same'), flagOf('changed'), flagOf('archived'), flagOf('gone')]);
    const after = snapshotOf([
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
    const after = snapshotOf(flags, { segments: [outer, segmentOf('inner', {})] });
    expect(sorted(changedFlags(before, after))).toEqual(['reached']);
    const row = { flagId: 'flg_rowed', userId: '', role: 'manager', organizationId: '', managedBy: '' };
    const rowed = snapshotOf(flags, {
      segments: [outer, segmentOf('inner', VERIFIED)],
      roleAccess: [{ ...row, effect: 'ALLOW', enabled: true }],
    });
    expect(sorted(changedFlags(before, rowed))).toEqual(['rowed']);
  });

  it('are those that read the stages when their list changes', () => {
    const conditions = { all: [{ fact: 'stageIndex', operator: 'greaterThan', value: 1 }] };
    const flags = [flagOf('staged', { rules: [ruleOf('r', { conditions })] }), flagOf('other')];
    const after = snapshotOf(flags, { stages: [{ name: 'first', selfSettable: true }] });
    expect(sorted(changedFlags(snapshotOf(flags), after))).toEqual(['staged']);
  });

  it('are those that require, or read the unlock of, one that changed, however far', () => {
    const flagsOf = (version: number) => [
      { ...latchingFlag('base', VERIFIED), version },
      latchingFlag('reads', afterUnlocking('base')),
      flagOf('requires', { prerequisites: requires('reads') }),
      flagOf('other'),
    ];
    const changed = changedFlags(snapshotOf(flagsOf(1)), snapshotOf(flagsOf(2)));
    expect(sorted(changed)).toEqual(['base', 'reads', 'requires']);
  });
});

describe('windows', () => {
  const snapshot = snapshotOf([
    flagOf('window', { startsAt: NOW + 10, endsAt: NOW + 20 }),
    flagOf('upon', { prerequisites: requires('window') }),
    flagOf('archived', { startsAt: NOW + 5, archived: true }),
  ]);

  it('change at their edges, and what hangs on them with them', () => {
    const edges = [9, 10, 19, 20].map((at) => [...windowChanges(snapshot, NOW + at - 1, NOW + at)]);
    expect(edges).toEqual([[], ['window', 'upon'], [], ['window', 'upon']]);
  });

  it('say when the next edge is', () => {
    expect([0, 10, 20].map((at) => nextWindowChange(snapshot, NOW + at))).toEqual([NOW + 10, NOW + 20, Infinity]);
  });
});
