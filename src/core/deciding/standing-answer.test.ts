import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instant } from '../conditions/testing/arbitrary-conditions.js';
import type { AccessRow, Flag } from '../flags/flag.js';
import { arbitraryWorld, KEYS, type World } from '../testing/arbitrary-world.js';
import { flagOf, NOW, rowOf, ruleOf, snapshotAfter, snapshotOf, userOf } from '../testing/samples.js';
import type { EvaluationContext } from './decision.js';
import { evaluate } from './evaluate.js';
import { answersForAll, choseByBucket, standingChanges } from './standing-answer.js';

const VARIANTS = ['off', 'a', 'b'].map((key) => ({ key, value: key }));

/** What makes flags of a world such that many of them could answer the same for all. */
const arbitraryTweak: fc.Arbitrary<Partial<Flag>> = fc.record({
  isEnabledGlobally: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
  active: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
  prerequisites: fc.constantFrom([], [], [], [{ flagKey: KEYS[2], variant: '' }]),
  type: fc.constant('STRING' as const),
  variants: fc.constant([...VARIANTS, { key: 'on', value: 'on' }]),
  distribution: fc.constantFrom<Flag['distribution'][]>(
    [],
    [{ variant: 'a', weight: 3 }],
    [
      { variant: 'a', weight: 1 },
      { variant: 'b', weight: 1 },
    ],
    [
      { variant: 'a', weight: 1 },
      { variant: 'b', weight: 0 },
    ],
  ),
});

const arbitraryContext: fc.Arbitrary<EvaluationContext> = fc.record(
  {
    organizationId: fc.constantFrom('', 'pro', 'other'),
    roles: fc.subarray(['employee', 'manager', 'admin']),
    joinedAt: instant,
    attributes: fc.dictionary(fc.constantFrom('plan', 'country'), fc.constantFrom('pro', 'de', 3)),
  },
  { requiredKeys: [] },
);

/** The world with those changes of its flags; rows of flags that are not marked are left out, as there are none of them. */
function tweaked(world: World, tweaks: readonly Partial<Flag>[], windowless: boolean): World {
  const { snapshot, user, organization } = world;
  const flags = KEYS.map((key, i) => {
    const { startsAt, endsAt, ...flag } = snapshot.flags.get(key)!.flag;
    const window = windowless ? {} : { ...(startsAt && { startsAt }), ...(endsAt && { endsAt }) };
    // The last flag requires no other.
    const { prerequisites = [], ...tweak } = tweaks[i]!;
    return { ...flag, ...window, ...tweak, prerequisites: i === 2 ? [] : prerequisites };
  });
  const marked = new Set(flags.filter(({ hasRows }) => hasRows).map(({ id }) => id));
  const kept = <Row extends { readonly flagId: string }>(rows: readonly Row[]) =>
    rows.filter(({ flagId }) => marked.has(flagId));
  return {
    snapshot: snapshotOf(flags, {
      segments: [...snapshot.segments.values()],
      stages: [...snapshot.stages],
      roleAccess: KEYS.flatMap((key) => snapshot.flags.get(key)!.roleAccess),
    }),
    user: { ...user, access: kept(user.access) },
    organization: organization && { ...organization, access: kept(organization.access) },
  };
}

