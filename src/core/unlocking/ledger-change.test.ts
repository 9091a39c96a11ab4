import { describe, expect, it } from '@jest/globals';
import { foldLedger, type LedgerKind } from '../states/ledger.js';
import { flagOf, ruleOf, snapshotOf } from '../testing/samples.js';
import { type ManualKind, targetsOf } from './ledger-change.js';

const flag = flagOf('a', { rules: [ruleOf('first', { version: 3, policy: 'LATCHING' }), ruleOf('live')] });
const compiled = snapshotOf([flag]).flags.get('a')!;

const entry = (ruleId: string, kind: LedgerKind) => ({ flagId: 'flg_a', ruleId, kind, ruleVersion: 2, earnedAt: 0 });
const ledger = foldLedger([entry('first', 'unlocked'), entry('gone', 'unlocked'), entry('', 'granted')]);
const barred = foldLedger([entry('first', 'revoked'), entry('', 'granted')]);

const ids = (kind: ManualKind, ruleId: string, of = ledger) =>
  targetsOf(kind, compiled, of, ruleId)?.map((target) => target.ruleId);

describe('what a change by hand is about', () => {
  it.each([
    ['granted', '', ledger, []],
    ['granted', '', foldLedger([]), ['']],
    ['granted', 'first', ledger, ['first']],
    ['granted', 'first', barred, ['first']],
    ['granted', 'live', ledger, ['live']],
    ['granted', 'gone', ledger, undefined],
    ['revoked', '', ledger, ['first', 'gone', '', 'live']],
    ['revoked', '', barred, ['', 'live']],
    ['revoked', '', foldLedger([]), ['first', 'live']],
    ['revoked', 'gone', ledger, ['gone']],
    ['revoked', 'first', barred, []],
    ['revoked', 'none', ledger, undefined],
    ['rearmed', '', ledger, ['first', 'gone', '']],
    ['rearmed', '', foldLedger([]), []],
    ['rearmed', 'first', barred, ['first']],
    ['rearmed', 'live', ledger, []],
    ['rearmed', 'none', ledger, undefined],
  ] as const)('%s of %j', (kind, ruleId, of, expected) => {
    expect(ids(kind, ruleId, of)?.toSorted()).toEqual(expected?.toSorted());
  });

  it('carries the rule’s present version, and of a rule that is gone the one that stands', () => {
    expect(targetsOf('revoked', compiled, ledger, '')).toEqual(
      expect.arrayContaining([
        { ruleId: 'first', ruleVersion: 3 },
        { ruleId: 'gone', ruleVersion: 2 },
      ]),
    );
    expect(targetsOf('granted', compiled, foldLedger([]), '')).toEqual([{ ruleId: '', ruleVersion: 0 }]);
  });

  it('leaves other flags alone', () => {
    const other = foldLedger([{ ...entry('first', 'unlocked'), flagId: 'flg_b' }]);
    expect(targetsOf('rearmed', compiled, other, '')).toEqual([]);
  });
});
