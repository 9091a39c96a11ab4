import { describe, expect, it } from '@jest/globals';
import { flagOf, fromDay, NOW, requires, ruleOf, snapshotOf } from '../testing/samples.js';
import { evaluateStateless } from './evaluate-stateless.js';

describe('evaluateStateless', () => {
  const snapshot = snapshotOf([
    flagOf('off', { active: false }),
    flagOf('later', { startsAt: NOW + 1_000 }),
    flagOf('gone', { archived: true }),
    flagOf('global', { isEnabledGlobally: true }),
    flagOf('rules', { rules: [ruleOf('r', { conditions: fromDay(7) })] }),
    flagOf('needs_off', { prerequisites: requires('rules', 'off') }),
    flagOf('needs_later', { endsAt: NOW + 5_000, prerequisites: requires('rules', 'later') }),
    flagOf('needs_rules', { prerequisites: requires('rules') }),
    flagOf('needs_needs', { prerequisites: requires('needs_rules', 'needs_later') }),
    flagOf('a', { prerequisites: requires('b') }),
    flagOf('b', { prerequisites: requires('a') }),
  ]);
  const decide = (key: string) => evaluateStateless(snapshot, key, NOW);

  it('answers where the flag itself says no to everyone', () => {
    expect(decide('unknown')).toMatchObject({ enabled: false, reason: 'FLAG_NOT_FOUND' });
    expect(decide('gone')).toMatchObject({ reason: 'FLAG_NOT_FOUND' });
    expect(decide('off')).toMatchObject({ reason: 'DISABLED' });
    expect(decide('later')).toMatchObject({ reason: 'DISABLED', validUntil: NOW + 1_000 });
  });

  it('does not answer where a user’s rows or rules could', () => {
    expect(decide('global')).toBeUndefined();
    expect(decide('rules')).toBeUndefined();
    expect(decide('needs_rules')).toBeUndefined();
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