describe('a flag that answers the same for all', () => {
  it('gives one decision to every user, organization, context and instant, for random flags', () => {
    let standing = 0;
    let standingWithVariants = 0;
    let others = 0;
    fc.assert(
      fc.property(
        arbitraryWorld,
        fc.array(fc.tuple(arbitraryWorld, arbitraryContext, instant), { minLength: 4, maxLength: 6 }),
        fc.tuple(arbitraryTweak, arbitraryTweak, arbitraryTweak),
        fc.boolean(),
        (world, asks, tweaks, windowless) => {
          const { snapshot } = tweaked(world, tweaks, windowless);
          for (const key of KEYS) {
            const compiled = snapshot.flags.get(key)!;
            if (!answersForAll(compiled)) {
              others += 1;
              continue;
            }
            standing += 1;
            if (compiled.flag.distribution.length > 0) standingWithVariants += 1;
            const marked = compiled.flag.hasRows === true;
            const said = asks.map(([other, context, now]) => {
              const { user, organization } = other;
              // Of a flag that is not marked nobody has a row.
              const kept = <Row extends { readonly flagId: string }>(rows: readonly Row[]) =>
                rows.filter(({ flagId }) => marked || flagId !== compiled.flag.id);
              const inIt = organization && { ...organization, access: kept(organization.access) };
              return evaluate(snapshot, key, { ...user, access: kept(user.access) }, inIt, context, now);
            });
            for (const decision of said) expect(decision).toEqual(said[0]);
            expect(said[0]).toMatchObject({ enabled: true, reason: 'GLOBAL' });
            expect(said[0]).not.toHaveProperty('validUntil');
            expect(choseByBucket(compiled, said[0]!)).toBe(false);
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(standing).toBeGreaterThan(20);
    expect(standingWithVariants).toBeGreaterThan(5);
    expect(others).toBeGreaterThan(100);
  });

  const global = { isEnabledGlobally: true };
  const spread = ['on', 'off'].map((variant) => ({ variant, weight: 1 }));
  it.each<[string, boolean, Partial<Flag>, readonly AccessRow[]]>([
    ['is on for everybody', true, global, []],
    ['is off', false, {}, []],
    ['is on for everybody, whatever its rules say', true, { ...global, rules: [ruleOf('r')] }, []],
    ['has a rule for everyone', false, { rules: [ruleOf('r')] }, []],
    ['is switched off', false, { ...global, active: false }, []],
    ['is archived', false, { ...global, archived: true }, []],
    ['begins', false, { ...global, startsAt: NOW }, []],
    ['ends', false, { ...global, endsAt: NOW }, []],
    ['requires another', false, { ...global, prerequisites: [{ flagKey: 'other', variant: '' }] }, []],
    ['has, or had, a row of somebody', false, { ...global, hasRows: true }, []],
    ['denies a role', false, global, [rowOf('flag', { role: 'employee', effect: 'DENY' })]],
    ['has an inactive row of a role', true, global, [rowOf('flag', { role: 'employee', enabled: false })]],
    ['spreads variants', false, { ...global, distribution: spread }, []],
    ['has one variant alone', true, { ...global, distribution: spread.slice(0, 1) }, []],
  ])('%s: %s', (_what, isOne, given, roleAccess) => {
    const snapshot = snapshotOf([flagOf('flag', given), flagOf('other', global)], { roleAccess });
    expect(answersForAll(snapshot.flags.get('flag')!)).toBe(isOne);
  });
});

describe('a variant by bucket', () => {
  const halves = ['a', 'b'].map((variant) => ({ variant, weight: 1 }));
  const one = [{ variant: 'a', weight: 1 }];
  it.each<[string, boolean, Partial<Flag>]>([
    ['of the flag', true, { rules: [ruleOf('r')], distribution: halves }],
    ['of the rule', true, { rules: [ruleOf('r', { distribution: halves })], distribution: one }],
    [
      'not of the flag where the rule has one',
      false,
      { rules: [ruleOf('r', { distribution: one })], distribution: halves },
    ],
    ['not of a flag that is off', false, { distribution: halves }],
    ['not where there is none', false, { rules: [ruleOf('r')] }],
  ])('%s', (_what, isOne, given) => {
    const flag = flagOf('flag', { type: 'STRING', variants: [...VARIANTS, { key: 'on', value: 'on' }], ...given });
    const snapshot = snapshotOf([flag]);
    const decision = evaluate(snapshot, 'flag', userOf(), undefined, undefined, NOW);
    expect(choseByBucket(snapshot.flags.get('flag')!, decision)).toBe(isOne);
  });
});

describe('flags that answer the same for everybody', () => {
  it('no longer do once they have rows, and do again without any', () => {
    const flags = (hasRows: boolean) => [
      flagOf('for_all', { isEnabledGlobally: true, ...(hasRows && { hasRows }) }),
      flagOf('for_some', hasRows ? { hasRows } : {}),
    ];
    const before = snapshotOf(flags(false));
    const rowed = snapshotAfter(before, flags(true));
    expect([...standingChanges(before, rowed)]).toEqual(['for_all']);
    expect(standingChanges(rowed, snapshotAfter(rowed, flags(true))).size).toBe(0);
    expect([...standingChanges(rowed, snapshotAfter(rowed, flags(false)))]).toEqual(['for_all']);
  });
});
