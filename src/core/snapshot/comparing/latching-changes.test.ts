import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arbitraryTimeConditions } from '../../conditions/testing/arbitrary-conditions.js';
import type { Flag } from '../../flags/flag.js';
import { parseFlag } from '../../flags/parse-flag.js';
import type { RuleInput } from '../../flags/parse-rules.js';
import { foldLedger } from '../../states/ledger.js';
import { arbitraryWorld } from '../../testing/arbitrary-world.js';
import {
  afterUnlocking,
  flagOf,
  fromDay,
  latchingFlag,
  NOW,
  ruleOf,
  segmentOf,
  snapshotOf,
  userOf,
  VERIFIED,
} from '../../testing/samples.js';
import { latch } from '../../unlocking/latch.js';
import { forgottenUnlocks } from '../../unlocking/ledger-change.js';
import { changedFlags } from './changed-flags.js';
import { latchingByOrganization, latchingChanges } from './latching-changes.js';

const edited = (flag: Flag, rules: readonly RuleInput[], relock = false): Flag =>
  parseFlag({ key: flag.key, input: { rules }, existing: flag, now: NOW, newId: () => 'rul_new', relock }).flag;
const changes = (before: Flag, after: Flag) => latchingChanges(snapshotOf([before]), snapshotOf([after]));

