import { describe, expect, it } from '@jest/globals';
import { afterUnlocking, flagOf, latchingFlag, requires, ruleOf, segmentOf, snapshotOf } from '../testing/samples.js';
import { rulesInScope, scopeOf } from './flag-scope.js';
import { bothNeeds, needsOfFlag, type StateNeeds } from './state-needs.js';

const count = (action: string, more: object = {}) => ({
  all: [{ fact: 'actionCount', params: { action, ...more }, operator: 'greaterThanInclusive', value: 1 }],
});
const keysOf = (of: ReturnType<typeof scopeOf>) => ({
  decided: [...of.decided].sort(),
  unlocked: [...of.unlocked].sort(),
});

describe('what a flag’s decisions depend on', () => {
  it('is what it requires, and what those require, and no other flag', () => {
    const snapshot = snapshotOf([
      flagOf('a', { prerequisites: requires('b') }),
      flagOf('b', { prerequisites: requires('c', 'nowhere') }),
      flagOf('c'),
      flagOf('other', { prerequisites: requires('a') }),
    ]);
    expect(keysOf(scopeOf(snapshot, 'a'))).toEqual({ decided: ['a', 'b', 'c'], unlocked: [] });
    expect(keysOf(scopeOf(snapshot, 'c'))).toEqual({ decided: ['c'], unlocked: [] });
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
    expect(keysOf(scopeOf(snapshot, 'a'))).toEqual({ decided: ['a'], unlocked: ['first', 'zeroth'] });
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
    const scope = scopeOf(snapshot, 'a');
    expect(keysOf(scope)).toEqual({ decided: ['a'], unlocked: ['first'] });
    expect(rulesInScope(snapshot, scope).map(({ rule }) => rule.id)).toEqual(['rul_a', 'rul_first']);
  });

  it('is nothing for a flag that is not there', () => {
    expect(keysOf(scopeOf(snapshotOf([]), 'a'))).toEqual({ decided: [], unlocked: [] });
  });
});

describe('what a flag’s decisions read of a user', () => {
  it('are the counters of the rules in scope alone', () => {
    const snapshot = snapshotOf([
      flagOf('a', {
        prerequisites: requires('b'),
        rules: [ruleOf('rul_a', { conditions: { any: [count('save'), afterUnlocking('first')] } })],
      }),
      flagOf('b', { rules: [ruleOf('rul_b', { conditions: count('share', { windowDays: 7 }) })] }),
      latchingFlag('first', count('open')),
      latchingFlag('other', count('delete')),
    ]);
    const { actions, days, stagesReached, access } = needsOfFlag(snapshot, 'a');
    expect([...actions!].sort()).toEqual(['open', 'save', 'share']);
    expect([...days!]).toEqual(['share']);
    expect({ stagesReached, access }).toEqual({ stagesReached: false, access: true });
    expect(needsOfFlag(snapshot, 'first').actions).toEqual(new Set(['open']));
  });

  it('of two pieces of work is what either reads', () => {
    const one: StateNeeds = {
      actions: new Set(['a']),
      days: undefined,
      stagesReached: false,
      access: false,
      organizations: false,
    };
    const other: StateNeeds = {
      actions: new Set(['b']),
      days: new Set(['b']),
      stagesReached: true,
      access: false,
      organizations: false,
    };
    expect(bothNeeds(one, other)).toEqual({
      actions: new Set(['a', 'b']),
      days: undefined,
      stagesReached: true,
      access: false,
      organizations: false,
    });
  });
});
