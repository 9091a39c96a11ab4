import { describe, expect, it } from '@jest/globals';
import { evaluate } from '../../deciding/evaluate.js';
import type { Flag } from '../../flags/flag.js';
import {
  afterUnlocking,
  configurationOf,
  flagOf,
  latchingFlag,
  NOW,
  rowOf,
  ruleOf,
  segmentOf,
  snapshotOf,
  userOf,
  VERIFIED,
} from '../../testing/samples.js';
import type { Snapshot } from '../snapshot.js';
import { compileSnapshot, EMPTY_CONFIGURATION } from './compile-snapshot.js';

const UNKNOWN_FACT = { all: [{ fact: 'moonPhase', operator: 'equal', value: 'full' }] };
const NOT_VERIFIED = { not: { fact: 'emailVerified', operator: 'equal', value: true } };

function withRule(key: string, conditions: Flag['rules'][number]['conditions'], given: Partial<Flag> = {}): Flag {
  return flagOf(key, { rules: [ruleOf('r', { conditions })], ...given });
}

const verified = userOf({ emailVerified: true });
const reasonOf = (snapshot: Snapshot, key: string): string =>
  evaluate(snapshot, key, verified, undefined, undefined, NOW).reason;

describe('compileSnapshot', () => {
  it('makes a snapshot of nothing before the first configuration', () => {
    const snapshot = compileSnapshot(EMPTY_CONFIGURATION);
    expect(snapshot).toMatchObject({ revision: -1, failures: [], latching: [] });
    expect(reasonOf(snapshot, 'insights')).toBe('FLAG_NOT_FOUND');
  });

  it('finds flags by key and by id, archived ones too', () => {
    const snapshot = snapshotOf([flagOf('a', { archived: true }), flagOf('constructor')]);
    expect(snapshot.flags.get('a')).toBe(snapshot.flagsById.get('flg_a'));
    expect([...snapshot.flags.keys()]).toEqual(['a', 'constructor']);
    expect(snapshot.flags.get('__proto__')).toBeUndefined();
  });

  it('takes a mark of a flag, which is no version of it', () => {
    const before = snapshotOf([flagOf('a'), flagOf('b')]);
    const after = compileSnapshot(
      configurationOf([flagOf('a', { hasRows: true }), flagOf('b')], { revision: 2 }),
      before,
    );
    expect(after.flags.get('a')?.flag).toEqual(flagOf('a', { hasRows: true }));
    expect(after.flags.get('b')).toBe(before.flags.get('b'));
    const back = compileSnapshot(configurationOf([flagOf('a'), flagOf('b')], { revision: 3 }), after);
    expect(back.flags.get('a')?.flag).toEqual(flagOf('a'));
  });

  it('keeps active platform-wide rows with their flag', () => {
    const roleAccess = [
      rowOf('a', { role: 'manager' }),
      rowOf('a', { role: 'admin', effect: 'DENY' }),
      rowOf('a', { role: 'pilot', enabled: false }),
      rowOf('gone', { role: 'manager' }),
    ];
    const snapshot = snapshotOf([flagOf('a'), flagOf('b')], { roleAccess });
    expect([...snapshot.flags.get('a')!.roleRows]).toEqual([
      ['manager', 'ALLOW'],
      ['admin', 'DENY'],
    ]);
    expect(snapshot.flags.get('b')!.roleRows.size).toBe(0);
  });

  it('knows the longest window of each action that some rule windows', () => {
    const within = (action: string, windowDays?: number) => ({
      fact: 'actionCount',
      params: { action, ...(windowDays === undefined ? {} : { windowDays }) },
      operator: 'greaterThan',
      value: 1,
    });
    const snapshot = snapshotOf(
      [withRule('a', { all: [within('login', 7), within('export')] }), withRule('b', { condition: 'keen' })],
      { segments: [segmentOf('keen', { any: [within('login', 30), within('share', 2)] })] },
    );
    expect(Object.fromEntries(snapshot.windowedActions)).toEqual({ login: 30, share: 2 });
    const monthly = { fact: 'activeDays', params: { action: 'login', period: 'month' }, operator: 'equal', value: 1 };
    const within7 = snapshotOf([withRule('a', { all: [within('login', 7), monthly] })]);
    expect(Object.fromEntries(within7.windowedActions)).toEqual({ login: 31 });
  });

  it('lists flags that latch, each after those whose unlocks it reads, without archived and live ones', () => {
    const flags = [
      latchingFlag('c', afterUnlocking('b', 'live')),
      withRule('live', afterUnlocking('a')),
      latchingFlag('b', afterUnlocking('a', 'unknown')),
      latchingFlag('a', VERIFIED),
      { ...latchingFlag('gone', VERIFIED), archived: true },
    ];
    expect(snapshotOf(flags).latching.map(({ flag }) => flag.key)).toEqual(['a', 'b', 'c']);
  });
});

