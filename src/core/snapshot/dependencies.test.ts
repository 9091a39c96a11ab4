import { describe, expect, it } from '@jest/globals';
import {
  afterUnlocking,
  configurationOf,
  flagOf,
  latchingFlag,
  requires,
  ruleOf,
  segmentOf,
  snapshotAfter,
  snapshotOf,
  VERIFIED,
} from '../testing/samples.js';
import { compileSnapshot } from './compiling/compile-snapshot.js';
import { Dependencies, type FlagScope } from './dependencies.js';
import { rulesInScope } from './state-needs.js';

const count = (action: string) => ({
  all: [{ fact: 'actionCount', params: { action }, operator: 'greaterThanInclusive', value: 1 }],
});
const keysOf = ({ decided, unlocked }: FlagScope) => ({
  decided: [...decided].sort(),
  unlocked: [...unlocked].sort(),
});
const sorted = (keys: Iterable<string>) => [...keys].toSorted();

describe('who refers to a flag', () => {
  const segments = [segmentOf('outer', { all: [{ condition: 'inner' }] }), segmentOf('inner', afterUnlocking('base'))];
  const flags = [
    latchingFlag('base', VERIFIED),
    latchingFlag('direct', afterUnlocking('base')),
    flagOf('through', { rules: [ruleOf('r', { conditions: { any: [{ condition: 'outer' }] } })] }),
    flagOf('upon', { prerequisites: requires('through', 'nowhere') }),
    flagOf('other'),
  ];
  const { dependencies } = snapshotOf(flags, { segments });

  it('is known of prerequisites, of unlocks and of segments, through segments too', () => {
    expect(sorted(dependencies.requiring('through'))).toEqual(['upon']);
    expect(sorted(dependencies.readingUnlockOf('base'))).toEqual(['direct', 'through']);
    expect(sorted(dependencies.reaching('inner'))).toEqual(['through']);
    expect(sorted(dependencies.segmentsOf('through'))).toEqual(['inner', 'outer']);
    expect(sorted(dependencies.requiring('nowhere'))).toEqual(['upon']);
    expect(dependencies.segments.readingUnlockOf('base')).toEqual(['inner']);
  });

  it('is, however far, what hangs on it', () => {
    expect(sorted(dependencies.withDependents(['base']))).toEqual(['base', 'direct', 'through', 'upon']);
    expect(sorted(dependencies.withDependents(['other']))).toEqual(['other']);
  });

  it('changes with what changes, and with segments for the flags that they reach, and not by itself', () => {
    const before = snapshotOf(flags, { segments });
    const after = snapshotAfter(before, flags, {
      segments: [segments[0]!, segmentOf('inner', afterUnlocking('other'))],
    });
    expect(sorted(after.dependencies.readingUnlockOf('base'))).toEqual(['direct']);
    expect(sorted(after.dependencies.readingUnlockOf('other'))).toEqual(['through']);
    expect(sorted(before.dependencies.readingUnlockOf('other'))).toEqual([]);
    const renamed = flags.map((flag) => ({ ...flag, version: 2, description: 'new' }));
    expect(snapshotAfter(before, renamed, { segments }).dependencies).toBe(before.dependencies);
  });

  it('is also who did in the last form that could be compiled', () => {
    const before = snapshotOf([latchingFlag('a', afterUnlocking('b')), flagOf('b'), flagOf('c')]);
    const broken = { any: [{ fact: 'moonPhase', operator: 'equal', value: 1 }, afterUnlocking('c')] };
    const flags = [latchingFlag('a', broken), flagOf('b'), flagOf('c')];
    const failing = compileSnapshot(configurationOf(flags), before);
    expect(['b', 'c'].map((key) => sorted(failing.dependencies.readingUnlockOf(key)))).toEqual([['a'], ['a']]);
    const mended = compileSnapshot(
      configurationOf([latchingFlag('a', afterUnlocking('c')), ...flags.slice(1)]),
      failing,
    );
    expect(['b', 'c'].map((key) => sorted(mended.dependencies.readingUnlockOf(key)))).toEqual([[], ['a']]);
  });
});

describe('the order of unlocks', () => {
  it('puts a flag after those whose unlocks its latching rules read, and else by key', () => {
    const live = ruleOf('live', { conditions: afterUnlocking('z') });
    const { dependencies } = snapshotOf([
      latchingFlag('a', afterUnlocking('d', 'unasked')),
      { ...latchingFlag('b', VERIFIED), rules: [...latchingFlag('b', VERIFIED).rules, live] },
      latchingFlag('d', VERIFIED),
      latchingFlag('unasked', afterUnlocking('b')),
      latchingFlag('z', VERIFIED),
    ]);
    expect(dependencies.inUnlockOrder(['z', 'd', 'b', 'a'])).toEqual(['d', 'a', 'b', 'z']);
  });

  it('is found in very long chains, and where there is a circle', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => {
      const flag = i === 0 ? flagOf('f0') : latchingFlag(`f${i}`, afterUnlocking(`f${i - 1}`));
      return [flag.key, { flag }] as const;
    });
    const keys = chain.map(([key]) => key);
    const long = new Dependencies().with({ flags: new Map(chain) });
    expect(long.inUnlockOrder(keys)).toEqual(keys);
    const closed = long.with({ flags: new Map([['f0', { flag: latchingFlag('f0', afterUnlocking('f19999')) }]]) });
    expect(new Set(closed.inUnlockOrder(keys))).toEqual(new Set(keys));
  });
});

