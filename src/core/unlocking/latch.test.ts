import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instant } from '../conditions/testing/arbitrary-conditions.js';
import { subjectOf } from '../deciding/subject.js';
import type { Flag } from '../flags/flag.js';
import { foldLedger, type LedgerKind } from '../states/ledger.js';
import type { UserState } from '../states/user-state.js';
import { arbitraryWorld, instantsToTry } from '../testing/arbitrary-world.js';
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
} from '../testing/samples.js';
import { DAY_MS } from '../values/time/time.js';
import { latch, nextLatchAt } from './latch.js';

function latched(flags: readonly Flag[], user: UserState, now = NOW): readonly string[] {
  return latch(snapshotOf(flags), user, undefined, now).unlocks.map(({ entry }) => entry.rule.id);
}

const verified = userOf({ emailVerified: true });

function ledgerOf(ruleId: string, ...kinds: LedgerKind[]) {
  return foldLedger(kinds.map((kind) => ({ flagId: 'flg_a', ruleId, ruleVersion: 1, kind, earnedAt: 0 })));
}

describe('latch', () => {
  it('unlocks what has become true, and nothing else', () => {
    const flags = [
      latchingFlag('a', VERIFIED),
      latchingFlag('b', fromDay(7)),
      flagOf('c', { rules: [ruleOf('live')] }),
    ];
    expect(latched(flags, verified)).toEqual(['rul_a']);
  });

  it('puts the unlock into the ledger of the state it gives, at the instant it is judged at', () => {
    const flags = [flagOf('a', { rules: [ruleOf('r', { policy: 'LATCHING', version: 4 })] })];
    const { user } = latch(snapshotOf(flags), verified, undefined, NOW + 5);
    expect(user.ledger.get('flg_a')?.get('r')).toEqual({ state: 'UNLOCKED', ruleVersion: 4, earnedAt: NOW + 5 });
    expect(verified.ledger.size).toBe(0);
  });

  it('gives the very same state when nothing has become true', () => {
    const user = userOf();
    expect(latch(snapshotOf([latchingFlag('a', VERIFIED)]), user, undefined, NOW)).toEqual({ user, unlocks: [] });
    expect(latch(snapshotOf([latchingFlag('a', VERIFIED)]), user, undefined, NOW).user).toBe(user);
  });

  it('judges no past instant by a rule that did not mean then what it means now', () => {
    const rules = [ruleOf('r', { policy: 'LATCHING', conditions: VERIFIED, changedAt: NOW })];
    expect(latched([flagOf('a', { rules })], verified, NOW - 1)).toEqual([]);
    expect(latched([flagOf('a', { rules })], verified, NOW)).toEqual(['r']);
  });

  it('unlocks each rule of a flag once', () => {
    const rules = ['one', 'two'].map((id) => ruleOf(id, { policy: 'LATCHING', conditions: VERIFIED }));
    const snapshot = snapshotOf([flagOf('a', { rules })]);
    const { user, unlocks } = latch(snapshot, verified, undefined, NOW);
    expect(unlocks.map(({ entry }) => entry.rule.id)).toEqual(['one', 'two']);
    expect(latch(snapshot, user, undefined, NOW).unlocks).toEqual([]);
  });

  it('asks neither whether the flag is on, nor when, nor for whom: only whether it is archived', () => {
    const rules = (id: string) => [ruleOf(id, { policy: 'LATCHING' })];
    const flags = [
      flagOf('a', { rules: rules('switched off'), active: false }),
      flagOf('b', { rules: rules('over'), endsAt: NOW - 1 }),
      flagOf('c', { rules: rules('prerequisite'), prerequisites: [{ flagKey: 'a', variant: '' }] }),
      flagOf('d', { rules: rules('archived'), archived: true }),
      flagOf('e', { rules: rules('denied') }),
    ];
    const user = userOf({ access: [{ flagId: 'flg_e', managedBy: '', effect: 'DENY', enabled: true }] });
    expect(latched(flags, user)).toEqual(['switched off', 'over', 'prerequisite', 'denied']);
  });

  it('leaves out whom the rollout leaves out', () => {
    const rules = [ruleOf('r', { policy: 'LATCHING', rolloutPer100k: 0 })];
    expect(latched([flagOf('a', { rules })], verified)).toEqual([]);
  });

  it('does not unlock what is revoked until it is rearmed, nor what is granted', () => {
    const flags = [latchingFlag('a', VERIFIED)];
    const unlocks = (...kinds: LedgerKind[]) =>
      latched(flags, userOf({ emailVerified: true, ledger: ledgerOf('rul_a', ...kinds) }));
    expect(unlocks('revoked')).toEqual([]);
    expect(unlocks('revoked', 'relocked')).toEqual([]);
    expect(unlocks('granted')).toEqual([]);
    expect(unlocks('revoked', 'rearmed')).toEqual(['rul_a']);
    expect(unlocks('unlocked', 'relocked')).toEqual(['rul_a']);
  });

  it('unlocks anew what was earned below the ledger floor', () => {
    const rules = [ruleOf('rul_a', { policy: 'LATCHING', version: 2, ledgerFloor: 2 })];
    expect(latched([flagOf('a', { rules })], userOf({ ledger: ledgerOf('rul_a', 'unlocked') }))).toEqual(['rul_a']);
  });

  it('unlocks a chain of features at once, in whatever order the flags stand', () => {
    const chain = [
      latchingFlag('a', VERIFIED),
      latchingFlag('b', afterUnlocking('a')),
      latchingFlag('c', afterUnlocking('b')),
    ];
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      expect(
        latched(
          order.map((i) => chain[i]!),
          verified,
        ),
      ).toEqual(['rul_a', 'rul_b', 'rul_c']);
    }
  });

  it('unlocks a chain that leads through segments', () => {
    const segments = [segmentOf('inner', afterUnlocking('a')), segmentOf('outer', { all: [{ condition: 'inner' }] })];
    const flags = [latchingFlag('b', { condition: 'outer' }), latchingFlag('a', VERIFIED)];
    const { unlocks } = latch(snapshotOf(flags, { segments }), verified, undefined, NOW);
    expect(unlocks.map(({ entry }) => entry.rule.id)).toEqual(['rul_a', 'rul_b']);
  });

  it('unlocks all that follows in one call, for any dependencies without a circle', () => {
    const links = fc.integer({ min: 1, max: 8 }).chain((size) =>
      fc.tuple(
        fc.tuple(...Array.from({ length: size }, (_, i) => fc.subarray(Array.from({ length: i }, (_, j) => `f${j}`)))),
        fc.array(fc.boolean(), { minLength: size, maxLength: size }),
        fc.shuffledSubarray(
          Array.from({ length: size }, (_, i) => i),
          { minLength: size },
        ),
      ),
    );
    fc.assert(
      fc.property(links, ([needs, possible, order]) => {
        const flags = needs.map((keys, i) => {
          const { all } = afterUnlocking(...keys) as { all: never[] };
          const own = { fact: 'emailVerified', operator: 'equal', value: possible[i]! };
          return latchingFlag(`f${i}`, { all: [...all, own] });
        });
        const earned = new Set<string>();
        for (const [i, keys] of needs.entries()) {
          if (possible[i] && keys.every((key) => earned.has(key))) earned.add(`f${i}`);
        }
        const snapshot = snapshotOf(order.map((i) => flags[i]!));
        const { user, unlocks } = latch(snapshot, verified, undefined, NOW);
        expect(unlocks.map(({ compiled }) => compiled.flag.key).sort()).toEqual([...earned].sort());
        expect(latch(snapshot, user, undefined, NOW).unlocks).toEqual([]);
      }),
    );
  });
});

