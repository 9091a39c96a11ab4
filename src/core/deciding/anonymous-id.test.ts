import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instant } from '../conditions/testing/arbitrary-conditions.js';
import { bucketIn } from '../explaining/explain-rules.js';
import type { Flag, Rule } from '../flags/flag.js';
import { foldLedger } from '../states/ledger.js';
import { unknownUser } from '../states/user-state.js';
import { arbitraryWorld, KEYS } from '../testing/arbitrary-world.js';
import { flagOf, NOW, ruleOf, snapshotOf, userOf } from '../testing/samples.js';
import type { EvaluationContext } from './decision.js';
import { evaluate, rolloutIncludes } from './evaluate.js';
import { evaluateStateless } from './evaluate-stateless.js';
import { subjectOf } from './subject.js';

const VARIANTS = ['off', 'a', 'b', 'on'].map((key) => ({ key, value: key }));
const HALVES = ['a', 'b'].map((variant) => ({ variant, weight: 1 }));
const visitor = fc.integer({ min: 0, max: 99 }).map((n) => `visitor-${n}`);
const context: fc.Arbitrary<EvaluationContext> = fc.record(
  {
    organizationId: fc.constantFrom('', 'pro'),
    roles: fc.subarray(['employee', 'manager']),
    joinedAt: instant,
    attributes: fc.dictionary(fc.constantFrom('plan'), fc.constantFrom('pro', 'de', 3)),
  },
  { requiredKeys: [] },
);

/** A flag that is spread by the user's bucket: how widely, and over which variants. */
const arbitrarySpread: fc.Arbitrary<Flag> = fc
  .record({
    rollouts: fc.array(fc.constantFrom(10_000, 30_000, 50_000, 100_000), { minLength: 1, maxLength: 3 }),
    ofRule: fc.boolean(),
  })
  .map(({ rollouts, ofRule }) => {
    const rules = rollouts.map(
      (rolloutPer100k, i): Rule => ruleOf(`r${i}`, { rolloutPer100k, ...(ofRule && { distribution: HALVES }) }),
    );
    return flagOf('spread', { type: 'STRING', variants: VARIANTS, distribution: HALVES, rules });
  });

describe('an anonymous id', () => {
  it('of nobody decides as for a user of that id of whom nothing is stored, for random flags', () => {
    let on = 0;
    fc.assert(
      fc.property(arbitraryWorld, context, visitor, instant, ({ snapshot, organization }, given, id, now) => {
        for (const key of KEYS) {
          const asVisitor = evaluate(snapshot, key, unknownUser(''), organization, { ...given, anonymousId: id }, now);
          expect(asVisitor).toEqual(evaluate(snapshot, key, unknownUser(id), organization, given, now));
          if (asVisitor.enabled) on++;
        }
      }),
      { numRuns: 300 },
    );
    expect(on).toBeGreaterThan(10);
  });

  it('that is the user’s own id changes nothing, for random flags', () => {
    fc.assert(
      fc.property(arbitraryWorld, context, instant, ({ snapshot, user, organization }, given, now) => {
        for (const key of KEYS) {
          const without = evaluate(snapshot, key, user, organization, given, now);
          const own = { ...given, anonymousId: user.id };
          expect(evaluate(snapshot, key, user, organization, own, now)).toEqual(without);
        }
      }),
    );
  });

  it('of a user has every rollout by the user include them as it did before they signed in, and no other moved', () => {
    fc.assert(
      fc.property(arbitraryWorld, visitor, ({ snapshot, user, organization }, anonymousId) => {
        const before = subjectOf(snapshot, unknownUser(''), undefined, { anonymousId });
        const signedIn = subjectOf(snapshot, user, organization, { anonymousId });
        const without = subjectOf(snapshot, user, organization);
        for (const compiled of snapshot.flags.values()) {
          for (const entry of compiled.rules) {
            const as = entry.bucketBy === 'user' ? before : without;
            expect(rolloutIncludes(compiled, entry, signedIn)).toBe(rolloutIncludes(compiled, entry, as));
            const place = (subject: typeof before) => bucketIn({ compiled, entry, subject, earner: undefined });
            expect(place(signedIn)).toEqual(place(as));
          }
        }
      }),
    );
  });

  it('keeps rollouts and variants through signing in, whoever signs in; without it some change', () => {
    let changed = 0;
    fc.assert(
      fc.property(arbitrarySpread, visitor, fc.string({ minLength: 1 }), (flag, anonymousId, userId) => {
        const snapshot = snapshotOf([flag]);
        const user = userOf({ id: userId, actions: new Map() });
        const before = evaluate(snapshot, 'spread', unknownUser(''), undefined, { anonymousId }, NOW);
        expect(evaluate(snapshot, 'spread', user, undefined, { anonymousId }, NOW)).toEqual(before);
        const without = evaluate(snapshot, 'spread', user, undefined, undefined, NOW);
        if (without.variant !== before.variant || without.enabled !== before.enabled) changed++;
      }),
    );
    expect(changed).toBeGreaterThan(10);
  });

  it('leaves what was unlocked as it is', () => {
    const rule = ruleOf('r', { policy: 'LATCHING', rolloutPer100k: 0 });
    const snapshot = snapshotOf([flagOf('flag', { rules: [rule] })]);
    const unlocked = {
      flagId: 'flg_flag',
      ruleId: 'r',
      ruleVersion: rule.version,
      kind: 'unlocked',
      earnedAt: 0,
    } as const;
    const ada = userOf({ id: 'ada', ledger: foldLedger([unlocked]) });
    const decision = evaluate(snapshot, 'flag', ada, undefined, { anonymousId: 'visitor-1' }, NOW);
    expect(decision).toEqual(evaluate(snapshot, 'flag', ada, undefined, undefined, NOW));
    expect(decision.reason).toBe('UNLOCKED');
  });

  it('counts while the store is away, too', () => {
    const spread = flagOf('spread', {
      ...{ type: 'STRING', variants: VARIANTS, distribution: HALVES, isEnabledGlobally: true },
    });
    const snapshot = snapshotOf([spread]);
    fc.assert(
      fc.property(visitor, (anonymousId) => {
        const by = { snapshot, newest: true, now: NOW };
        const away = evaluateStateless({ ...by, userId: 'ada', anonymousId }, 'spread');
        expect(away).toEqual(evaluateStateless({ ...by, userId: anonymousId }, 'spread'));
      }),
    );
  });
});