describe('conditions with every segment written out', () => {
  const segmentsOf = (levels: number, each: number) =>
    Array.from({ length: levels }, (_, i) => {
      const references = Array.from({ length: each }, () => ({ condition: `s${i + 1}` }));
      return segmentOf(`s${i}`, i + 1 === levels ? VERIFIED : { all: references });
    });
  const graphOf = (levels: number, each: number) => {
    const segments = segmentsOf(levels, each);
    return new Dependencies().with({ segments: new Map(segments.map(({ key, conditions }) => [key, conditions])) })
      .segments;
  };

  it('multiply, and are counted at once', () => {
    // A group and a comparison; then three references, each with those, in a group.
    expect(graphOf(1, 3).expansionOfSegment('s0')).toEqual({ conditions: 2, depth: 1 });
    expect(graphOf(2, 3).expansionOfSegment('s0')).toEqual({ conditions: 10, depth: 2 });
    expect(graphOf(9, 200).expansionOfSegment('s0').conditions).toBeGreaterThan(200 ** 8);
    expect(graphOf(20_000, 1).expansionOfSegment('s0').depth).toBe(20_000);
  });

  it('are without end where segments go in a circle, and for whoever refers to them', () => {
    const conditions = new Map([
      ['a', { all: [{ condition: 'b' }, { condition: 'c' }] }],
      ['b', { not: { condition: 'a' } }],
      ['c', { any: [{ condition: 'nowhere' }] }],
      ['into', { all: [{ condition: 'a' }] }],
    ]);
    const graph = new Dependencies().with({ segments: conditions }).segments;
    for (const key of ['a', 'b', 'into']) expect(graph.expansionOfSegment(key).depth).toBe(Infinity);
    expect(graph.expansionOfSegment('c')).toEqual({ conditions: 2, depth: 2 });
    expect(graph.circleFrom('into')).toEqual(['a', 'b', 'a']);
  });
});

describe('what a flag’s decisions depend on', () => {
  it('is what it requires, and what those require, and no other flag', () => {
    const snapshot = snapshotOf([
      flagOf('a', { prerequisites: requires('b') }),
      flagOf('b', { prerequisites: requires('c', 'nowhere') }),
      flagOf('c'),
      flagOf('other', { prerequisites: requires('a') }),
    ]);
    expect(keysOf(snapshot.dependencies.scopeOf('a'))).toEqual({ decided: ['a', 'b', 'c'], unlocked: [] });
    expect(keysOf(snapshot.dependencies.scopeOf('c'))).toEqual({ decided: ['c'], unlocked: [] });
  });

  it('is what its rules read the unlocks of, through segments, and what earns those', () => {
    const snapshot = snapshotOf(
      [
        flagOf('a', { rules: [ruleOf('rul_a', { conditions: { all: [{ condition: 'early' }] } })] }),
        latchingFlag('first', afterUnlocking('zeroth')),
        latchingFlag('zeroth', count('save')),
        flagOf('last', { rules: [ruleOf('rul_last', { conditions: afterUnlocking('a') })] }),
      ],
      { segments: [segmentOf('early', afterUnlocking('first'))] },
    );
    expect(keysOf(snapshot.dependencies.scopeOf('a'))).toEqual({ decided: ['a'], unlocked: ['first', 'zeroth'] });
  });

  it('is nothing of an unlocked flag’s live rules, and nothing of what that flag requires', () => {
    const live = ruleOf('rul_live', { conditions: afterUnlocking('far') });
    const first = latchingFlag('first', count('save'));
    const snapshot = snapshotOf([
      flagOf('a', { rules: [ruleOf('rul_a', { conditions: afterUnlocking('first') })] }),
      { ...first, rules: [...first.rules, live], prerequisites: requires('gate') },
      flagOf('gate', { rules: [ruleOf('rul_gate', { conditions: count('open') })] }),
      latchingFlag('far', count('go')),
    ]);
    const scope = snapshot.dependencies.scopeOf('a');
    expect(keysOf(scope)).toEqual({ decided: ['a'], unlocked: ['first'] });
    expect(rulesInScope(snapshot, 'a').map(({ rule }) => rule.id)).toEqual(['rul_a', 'rul_first']);
  });

  it('is nothing for a flag that is not there', () => {
    expect(keysOf(snapshotOf([]).dependencies.scopeOf('a'))).toEqual({ decided: [], unlocked: [] });
  });
});
