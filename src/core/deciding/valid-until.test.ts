import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instant, orderedTimeLeaf } from '../conditions/testing/arbitrary-conditions.js';
import { arbitraryWorld, instantsToTry, KEYS } from '../testing/arbitrary-world.js';
import { flagOf, ruleOf, snapshotOf } from '../testing/samples.js';
import { decide, decideAlone } from './evaluate.js';
import { evaluateStateless } from './evaluate-stateless.js';
import { subjectOf } from './subject.js';

describe('valid_until', () => {
  it('is never later than a change of the decision by time, for random flags', () => {
    const reasons = new Set<string>();
    let bounded = 0;
    let flipped = 0;
    fc.assert(
      fc.property(arbitraryWorld, instant, fc.constantFrom(...KEYS), (world, now, key) => {
        const subject = subjectOf(world.snapshot, world.user, world.organization, undefined);
        const { validUntil = Number.POSITIVE_INFINITY, ...decision } = decide(world.snapshot, key, subject, now);
        reasons.add(decision.reason);
        expect(validUntil).toBeGreaterThan(now);
        for (const at of instantsToTry(world, subject.values, now, validUntil)) {
          const { validUntil: _, ...later } = decide(world.snapshot, key, subject, at);
          if (JSON.stringify(later) !== JSON.stringify(decision)) {
            throw new Error(`${JSON.stringify(decision)} at ${now} is ${JSON.stringify(later)} at ${at}`);
          }
        }
        if (validUntil === Number.POSITIVE_INFINITY) return;
        bounded += 1;
        if (decide(world.snapshot, key, subject, validUntil).enabled !== decision.enabled) flipped += 1;
      }),
      { numRuns: 1000 },
    );
    expect(bounded).toBeGreaterThan(25);
    expect(flipped).toBeGreaterThan(5);
    expect([...reasons]).toEqual(
      expect.arrayContaining(['DISABLED', 'PREREQUISITE_FAILED', 'RULE', 'UNLOCKED', 'DEFAULT']),
    );
  });

  it('is the exact crossing where a time fact is ordered against a constant', () => {
    let crossings = 0;
    let never = 0;
    fc.assert(
      fc.property(orderedTimeLeaf, arbitraryWorld, instant, (leaf, world, now) => {
        const flag = flagOf('timed', { rules: [ruleOf('rul_1', { conditions: { all: [leaf] } })] });
        const timed = { ...world, snapshot: snapshotOf([flag]) };
        const subject = subjectOf(timed.snapshot, world.user, world.organization, undefined);
        const { enabled, validUntil } = decideAlone(timed.snapshot, 'timed', subject, now);
        const enabledAt = (at: number) => decide(timed.snapshot, 'timed', subject, at).enabled;
        for (const at of instantsToTry(timed, subject.values, now, validUntil ?? Number.POSITIVE_INFINITY)) {
          expect({ at, enabled: enabledAt(at) }).toEqual({ at, enabled });
        }
        if (validUntil === undefined) {
          never += 1;
          return;
        }
        crossings += 1;
        expect([enabledAt(validUntil - 1), enabledAt(validUntil)]).toEqual([enabled, !enabled]);
      }),
      { numRuns: 500 },
    );
    expect(crossings).toBeGreaterThan(5);
    expect(never).toBeGreaterThan(5);
  });

  it('holds for answers without state as well, whoever the user is', () => {
    const reasons: string[] = [];
    fc.assert(
      fc.property(arbitraryWorld, instant, fc.constantFrom(...KEYS), (world, now, key) => {
        const { snapshot, user } = world;
        const stateless = evaluateStateless({ snapshot, userId: user.id, newest: true, now }, key);
        if (stateless === undefined) return;
        reasons.push(stateless.reason);
        const { validUntil = Number.POSITIVE_INFINITY } = stateless;
        const subject = subjectOf(world.snapshot, world.user, world.organization, undefined);
        const said = { enabled: stateless.enabled, reason: stateless.reason, variant: stateless.variant };
        const tried = [now, ...instantsToTry(world, subject.values, now, validUntil)];
        const answers = tried.map((at) => {
          const { enabled, reason, variant } = decide(world.snapshot, key, subject, at);
          return { at, enabled, reason, variant };
        });
        expect(answers).toEqual(tried.map((at) => ({ at, ...said })));
      }),
      { numRuns: 2000 },
    );
    const count = (wanted: string): number => reasons.filter((reason) => reason === wanted).length;
    expect(count('DISABLED')).toBeGreaterThan(12);
    expect(count('PREREQUISITE_FAILED')).toBeGreaterThan(5);
    // The rarest of them: one world in eighty.
    expect(count('GLOBAL')).toBeGreaterThan(0);
  });
});
