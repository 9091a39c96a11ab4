import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instant } from '../conditions/testing/arbitrary-conditions.js';
import { decide } from '../deciding/evaluate.js';
import { subjectOf } from '../deciding/subject.js';
import type { Flag } from '../flags/flag.js';
import { arbitraryWorld, KEYS } from '../testing/arbitrary-world.js';
import { flagOf, ruleOf, snapshotOf } from '../testing/samples.js';
import { flagState } from './flag-state.js';

const EVERYBODY = { conditions: {} };
const FEW = { conditions: { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] } };

describe('the state of a flag', () => {
  const stateOf = (change: Partial<Flag>): string =>
    flagState(snapshotOf([flagOf('one', change), flagOf('other')]).flags.get('one')!, 1_000);

  it.each<[string, Partial<Flag>]>([
    ['OFF', {}],
    ['OFF', { isEnabledGlobally: true, active: false }],
    ['OFF', { isEnabledGlobally: true, endsAt: 1_000 }],
    ['OFF', { rules: [ruleOf('a', { ...FEW, rolloutPer100k: 0, policy: 'LATCHING' })] }],
    ['SCHEDULED', { isEnabledGlobally: true, startsAt: 1_001 }],
    ['OFF', { isEnabledGlobally: true, startsAt: 1_001, active: false }],
    ['EVERYONE', { isEnabledGlobally: true, startsAt: 1_000, endsAt: 1_001 }],
    ['EVERYONE', { rules: [ruleOf('a', FEW), ruleOf('b', EVERYBODY)] }],
    ['TARGETED', { rules: [ruleOf('a', { ...EVERYBODY, rolloutPer100k: 99_999 })] }],
    ['TARGETED', { rules: [ruleOf('a', { ...EVERYBODY, bucketBy: 'organization' })] }],
    ['TARGETED', { isEnabledGlobally: true, prerequisites: [{ flagKey: 'other', variant: '' }] }],
    ['TARGETED', { rules: [ruleOf('a', FEW)] }],
    ['TARGETED', { hasRows: true }],
    ['EARNED', { rules: [ruleOf('a', FEW), ruleOf('b', { ...FEW, policy: 'LATCHING' })], hasRows: true }],
    ['ARCHIVED', { archived: true, isEnabledGlobally: true }],
  ])('is %s for %j', (state, change) => {
    expect(stateOf(change)).toBe(state);
  });

  it('says what everybody gets, for random flags and users without a ledger', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(arbitraryWorld, instant, fc.constantFrom(...KEYS), (world, now, key) => {
        const compiled = world.snapshot.flags.get(key);
        if (compiled === undefined) return;
        const state = flagState(compiled, now);
        seen.add(state);
        const user = { ...world.user, ledger: new Map() };
        const earner = world.organization?.earner;
        const organization = world.organization && {
          ...world.organization,
          ...(earner !== undefined && { earner: { ...earner, ledger: new Map() } }),
        };
        const subject = subjectOf(world.snapshot, user, organization, undefined);
        const { enabled, reason } = decide(world.snapshot, key, subject, now);
        if (['ARCHIVED', 'SCHEDULED'].includes(state)) expect(enabled).toBe(false);
        // The worlds have rows of users and organizations without the mark that there are some.
        if (state === 'OFF') expect(enabled && !['USER', 'ROLE', 'ORGANIZATION'].includes(reason)).toBe(false);
        if (state === 'EVERYONE') expect(enabled || reason === 'DENIED').toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(['OFF', 'EVERYONE', 'EARNED', 'TARGETED']));
  });
});
