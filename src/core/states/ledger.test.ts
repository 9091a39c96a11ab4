import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { foldLedger, type LedgerFold, type LedgerKind } from './ledger.js';

function entry(kind: LedgerKind, given: Partial<LedgerFold> = {}): LedgerFold {
  return { flagId: 'flg_a', ruleId: 'rul_1', ruleVersion: 1, kind, earnedAt: 10, ...given };
}

function stands(...kinds: LedgerKind[]): string | undefined {
  return foldLedger(kinds.map((kind) => entry(kind)))
    .get('flg_a')
    ?.get('rul_1')?.state;
}

describe('folding the ledger', () => {
  it.each<[string, LedgerKind[], string | undefined]>([
    ['nothing stands after nothing', [], undefined],
    ['an unlock stands', ['unlocked'], 'UNLOCKED'],
    ['a grant stands', ['granted'], 'GRANTED'],
    ['a grant stands above an unlock', ['unlocked', 'granted'], 'GRANTED'],
    ['earning a granted rule takes nothing from the grant', ['granted', 'unlocked'], 'GRANTED'],
    ['a revocation bars', ['unlocked', 'revoked'], 'REVOKED'],
    ['a revocation bars what was granted', ['granted', 'revoked'], 'REVOKED'],
    ['earning does not lift the bar', ['revoked', 'unlocked'], 'REVOKED'],
    ['locking again does not lift the bar', ['revoked', 'relocked'], 'REVOKED'],
    ['a grant lifts the bar', ['revoked', 'granted'], 'GRANTED'],
    ['rearming lifts the bar', ['revoked', 'rearmed'], undefined],
    ['after rearming it can be earned', ['revoked', 'rearmed', 'unlocked'], 'UNLOCKED'],
    ['locking again forgets an unlock', ['unlocked', 'relocked'], undefined],
    ['locking again forgets a grant', ['granted', 'relocked'], undefined],
    ['after locking again it can be earned anew', ['unlocked', 'relocked', 'unlocked'], 'UNLOCKED'],
    ['what is forgotten may be forgotten again', ['relocked', 'rearmed'], undefined],
  ])('%s', (_name, kinds, state) => {
    expect(stands(...kinds)).toBe(state);
  });

  it('keeps rules, flags and the flag as a whole apart', () => {
    const folded = foldLedger([
      entry('unlocked'),
      entry('granted', { ruleId: '' }),
      entry('revoked', { ruleId: 'constructor' }),
      entry('unlocked', { flagId: '__proto__', ruleVersion: 3, earnedAt: 20 }),
    ]);
    expect([...folded.get('flg_a')!].map(([rule, { state }]) => [rule, state])).toEqual([
      ['rul_1', 'UNLOCKED'],
      ['', 'GRANTED'],
      ['constructor', 'REVOKED'],
    ]);
    expect(folded.get('__proto__')!.get('rul_1')).toEqual({ state: 'UNLOCKED', ruleVersion: 3, earnedAt: 20 });
  });

  it('takes the version and the instant of the newest unlock', () => {
    const folded = foldLedger([entry('unlocked'), entry('unlocked', { ruleVersion: 2, earnedAt: 30 })]);
    expect(folded.get('flg_a')!.get('rul_1')).toEqual({ state: 'UNLOCKED', ruleVersion: 2, earnedAt: 30 });
  });

  const entries = fc.array(
    fc.record({
      flagId: fc.constantFrom('flg_a', 'flg_b', '__proto__'),
      ruleId: fc.constantFrom('', 'rul_1', 'rul_2'),
      ruleVersion: fc.nat(3),
      kind: fc.constantFrom<LedgerKind>('unlocked', 'granted', 'revoked', 'rearmed', 'relocked'),
      earnedAt: fc.nat(100),
    }),
  );

  it('can go on from where it stopped, and leaves what it goes on from as it was', () => {
    fc.assert(
      fc.property(entries, entries, (first, second) => {
        const base = foldLedger(first);
        const before = foldLedger(first);
        expect(foldLedger(second, base)).toEqual(foldLedger([...first, ...second]));
        expect(base).toEqual(before);
      }),
    );
  });
});
