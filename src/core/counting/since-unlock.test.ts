import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isUnlocked } from '../deciding/unlocks.js';
import type { Flag } from '../flags/flag.js';
import { arbitraryFlag, arbitraryLedger } from '../testing/arbitrary-world.js';
import { flagOf, NOW, ruleOf, snapshotOf } from '../testing/samples.js';
import { DAY_MS } from '../values/time/time.js';
import { comesAfterUnlock, earnedAt, unlockReadAfter, unlockReadOf } from './since-unlock.js';

const withoutConditions = (flag: Flag): Flag => ({
  ...flag,
  rules: flag.rules.map((rule) => ({ ...rule, conditions: {} })),
});

describe('what a flag’s unlocks come to', () => {
  it('is that it was earned where its unlocked fact is true, after a change of the flag, too', () => {
    let earned = 0;
    fc.assert(
      fc.property(arbitraryFlag(0), arbitraryFlag(0), arbitraryLedger, (one, other, ledger) => {
        const [before, after] = [one, other].map(withoutConditions) as [Flag, Flag];
        const read = unlockReadOf(before);
        expect(earnedAt(ledger, read) !== undefined).toBe(isUnlocked(snapshotOf([before]).flags.get(one.key), ledger));
        const isOn = isUnlocked(snapshotOf([after]).flags.get(one.key), ledger);
        expect(earnedAt(ledger, unlockReadOf(after)) !== undefined).toBe(isOn);
        if (isOn) earned += 1;
      }),
      { numRuns: 300 },
    );
    expect(earned).toBeGreaterThan(5);
  });

  it('stays where a change of the flag does not matter to it', () => {
    const latching = ruleOf('kept', { policy: 'LATCHING', version: 2 });
    const before = flagOf('f', { rules: [latching] });
    const read = unlockReadOf(before);
    const live = ruleOf('live');
    const changed = { ...before, rules: [live, latching, ruleOf('more', { policy: 'LATCHING' })] };
    expect(unlockReadAfter(read, before, changed)).toEqual(read);
    const latchesNoMore = { ...before, rules: [{ ...latching, policy: 'LIVE' as const }] };
    expect(unlockReadAfter(read, before, latchesNoMore).floors).toEqual({ kept: null });
    const relocked = { ...before, rules: [{ ...latching, ledgerFloor: 2 }] };
    expect(unlockReadAfter(read, before, relocked).floors).toEqual({ kept: 2 });
  });

  it('is the first of them that counts, after which an event comes that occurred later and was received later', () => {
    const unlock = unlockReadOf(flagOf('f', { rules: [ruleOf('void', { policy: 'LATCHING', ledgerFloor: 3 })] }));
    const standing = (state: 'UNLOCKED' | 'GRANTED' | 'REVOKED', earned: number) => ({
      state,
      ruleVersion: 1,
      earnedAt: earned,
    });
    const rules = {
      void: standing('UNLOCKED', NOW - 9),
      constructor: standing('UNLOCKED', NOW),
      barred: standing('REVOKED', NOW - 5),
      given: standing('GRANTED', NOW + 1),
    };
    const ledger = new Map([['flg_f', new Map(Object.entries(rules))]]);
    expect(earnedAt(ledger, unlock)).toBe(NOW);
    const comes = (occurredAt: number, receivedAt = occurredAt) =>
      comesAfterUnlock({ occurredAt, receivedAt }, { unlock, withinDays: 1 }, ledger);
    expect([comes(NOW), comes(NOW + 1), comes(NOW + 5, NOW), comes(NOW + DAY_MS), comes(NOW + DAY_MS + 1)]).toEqual([
      ...[false, true, false, true, false],
    ]);
    expect(comesAfterUnlock({ occurredAt: NOW }, { unlock }, new Map())).toBe(false);
  });
});