describe('a flag that cannot be compiled', () => {
  const good = compileSnapshot(configurationOf([withRule('a', VERIFIED), withRule('b', VERIFIED)]));

  it('is off when it never could, is named, and leaves the other flags alone', () => {
    const snapshot = compileSnapshot(
      configurationOf([withRule('a', UNKNOWN_FACT, { isEnabledGlobally: true }), withRule('b', VERIFIED)]),
    );
    expect(snapshot.failures).toEqual([{ flagKey: 'a', message: expect.stringContaining('moonPhase') }]);
    expect([reasonOf(snapshot, 'a'), reasonOf(snapshot, 'b')]).toEqual(['DISABLED', 'RULE']);
  });

  it('is one whose bucketing is of a later release, where it has a distribution', () => {
    const distribution = [{ variant: 'on', weight: 1 }];
    const flags = [flagOf('a', { bucketing: 9, distribution, isEnabledGlobally: true }), flagOf('b', { bucketing: 9 })];
    const snapshot = compileSnapshot(configurationOf(flags));
    expect(snapshot.failures).toEqual([{ flagKey: 'a', message: expect.stringContaining('bucketing 9') }]);
    expect(reasonOf(snapshot, 'a')).toBe('DISABLED');
  });

  it('keeps its last compiled form, however often it fails', () => {
    let snapshot = good;
    for (let version = 2; version < 5; version++) {
      snapshot = compileSnapshot(
        configurationOf([withRule('a', UNKNOWN_FACT, { version })], { revision: version }),
        snapshot,
      );
      expect(snapshot.failures.map(({ flagKey }) => flagKey)).toEqual(['a']);
      expect(evaluate(snapshot, 'a', verified, undefined, undefined, NOW)).toMatchObject({
        reason: 'RULE',
        flagVersion: 1,
      });
    }
  });

  it('takes the marks that are stored, though it keeps its form', () => {
    const marked = configurationOf([withRule('a', UNKNOWN_FACT, { version: 2, hasRows: true, unsettledSince: 2 })]);
    expect(compileSnapshot(marked, good).flags.get('a')?.flag).toMatchObject({
      ...{ version: 1, hasRows: true, unsettledSince: 2 },
    });
  });

  it('leaves its key to the flag that has got it since', () => {
    const [{ id }, rest] = [withRule('a', VERIFIED), { version: 2, archived: true }];
    const configuration = configurationOf([
      withRule(id, UNKNOWN_FACT, { ...rest, id }),
      withRule('a', VERIFIED, { id: 'flg_anew' }),
    ]);
    const snapshot = compileSnapshot(configuration, good);
    expect(snapshot.failures.map(({ flagKey }) => flagKey)).toEqual([id]);
    expect(['a', id].map((key) => snapshot.flags.get(key)?.flag)).toMatchObject([
      { id: 'flg_anew', key: 'a' },
      { id, key: id, version: 1, archived: true },
    ]);
    expect(snapshot.flagsById.get(id)?.flag.key).toBe(id);
  });

  it('keeps the segments that it was last compiled with, however often those fail', () => {
    const flags = [withRule('a', { condition: 'people' })];
    let snapshot = compileSnapshot(configurationOf(flags, { segments: [segmentOf('people', VERIFIED)] }));
    for (let revision = 2; revision < 5; revision++) {
      const segments = [segmentOf('people', UNKNOWN_FACT)];
      snapshot = compileSnapshot(configurationOf(flags, { revision, segments }), snapshot);
      expect(snapshot.failures).toHaveLength(1);
      expect(reasonOf(snapshot, 'a')).toBe('RULE');
    }
    const segments = [segmentOf('people', NOT_VERIFIED)];
    snapshot = compileSnapshot(configurationOf(flags, { revision: 5, segments }), snapshot);
    expect(snapshot.failures).toEqual([]);
    expect(reasonOf(snapshot, 'a')).toBe('DEFAULT');
  });

  it('can still be switched off and archived, and a switched-off form is not switched on by it', () => {
    const next = (given: Partial<Flag>, from = good) =>
      compileSnapshot(configurationOf([withRule('a', UNKNOWN_FACT, given)], { revision: 2 }), from);
    const off = next({ active: false });
    expect(reasonOf(off, 'a')).toBe('DISABLED');
    expect(reasonOf(next({ archived: true }), 'a')).toBe('FLAG_NOT_FOUND');
    expect(reasonOf(next({ active: true }, off), 'a')).toBe('DISABLED');
  });

  it('is gone when it is no longer in the configuration', () => {
    expect(reasonOf(compileSnapshot(configurationOf([]), good), 'a')).toBe('FLAG_NOT_FOUND');
  });

  it.each([
    ['segments that refer to themselves', { condition: 'loop' }],
    ['a segment that there is not', { condition: 'none' }],
    ['an operator that there is not', { all: [{ fact: 'role', operator: 'resembles', value: 'x' }] }],
    ['what is no condition', { whatever: 1 }],
    ['a list in place of an object', { all: [[]] }],
  ])('fails the snapshot with none of: %s', (_name, conditions) => {
    const segments = [segmentOf('loop', { all: [{ condition: 'loop' }] })];
    const snapshot = compileSnapshot(configurationOf([withRule('a', conditions as never)], { segments }), good);
    expect(reasonOf(snapshot, 'a')).toBe('RULE');
    expect(snapshot.failures).toHaveLength(1);
  });
});
