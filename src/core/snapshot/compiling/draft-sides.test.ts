import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../deciding/evaluate.js';
import type { UserState } from '../../states/user-state.js';
import { arbitraryWorld, KEYS } from '../../testing/arbitrary-world.js';
import {
  configurationOf,
  flagOf,
  latchingFlag,
  ruleOf,
  segmentOf,
  snapshotOf,
  userOf,
  VERIFIED,
} from '../../testing/samples.js';
import { latch } from '../../unlocking/latch.js';
import type { Snapshot } from '../snapshot.js';
import { needsOfFlag, type StateNeeds } from '../state-needs.js';
import { compileChanges, compileSnapshot } from './compile-snapshot.js';
import { draftSides } from './draft-sides.js';

/** What a page of users holds of one of them. */
function loaded(user: UserState, { actions, days, stagesReached, access }: StateNeeds): UserState {
  const only = <T>(all: ReadonlyMap<string, T>, names: ReadonlySet<string> | undefined) =>
    new Map([...all].filter(([name]) => names === undefined || names.has(name)));
  return {
    ...user,
    actions: only(user.actions, actions),
    actionDays: only(user.actionDays, days),
    stagesReached: stagesReached ? user.stagesReached : [],
    access: access ? user.access : [],
  };
}

describe('the two sides of a draft', () => {
  it('decide and latch as the whole configuration does, on what is loaded of a user', () => {
    fc.assert(
      fc.property(arbitraryWorld, fc.constantFrom(...KEYS), fc.integer({ min: -40, max: 40 }), (world, key, days) => {
        const { snapshot, user, organization } = world;
        const now = Date.UTC(2025, 5, 15, 10, 30) + days * 86_400_000;
        const { before, after } = draftSides(snapshot, snapshot.flags.get(key)!.flag);
        for (const side of [before, after]) {
          const some = loaded(user, needsOfFlag(side, key));
          const decided = evaluate(side, key, some, organization, undefined, now);
          expect(decided).toEqual(evaluate(snapshot, key, user, organization, undefined, now));
          const [part, all] = [latch(side, some, organization, now), latch(snapshot, user, organization, now)];
          const settled = evaluate(side, key, part.user, organization, undefined, now);
          expect(settled).toEqual(evaluate(snapshot, key, all.user, organization, undefined, now));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('hold the flag as it is and as it would be, and nothing that it does not depend on', () => {
    const present = flagOf('a', { rules: [ruleOf('rul_a', { conditions: VERIFIED })] });
    const snapshot = snapshotOf([present, latchingFlag('other', VERIFIED)]);
    const { before, after } = draftSides(snapshot, { ...present, version: 2, active: false });
    expect([...before.flags.keys()]).toEqual(['a']);
    expect(before.flags.get('a')!.flag).toEqual(present);
    expect(after.flags.get('a')!.flag).toMatchObject({ version: 2, active: false });
    expect([...after.flags.keys()]).toEqual(['a']);
  });

  it('hold a segment that changes with it as it is before, and as it would be after', () => {
    const flag = flagOf('a', { rules: [ruleOf('rul_a', { conditions: { condition: 'known' } })] });
    const other = flagOf('b', { rules: [ruleOf('rul_b', { conditions: { condition: 'known' } })] });
    const snapshot = snapshotOf([flag, other], { segments: [segmentOf('known', VERIFIED)] });
    const drafted = compileChanges(snapshot, {
      ...{ revision: snapshot.revision, flags: [], roleAccess: [] },
      segments: [segmentOf('known', { not: VERIFIED })],
    });
    const { before, after } = draftSides(snapshot, flag, [], drafted);
    const isOn = (side: Snapshot, emailVerified: boolean) =>
      evaluate(side, 'a', userOf({ emailVerified }), undefined, undefined, 0).enabled;
    expect([true, false].map((verified) => isOn(before, verified))).toEqual([true, false]);
    expect([true, false].map((verified) => isOn(after, verified))).toEqual([false, true]);
    expect([...before.flags.keys(), ...after.flags.keys()]).toEqual(['a', 'a']);
  });

  it('hold nothing before of a flag that is new', () => {
    const { before, after } = draftSides(snapshotOf([]), flagOf('a'));
    expect([before.flags.size, after.flags.size]).toEqual([0, 1]);
  });

  it('take the last form of what cannot be compiled, with what that one depends on', () => {
    const conditions = { all: [{ fact: 'unlocked', params: { flag: 'first' }, operator: 'equal', value: true }] };
    const first = latchingFlag('first', VERIFIED);
    const last = flagOf('gate', { rules: [ruleOf('rul_gate', { conditions })] });
    const broken = { ...last, rules: [ruleOf('rul_gate', { conditions: { all: [{ condition: 'nowhere' }] } })] };
    const present = flagOf('a', { prerequisites: [{ flagKey: 'gate', variant: '' }] });
    const sound = snapshotOf([first, last, present]);
    const { before } = draftSides(compileSnapshot(configurationOf([first, broken, present]), sound), present);
    expect([...before.flags.keys()].sort()).toEqual(['a', 'first', 'gate']);
    expect(before.flags.get('gate')!.flag.rules).toEqual(last.rules);
  });
});
