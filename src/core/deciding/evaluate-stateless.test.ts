import { describe, expect, it } from '@jest/globals';
import type { Snapshot } from '../snapshot/snapshot.js';
import { flagOf, fromDay, NOW, requires, rowOf, ruleOf, snapshotOf, userOf } from '../testing/samples.js';
import { evaluate } from './evaluate.js';
import { evaluateStateless } from './evaluate-stateless.js';

describe('evaluateStateless', () => {
  const snapshot = snapshotOf([
    flagOf('off', { active: false }),
    flagOf('later', { startsAt: NOW + 1_000 }),
    flagOf('gone', { archived: true }),
    flagOf('global', { isEnabledGlobally: true }),
    flagOf('rules', { rules: [ruleOf('r', { conditions: fromDay(7) })] }),
    flagOf('needs_global', { isEnabledGlobally: true, prerequisites: requires('global') }),
    flagOf('needs_global_and_rules', { isEnabledGlobally: true, prerequisites: requires('global', 'rules') }),
    flagOf('needs_blue', { isEnabledGlobally: true, prerequisites: [{ flagKey: 'global', variant: 'blue' }] }),
    flagOf('needs_off', { prerequisites: requires('rules', 'off') }),
    flagOf('needs_later', { endsAt: NOW + 5_000, prerequisites: requires('rules', 'later') }),
    flagOf('needs_rules', { prerequisites: requires('rules') }),
    flagOf('needs_needs', { prerequisites: requires('needs_rules', 'needs_later') }),
    flagOf('a', { prerequisites: requires('b') }),
    flagOf('b', { prerequisites: requires('a') }),
  ]);
  const answer = (of: Snapshot, key: string, more: { readonly userId?: string; readonly newest?: boolean } = {}) =>
    evaluateStateless({ snapshot: of, userId: 'ada', newest: true, now: NOW, ...more }, key);
  const decide = (key: string) => answer(snapshot, key);

  it('answers where the flag itself says no to everyone', () => {
    expect(decide('unknown')).toMatchObject({ enabled: false, reason: 'FLAG_NOT_FOUND' });
    expect(decide('gone')).toMatchObject({ reason: 'FLAG_NOT_FOUND' });
    expect(decide('off')).toMatchObject({ reason: 'DISABLED' });
    expect(decide('later')).toMatchObject({ reason: 'DISABLED', validUntil: NOW + 1_000 });
  });

  it('does not answer where a user’s rules or ledger could', () => {
    expect(decide('rules')).toBeUndefined();
    expect(decide('needs_rules')).toBeUndefined();
  });

  it('answers for a flag that is on for everyone, with the variant of this very user', () => {
    expect(decide('global')).toMatchObject({ enabled: true, reason: 'GLOBAL', variant: 'on' });
    const distribution = ['a', 'b', 'c'].map((variant) => ({ variant, weight: 1 }));
    const variants = ['off', 'a', 'b', 'c'].map((key) => ({ key, value: key }));
    const split = snapshotOf([flagOf('split', { isEnabledGlobally: true, type: 'STRING', variants, distribution })]);
    const ids = Array.from({ length: 50 }, (_, i) => `user ${i}`);
    const said = ids.map((userId) => answer(split, 'split', { userId })!.variant);
    expect(said).toEqual(ids.map((id) => evaluate(split, 'split', userOf({ id }), undefined, undefined, NOW).variant));
    expect(new Set(said).size).toBe(3);
  });

  it('does not answer where a row could deny it: a user’s, an organization’s, or a role’s', () => {
    const global = flagOf('global', { isEnabledGlobally: true });
    const needing = flagOf('needing', { isEnabledGlobally: true, prerequisites: requires('global') });
    const marked = snapshotOf([{ ...global, hasRows: true }, needing]);
    expect(answer(marked, 'global')).toBeUndefined();
    expect(answer(marked, 'needing')).toBeUndefined();
    const denial = rowOf('global', { role: 'contractor', effect: 'DENY' });
    expect(answer(snapshotOf([global, needing], { roleAccess: [denial] }), 'global')).toBeUndefined();
    expect(answer(snapshotOf([global, needing], { roleAccess: [denial] }), 'needing')).toBeUndefined();
    expect(answer(snapshotOf([global], { roleAccess: [{ ...denial, enabled: false }] }), 'global')?.enabled).toBe(true);
  });

  it('does not answer by a configuration that is known to be an older one, where a newer one may have rows', () => {
    expect(answer(snapshot, 'global', { newest: false })).toBeUndefined();
    expect(answer(snapshot, 'needs_global', { newest: false })).toBeUndefined();
    expect(answer(snapshot, 'off', { newest: false })?.reason).toBe('DISABLED');
  });

  it('answers where every prerequisite is on for everyone, or one is with another variant than is asked', () => {
    expect(decide('needs_global')).toMatchObject({ enabled: true, reason: 'GLOBAL' });
    expect(decide('needs_global_and_rules')).toBeUndefined();
    expect(decide('needs_blue')).toMatchObject({ enabled: false, reason: 'PREREQUISITE_FAILED' });
  });

  it('answers where some prerequisite is off for everyone, though an earlier one depends on the user', () => {
    expect(decide('needs_off')).toMatchObject({ enabled: false, reason: 'PREREQUISITE_FAILED' });
    expect(decide('needs_off')).not.toHaveProperty('validUntil');
  });

  it('answers only until the prerequisite that it rests on may come on', () => {
    expect(decide('needs_later')).toMatchObject({ reason: 'PREREQUISITE_FAILED', validUntil: NOW + 1_000 });
    expect(decide('needs_needs')).toMatchObject({ reason: 'PREREQUISITE_FAILED', validUntil: NOW + 1_000 });
  });

  it('ends for prerequisites that lead back, in a damaged configuration', () => {
    expect(decide('a')).toBeUndefined();
  });
});