describe('the next instant at which time could unlock', () => {
  it('is the day that a rule asks for', () => {
    const user = userOf({ joinedAt: NOW });
    expect(nextLatchAt(snapshotOf([latchingFlag('a', fromDay(7))]), user, undefined, NOW)).toBe(NOW + 7 * DAY_MS);
  });

  it('is never without a rule that time moves', () => {
    const flags = [latchingFlag('a', VERIFIED), flagOf('b', { rules: [ruleOf('live', { conditions: fromDay(7) })] })];
    expect(nextLatchAt(snapshotOf(flags), userOf({ joinedAt: NOW }), undefined, NOW)).toBe(Infinity);
  });

  it('passes over what is unlocked, revoked, archived or outside the rollout', () => {
    const user = (kind: LedgerKind) => userOf({ joinedAt: NOW, ledger: ledgerOf('rul_a', kind) });
    const next = (flag: Flag, state: UserState) => nextLatchAt(snapshotOf([flag]), state, undefined, NOW);
    const flag = latchingFlag('a', fromDay(7));
    expect(next(flag, user('unlocked'))).toBe(Infinity);
    expect(next(flag, user('revoked'))).toBe(Infinity);
    expect(next(flag, user('rearmed'))).toBe(NOW + 7 * DAY_MS);
    expect(next({ ...flag, archived: true }, user('rearmed'))).toBe(Infinity);
    expect(next({ ...flag, rules: flag.rules.map((rule) => ({ ...rule, rolloutPer100k: 0 })) }, user('rearmed'))).toBe(
      Infinity,
    );
  });

  it('misses nothing: before it, time unlocks nothing, for random flags', () => {
    let found = 0;
    fc.assert(
      fc.property(arbitraryWorld, instant, (world, now) => {
        const { snapshot, organization } = world;
        let { user, unlocks } = latch(snapshot, world.user, organization, now);
        // Generated conditions may lead back to themselves, which takes more than one round.
        while (unlocks.length > 0) ({ user, unlocks } = latch(snapshot, user, organization, now));
        const next = nextLatchAt(snapshot, user, organization, now);
        expect(next).toBeGreaterThan(now);
        const { values } = subjectOf(snapshot, user, organization, undefined);
        for (const at of instantsToTry(world, values, now, next)) {
          const missed = latch(snapshot, user, organization, at).unlocks;
          if (missed.length > 0) throw new Error(`${missed[0]!.entry.rule.id} unlocks at ${at}, before ${next}`);
        }
        if (next !== Infinity && latch(snapshot, user, organization, next).unlocks.length > 0) found += 1;
      }),
      { numRuns: 1000 },
    );
    expect(found).toBeGreaterThan(0);
  });
});