describe('flags of which somebody may have earned more', () => {
  const flag = latchingFlag('a', VERIFIED);
  const [rule] = flag.rules;

  it('are those with a new latching rule, a flag out of the archive included', () => {
    expect(latchingChanges(snapshotOf([]), snapshotOf([flag, flagOf('live', { rules: [ruleOf('l')] })]))).toEqual([
      'flg_a',
    ]);
    expect(changes(flag, edited(flag, [rule!, { policy: 'LATCHING', conditions: fromDay(7) }]))).toEqual(['flg_a']);
    expect(changes(flag, edited(flag, [rule!, { policy: 'LIVE', conditions: fromDay(7) }]))).toEqual([]);
    expect(changes({ ...flag, archived: true }, flag)).toEqual(['flg_a']);
    expect(changes(flag, { ...flag, archived: true })).toEqual([]);
  });

  it('are those whose rule reads an action that is derived otherwise, by way of a segment, too', () => {
    const counts = { all: [{ fact: 'actionCount', params: { action: 'large' }, operator: 'greaterThan', value: 1 }] };
    const flags = [
      latchingFlag('own', counts),
      latchingFlag('by', { all: [{ condition: 'seg' }] }),
      flagOf('live', { rules: [ruleOf('l', { conditions: counts })] }),
      flag,
    ];
    const segments = [segmentOf('seg', counts)];
    const declared = (from: string) => {
      const derivation = { from: [from], where: {}, countsSince: 0 };
      return snapshotOf(flags, { segments, actions: [{ name: 'large', clientTrackable: false, derivation }] });
    };
    const none = snapshotOf(flags, { segments });
    expect(latchingChanges(none, declared('x'))).toEqual(['flg_by', 'flg_own']);
    expect(latchingChanges(declared('x'), declared('y'))).toEqual(['flg_by', 'flg_own']);
    expect(latchingChanges(declared('x'), none)).toEqual(['flg_by', 'flg_own']);
    expect(latchingChanges(declared('x'), declared('x'))).toEqual([]);
  });

  it('are those whose rule means something else, and not those that are renamed or switched', () => {
    expect(changes(flag, edited(flag, [{ ...rule, conditions: fromDay(7) }]))).toEqual(['flg_a']);
    expect(changes(flag, edited(flag, [{ ...rule, bucketBy: 'organization' }]))).toEqual(['flg_a']);
    expect(changes(flag, edited(flag, [{ ...rule, name: 'Verified people' }]))).toEqual([]);
    expect(changes(flag, { ...flag, name: 'Another name', active: false, version: 9 })).toEqual([]);
    const live = edited(flag, [{ ...rule, policy: 'LIVE' }]);
    expect(changes(live, edited(live, [{ ...live.rules[0], policy: 'LATCHING' }]))).toEqual(['flg_a']);
    expect(changes(flag, live)).toEqual(['flg_a']);
  });

  it('are those whose rollout was raised, and not those whose rollout was lowered', () => {
    const half = edited(flag, [{ ...rule, rolloutPer100k: 50_000 }]);
    expect(changes(flag, half)).toEqual([]);
    expect(changes(half, edited(half, [{ ...half.rules[0], rolloutPer100k: 50_001 }]))).toEqual(['flg_a']);
    const forgetting = edited(flag, [{ ...rule, rolloutPer100k: 50_000 }], true);
    expect(changes(flag, forgetting)).toEqual(['flg_a']);
  });

  it('are those of which a rule went with its unlocks, and not those that keep them', () => {
    expect(changes(flag, edited(flag, []))).toEqual([]);
    expect(changes(flag, edited(flag, [], true))).toEqual(['flg_a']);
  });

  it('are those of which a removed rule is made anew, and it latches or what it latched counts no longer', () => {
    const gone = edited(flag, []);
    for (const policy of ['LATCHING', 'LIVE']) {
      expect(changes(gone, edited(gone, [{ id: rule!.id, policy, conditions: VERIFIED }]))).toEqual(['flg_a']);
    }
    // Removing it once more forgets no more than RELOCK had forgotten before.
    const forgotten = edited(flag, [], true);
    const anew = edited(forgotten, [{ id: rule!.id }]);
    expect(changes(anew, edited(anew, []))).toEqual([]);
  });

  describe('that others read', () => {
    const archived: Flag = { ...flag, archived: true };
    const notUnlocked = { not: afterUnlocking('a') };
    const user = userOf({
      ledger: foldLedger([{ flagId: 'flg_a', ruleId: 'rul_a', ruleVersion: 1, kind: 'unlocked', earnedAt: NOW }]),
    });
    const earnedIn = (flags: readonly Flag[], segments = NO_SEGMENTS) =>
      latch(snapshotOf(flags, { segments }), user, undefined, NOW).unlocks.map(({ compiled }) => compiled.flag.key);
    const NO_SEGMENTS: readonly ReturnType<typeof segmentOf>[] = [];

    it('are those that have got the key of an archived one, though they latch nothing themselves', () => {
      const displaced: Flag = { ...archived, key: archived.id, version: 2 };
      const anew = flagOf('a', { id: 'flg_anew' });
      for (const [conditions, segments] of [
        [notUnlocked, NO_SEGMENTS],
        [{ condition: 'new' }, [segmentOf('new', notUnlocked)]],
      ] as const) {
        const reader = latchingFlag('reader', conditions);
        const [before, after] = [
          [archived, reader],
          [displaced, anew, reader],
        ];
        expect([earnedIn(before, segments), earnedIn(after, segments)]).toEqual([[], ['reader']]);
        expect(latchingChanges(snapshotOf(before, { segments }), snapshotOf(after, { segments }))).toEqual([
          'flg_anew',
        ]);
      }
      // Nobody reads it.
      expect(latchingChanges(snapshotOf([archived]), snapshotOf([displaced, anew]))).toEqual([]);
    });

    it('are archived ones of which unlocks count no longer, or again', () => {
      const reader = latchingFlag('reader', notUnlocked);
      for (const after of [
        edited(archived, [{ ...rule, policy: 'LIVE' }]),
        edited(archived, [{ ...rule, conditions: fromDay(7) }], true),
        edited(archived, [], true),
      ]) {
        const forgetting = { ...after, archived: true };
        expect([earnedIn([archived, reader]), earnedIn([forgetting, reader])]).toEqual([[], ['reader']]);
        expect(latchingChanges(snapshotOf([archived, reader]), snapshotOf([forgetting, reader]))).toEqual(['flg_a']);
      }
      const live = { ...edited(archived, [{ ...rule, policy: 'LIVE' }]), archived: true };
      const again = { ...edited(live, [{ ...live.rules[0], policy: 'LATCHING' }]), archived: true };
      const glad = latchingFlag('glad', afterUnlocking('a'));
      expect([earnedIn([live, glad]), earnedIn([again, glad])]).toEqual([[], ['glad']]);
      expect(latchingChanges(snapshotOf([live, glad]), snapshotOf([again, glad]))).toEqual(['flg_a']);
      const other = { ...edited(archived, [{ ...rule, conditions: fromDay(7) }]), archived: true };
      expect(changes(archived, other)).toEqual([]);
    });
  });

  it('are those that a segment reaches through another one, but for what it is called', () => {
    const flags = [latchingFlag('in', { all: [{ condition: 'outer' }] }), flag];
    const outer = segmentOf('outer', { all: [{ condition: 'inner' }] });
    const at = (conditions: typeof VERIFIED) =>
      snapshotOf(flags, { segments: [outer, segmentOf('inner', conditions)] });
    expect(latchingChanges(at(VERIFIED), at(fromDay(7)))).toEqual(['flg_in']);
    expect(latchingChanges(at(VERIFIED), at({ ...VERIFIED, name: 'Checked' } as never))).toEqual([]);
  });

  it('are those that count a segment, also in another segment', () => {
    const count = (segment: string) => ({
      all: [{ fact: 'metConditions', params: { segments: [segment] }, operator: 'equal', value: 1 }],
    });
    const flags = [latchingFlag('in', count('outer')), flag];
    const at = (conditions: typeof VERIFIED) =>
      snapshotOf(flags, { segments: [segmentOf('outer', count('inner')), segmentOf('inner', conditions)] });
    expect(latchingChanges(at(VERIFIED), at(fromDay(7)))).toEqual(['flg_in']);
  });

  it('are those that read the stages when their names or their order change', () => {
    const staged = latchingFlag('s', { all: [{ fact: 'stageIndex', operator: 'greaterThan', value: 0 }] });
    const at = (...names: string[]) =>
      snapshotOf([staged, flag], { stages: names.map((name) => ({ name, selfSettable: true })) });
    expect(latchingChanges(at('one', 'two'), at('two', 'one'))).toEqual(['flg_s']);
    expect(latchingChanges(at('one', 'two'), at('one', 'two'))).toEqual([]);
  });

  it('are those that read the default time zone, when it changes', () => {
    const hours = { fact: 'localTime', operator: 'lessThan', value: 540 };
    const elsewhere = { ...hours, params: { zone: 'Asia/Kolkata' } };
    const flags = [latchingFlag('here', { all: [hours] }), latchingFlag('there', { all: [elsewhere] }), flag];
    const at = (timeZone: string) => snapshotOf(flags, { timeZone });
    expect(latchingChanges(at('UTC'), at('Europe/Lisbon'))).toEqual(['flg_here']);
    expect(latchingChanges(at('UTC'), at('UTC'))).toEqual([]);
    expect([...changedFlags(at('UTC'), at('Europe/Lisbon'))]).toEqual(['here']);
  });

  it('are those that latch by an organization’s roles, attributes or time zone, when these change', () => {
    const byRole = latchingFlag('role', { all: [{ fact: 'roles', operator: 'contains', value: 'lead' }] });
    const fact = { fact: 'organizationAttribute', path: '$.plan', operator: 'equal', value: 'pro' };
    const byDay = latchingFlag('day', { all: [{ fact: 'dayOfWeek', operator: 'equal', value: 5 }] });
    const snapshot = snapshotOf([byRole, latchingFlag('plan', { all: [fact] }), byDay, flag]);
    expect(latchingByOrganization(snapshot, new Set(['roles']))).toEqual(['flg_role']);
    expect(latchingByOrganization(snapshot, new Set(['organization']))).toEqual(['flg_plan']);
    expect(latchingByOrganization(snapshot, new Set(['zone']))).toEqual(['flg_day']);
    expect(latchingByOrganization(snapshot, new Set())).toEqual([]);
  });

  const arbitraryEdit = fc.record({
    kind: fc.constantFrom('none', 'rename', 'rollout', 'conditions', 'remove', 'policy', 'archive', 'add', 'restore'),
    rollout: fc.constantFrom(0, 50_000, 100_000),
    conditions: arbitraryTimeConditions.map(({ conditions }) => conditions),
    relock: fc.boolean(),
    archived: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  });

  it('are never missed: where none is named, nobody has earned anything new or lost anything', () => {
    let quiet = 0;
    let busy = 0;
    fc.assert(
      fc.property(arbitraryWorld, fc.array(arbitraryEdit, { minLength: 3, maxLength: 3 }), (world, edits) => {
        const { snapshot, organization } = world;
        const before = snapshotOf(
          [...snapshot.flags.values()].map(({ flag }, i) => ({ ...flag, archived: edits[i]!.archived })),
          { segments: [...snapshot.segments.values()], stages: snapshot.stages },
        );
        const after = snapshotOf(
          [...before.flags.values()].map(({ flag }, i) => edit(flag, edits[i]!)),
          { segments: [...before.segments.values()], stages: before.stages },
        );
        const forgotten = forgottenUnlocks(before, world.user.ledger).map((unlock) => {
          return { ...unlock, kind: 'relocked' as const, earnedAt: 0 };
        });
        const upToDate = { ...world.user, ledger: foldLedger(forgotten, world.user.ledger) };
        const settled = latch(before, upToDate, organization, NOW).user;
        const { unlocks } = latch(after, settled, organization, NOW);
        const lost = forgottenUnlocks(after, settled.ledger);
        if (latchingChanges(before, after).length > 0) {
          if (unlocks.length + lost.length > 0) busy++;
          return;
        }
        quiet++;
        expect([...unlocks, ...lost]).toEqual([]);
      }),
      { numRuns: 600 },
    );
    expect(Math.min(quiet, busy)).toBeGreaterThan(5);
  });

  function edit(flag: Flag, { kind, rollout, conditions, relock }: ArbitraryEdit): Flag {
    const [first, ...rest] = flag.rules;
    if (kind === 'archive') return { ...flag, archived: !flag.archived };
    if (kind === 'add') return edited(flag, [...flag.rules, { policy: 'LATCHING', conditions }], relock);
    if (kind === 'restore') {
      const policy = rollout === 0 ? 'LIVE' : 'LATCHING';
      return edited(flag, [...flag.rules, { id: 'rul_removed', policy, conditions }], relock);
    }
    if (first === undefined || kind === 'none') return flag;
    if (kind === 'remove') return edited(flag, rest, relock);
    const other = first.policy === 'LIVE' ? 'LATCHING' : 'LIVE';
    const given = { rename: { name: 'x' }, rollout: { rolloutPer100k: rollout }, conditions: { conditions } };
    const change: RuleInput = kind === 'policy' ? { policy: other } : given[kind];
    return edited(flag, [{ ...first, ...change }, ...rest], relock);
  }

  type ArbitraryEdit = typeof arbitraryEdit extends fc.Arbitrary<infer Edit> ? Edit : never;
});
