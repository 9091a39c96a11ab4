import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instant } from '../conditions/testing/arbitrary-conditions.js';
import { decide } from '../deciding/evaluate.js';
import { subjectOf } from '../deciding/subject.js';
import type { AccessRow, Flag, Rule } from '../flags/flag.js';
import { foldLedger, type LedgerKind } from '../states/ledger.js';
import type { UserState } from '../states/user-state.js';
import { arbitraryWorld, conditionsHold, instantsToTry, KEYS, type World } from '../testing/arbitrary-world.js';
import { flagOf, fromDay, NOW, ruleOf, snapshotOf, userOf, VERIFIED } from '../testing/samples.js';
import type { JsonObject } from '../values/json.js';
import { DAY_MS, HOUR_MS } from '../values/time/time.js';
import type { Audience, FlagRequirements, Requirement } from './requirement.js';
import { isGated, requirementsOf } from './requirements-of.js';

const AUDIENCES: readonly Audience[] = ['OPERATOR', 'PERSON'];

function inWorld({ snapshot, user, organization }: World, key: string, audience: Audience, now: number) {
  const subject = subjectOf(snapshot, user, organization, undefined);
  return requirementsOf(snapshot.flags.get(key)!, { snapshot, subject, audience, now });
}

function nodesOf(requirement: Requirement): readonly Requirement[] {
  return [requirement, ...requirement.children.flatMap(nodesOf)];
}

/** Users are barred from a rule more often than the worlds make them. */
const worldWithBars: fc.Arbitrary<World> = fc
  .tuple(arbitraryWorld, fc.constantFrom(...KEYS), fc.constantFrom('', 'rul_0', 'rul_1'))
  .map(([world, key, ruleId]) => {
    if (ruleId === '') return world;
    const revoked = { flagId: `flg_${key}`, ruleId, ruleVersion: 2, kind: 'revoked', earnedAt: 0 } as const;
    return { ...world, user: { ...world.user, ledger: foldLedger([revoked], world.user.ledger) } };
  });

const RULES_ANSWER = ['RULE', 'ROLLOUT', 'UNLOCKED', 'DEFAULT'];

describe('requirements of random flags and users', () => {
  it.each(AUDIENCES)(
    'say on exactly when nothing blocks and a shown rule is met or it was granted (%s)',
    (audience) => {
      const seen = { on: 0, off: 0, blocked: 0, granted: 0 };
      fc.assert(
        fc.property(worldWithBars, instant, fc.constantFrom(...KEYS), (world, now, key) => {
          const { decision, blockedBy, granted, rules } = inWorld(world, key, audience, now);
          const blocked = blockedBy.length > 0;
          // The lines above the rules answer for themselves: a row or everyone's switch, or something that blocks.
          if (!RULES_ANSWER.includes(decision.reason)) {
            if (!decision.enabled) expect(blocked).toBe(true);
            return;
          }
          expect(decision.enabled).toBe(!blocked && (granted || rules.some(({ met }) => met)));
          seen[decision.enabled ? 'on' : 'off'] += 1;
          if (blocked) seen.blocked += 1;
          if (granted) seen.granted += 1;
        }),
        { numRuns: 1500 },
      );
      expect(seen.on).toBeGreaterThan(2);
      expect(seen.off).toBeGreaterThan(2);
      expect(seen.granted).toBeGreaterThan(2);
      // The rarest of them.
      if (audience === 'OPERATOR') expect(seen.blocked).toBeGreaterThan(0);
    },
  );

  it('find every rule met or not just as its compiled conditions do', () => {
    fc.assert(
      fc.property(arbitraryWorld, instant, fc.constantFrom(...KEYS), (world, now, key) => {
        const subject = subjectOf(world.snapshot, world.user, world.organization, undefined);
        const compiled = world.snapshot.flags.get(key)!;
        const { rules } = inWorld(world, key, 'OPERATOR', now);
        const tested = compiled.rules.map((entry) => conditionsHold(world.snapshot, subject, entry, now));
        expect(rules.map(({ requirement }) => requirement.met)).toEqual(tested);
      }),
      { numRuns: 400 },
    );
  });

  it.each(AUDIENCES)('have progress of 1 exactly where they are met, in every node (%s)', (audience) => {
    fc.assert(
      fc.property(arbitraryWorld, instant, fc.constantFrom(...KEYS), (world, now, key) => {
        const { decision, progress, granted, rules } = inWorld(world, key, audience, now);
        expect(progress === 1).toBe(decision.enabled || granted || rules.some(({ met }) => met));
        for (const node of rules.flatMap(({ requirement }) => nodesOf(requirement))) {
          expect(node.progress).toBeGreaterThanOrEqual(0);
          expect(node.progress).toBeLessThanOrEqual(1);
          expect(node.progress === 1).toBe(node.met);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('tell the first instant at which time alone will have a rule met, and none where it will not', () => {
    const seen = { told: 0, never: 0 };
    fc.assert(
      fc.property(arbitraryWorld, instant, fc.constantFrom(...KEYS), (world, now, key) => {
        const subject = subjectOf(world.snapshot, world.user, world.organization, undefined);
        const compiled = world.snapshot.flags.get(key)!;
        const { rules } = inWorld(world, key, 'OPERATOR', now);
        for (const [i, { requirement }] of rules.entries()) {
          const holdsAt = (at: number) => conditionsHold(world.snapshot, subject, compiled.rules[i]!, at);
          const { metAt = Infinity } = requirement;
          if (requirement.met) {
            expect(metAt).toBe(Infinity);
            continue;
          }
          if (metAt !== Infinity) {
            expect(holdsAt(metAt)).toBe(true);
            seen.told += 1;
          } else seen.never += 1;
          for (const at of instantsToTry(world, subject.values, now, metAt)) {
            if (holdsAt(at)) throw new Error(`met at ${at}, before ${metAt}`);
          }
        }
      }),
      { numRuns: 800 },
    );
    expect(seen.told).toBeGreaterThan(8);
    expect(seen.never).toBeGreaterThan(3);
  });

  it('show people no rule that leaves them out and no trace of a denial or a revocation', () => {
    let denied = 0;
    fc.assert(
      fc.property(arbitraryWorld, instant, fc.constantFrom(...KEYS), (world, now, key) => {
        const told = inWorld(world, key, 'PERSON', now);
        expect(told.decision.reason).not.toBe('DENIED');
        expect(told.blockedBy.map(({ reason }) => reason)).not.toEqual(
          expect.arrayContaining([expect.stringMatching(/DENIED|REVOKED/)]),
        );
        expect(told.rules.some(({ revoked, name }) => revoked || name !== '')).toBe(false);
        expect(told.rules.some(({ rolloutExcluded, unlocked }) => rolloutExcluded && !unlocked)).toBe(false);
        if (inWorld(world, key, 'OPERATOR', now).blockedBy.some(({ reason }) => reason === 'DENIED')) denied += 1;
      }),
      { numRuns: 1000 },
    );
    expect(denied).toBeGreaterThan(3);
  });
});

interface Given {
  readonly flag: Partial<Flag>;
  readonly others?: readonly Flag[];
  readonly user?: Partial<UserState>;
  readonly audience?: Audience;
  readonly now?: number;
}

function ask({ flag, others = [], user = {}, audience = 'OPERATOR', now = NOW }: Given): FlagRequirements {
  const snapshot = snapshotOf([flagOf('reports', flag), ...others]);
  const subject = subjectOf(snapshot, userOf(user), undefined, undefined);
  return requirementsOf(snapshot.flags.get('reports')!, { snapshot, subject, audience, now });
}

const DENIED: AccessRow = {
  flagId: 'flg_reports',
  userId: 'ada',
  role: '',
  organizationId: '',
  managedBy: '',
  effect: 'DENY',
  enabled: true,
};

const ledgerOf = (ruleId: string, kind: LedgerKind) =>
  foldLedger([{ flagId: 'flg_reports', ruleId, ruleVersion: 1, kind, earnedAt: NOW }]);

const weekOld = { joinedAt: NOW - 3 * DAY_MS };
const afterAWeek: Rule = ruleOf('rul_week', { conditions: fromDay(7), policy: 'LATCHING' });
const verified: Rule = ruleOf('rul_verified', { conditions: VERIFIED });

describe('a flag', () => {
  it('has the progress of its best rule', () => {
    const told = ask({ flag: { rules: [verified, afterAWeek] }, user: weekOld });
    expect(told.rules.map(({ ruleId, met }) => [ruleId, met])).toEqual([
      ['rul_verified', false],
      ['rul_week', false],
    ]);
    expect(told.progress).toBeCloseTo(3 / 7);
    expect(told.blockedBy).toEqual([]);
  });

  it('is complete once granted by hand, whatever its rules say', () => {
    const told = ask({ flag: { rules: [verified] }, user: { ledger: ledgerOf('', 'granted') } });
    expect(told).toMatchObject({ granted: true, progress: 1, decision: { enabled: true, reason: 'UNLOCKED' } });
  });

  it('is blocked by all that blocks it, in the order of evaluation', () => {
    const told = ask({
      flag: {
        active: false,
        startsAt: NOW + DAY_MS,
        prerequisites: [
          { flagKey: 'base', variant: '' },
          { flagKey: 'hidden', variant: '' },
        ],
        rules: [verified],
      },
      others: [flagOf('base', { name: 'The base' }), flagOf('hidden', { clientVisible: false })],
      user: { access: [DENIED], ledger: ledgerOf('rul_verified', 'revoked') },
    });
    const nothing = { flagKey: '', label: '', ruleId: '' };
    expect(told.blockedBy).toEqual([
      { ...nothing, reason: 'DISABLED' },
      { ...nothing, reason: 'SCHEDULE', until: NOW + DAY_MS },
      { ...nothing, reason: 'PREREQUISITE', flagKey: 'base', label: 'The base' },
      { ...nothing, reason: 'PREREQUISITE', flagKey: 'hidden', label: 'hidden' },
      { ...nothing, reason: 'DENIED' },
      { ...nothing, reason: 'REVOKED', ruleId: 'rul_verified' },
    ]);
  });

  it('is not said to open again when its window has closed', () => {
    const [closed] = ask({ flag: { endsAt: NOW } }).blockedBy;
    expect(closed).toEqual({ reason: 'SCHEDULE', flagKey: '', label: '', ruleId: '' });
  });

  it('is not blocked by a revoked rule while another lets the user in', () => {
    const given = { flag: { rules: [afterAWeek, verified] }, user: { ledger: ledgerOf('rul_week', 'revoked') } };
    expect(ask(given).blockedBy).toMatchObject([{ reason: 'REVOKED', ruleId: 'rul_week' }]);
    const told = ask({ ...given, user: { ...given.user, emailVerified: true } });
    expect(told).toMatchObject({ blockedBy: [], decision: { enabled: true } });
  });

  it('is marked where its rollout leaves an operator’s user out, and says nothing of the rule to people', () => {
    const flag = { rules: [{ ...verified, rolloutPer100k: 0 }] };
    expect(ask({ flag, user: { emailVerified: true } })).toMatchObject({
      progress: 0,
      rules: [{ met: false, rolloutExcluded: true, requirement: { met: true } }],
    });
    expect(ask({ flag, audience: 'PERSON' })).toMatchObject({ progress: 0, rules: [] });
  });

  it('is shown with a rule that was unlocked before its rollout was lowered', () => {
    const flag = { rules: [{ ...afterAWeek, rolloutPer100k: 0 }] };
    const told = ask({ flag, user: { ledger: ledgerOf('rul_week', 'unlocked') }, audience: 'PERSON' });
    expect(told).toMatchObject({ progress: 1, rules: [{ met: true, unlocked: true, requirement: { met: false } }] });
  });

  it('is gated by prerequisites, or by conditions while it is not on for everyone', () => {
    const gated = (given: Partial<Flag>) => isGated(snapshotOf([flagOf('reports', given)]).flags.get('reports')!);
    expect(gated({ rules: [verified] })).toBe(true);
    expect(gated({ prerequisites: [{ flagKey: 'base', variant: '' }] })).toBe(true);
    expect(gated({ rules: [ruleOf('rul_all')] })).toBe(false);
    expect(gated({ rules: [verified], isEnabledGlobally: true })).toBe(false);
    expect(gated({ rules: [verified], archived: true })).toBe(false);
    expect(gated({})).toBe(false);
  });
});

describe('tiers', () => {
  const variants = ['off', 'bronze', 'silver', 'gold'].map((key) => ({ key, value: key }));
  const tier = (variant: string, conditions: JsonObject, given: Partial<Rule> = {}): Rule =>
    ruleOf(`rul_${variant}`, { distribution: [{ variant, weight: 100_000 }], conditions, ...given });
  const reports = (value: number) => ({
    all: [{ fact: 'actionCount', params: { action: 'report' }, operator: 'greaterThanInclusive', value }],
  });
  const rules = [tier('gold', reports(50)), tier('silver', reports(10)), tier('bronze', VERIFIED)];
  const total = { sum: 0n, activeDays: 1, firstAt: NOW, lastAt: NOW, recentDays: 1n };
  const done = (count: number): Partial<UserState> => ({ actions: new Map([['report', { ...total, count }]]) });
  const told = (flag: Partial<Flag>, user: Partial<UserState> = {}, audience: Audience = 'PERSON') =>
    ask({ flag: { type: 'STRING', variants, ...flag }, user, audience }).tiers;
  const bronze = { ruleId: 'rul_bronze', variant: 'bronze' };
  const silver = { ruleId: 'rul_silver', variant: 'silver' };
  const gold = { ruleId: 'rul_gold', variant: 'gold' };

  it('are the one that the user has and the next one, whose rule says what is missing', () => {
    expect(told({ rules })).toEqual({ next: bronze });
    expect(told({ rules }, { emailVerified: true })).toEqual({ reached: bronze, next: silver });
    expect(told({ rules }, done(12))).toEqual({ reached: silver, next: gold });
    expect(told({ rules }, done(50))).toEqual({ reached: gold });
    const missing = ask({ flag: { variants, rules }, user: done(12) });
    expect(
      missing.rules.map(({ variant, requirement: { children } }) => [variant, children[0]!.comparison!.remaining]),
    ).toEqual([
      ['gold', 38],
      ['silver', 0],
      ['bronze', undefined],
    ]);
  });

  it('are counted among rules that are open to the user, and not where rules do not answer', () => {
    const closed = [rules[0]!, { ...rules[1]!, rolloutPer100k: 0 }, rules[2]!];
    expect(told({ rules: closed }, { emailVerified: true })).toEqual({ reached: bronze, next: gold });
    const barred = { emailVerified: true, ledger: ledgerOf('rul_silver', 'revoked') };
    expect(told({ rules }, barred, 'OPERATOR')).toEqual({ reached: bronze, next: gold });
    expect(told({ rules, active: false })).toBeUndefined();
    expect(told({ rules, isEnabledGlobally: true })).toBeUndefined();
    expect(told({ rules: [rules[0]!] }, done(1))).toBeUndefined();
  });

  it('take the nearest of several ways to one variant', () => {
    const other = { ...tier('silver', reports(12)), id: 'rul_other' };
    const ways = [rules[0]!, rules[1]!, other, rules[2]!];
    expect(told({ rules: ways }, { emailVerified: true, ...done(5) })).toEqual({ reached: bronze, next: silver });
    expect(told({ rules: ways }, done(10))).toMatchObject({ reached: silver, next: gold });
  });

  it('say nothing of a denial to people', () => {
    const free = told({ rules }, {});
    expect(told({ rules }, { access: [DENIED] })).toEqual(free);
  });
});

describe('the instant at which time alone will have a rule met', () => {
  const metAtOf = (conditions: JsonObject, joinedAt: number) =>
    ask({ flag: { rules: [ruleOf('rul', { conditions: { all: [conditions] } })] }, user: { joinedAt } }).rules[0]!
      .requirement.metAt;
  const inAYear = NOW + 366 * DAY_MS;

  it('is told however far off, whichever way the fact is compared', () => {
    const hours = { fact: 'hoursSinceJoin' };
    expect(metAtOf({ ...hours, operator: 'equal', value: 5_000 }, NOW)).toBe(NOW + 5_000 * HOUR_MS);
    expect(metAtOf({ ...hours, operator: 'in', value: [5_000, 7_000] }, NOW)).toBe(NOW + 5_000 * HOUR_MS);
    expect(metAtOf({ ...hours, operator: 'semverGreaterThan', value: '2000.1' }, NOW)).toBe(NOW + 2_001 * HOUR_MS);
    expect(metAtOf({ ...hours, operator: 'semverLessThan', value: 1_749_983_400_000 }, inAYear)).toBe(inAYear);
    expect(metAtOf({ ...hours, operator: 'swap:lessThan', value: -5 }, inAYear)).toBe(inAYear - 4 * HOUR_MS);
    expect(metAtOf({ ...hours, operator: 'semverLessThan', value: { fact: 'now' } }, inAYear)).toBe(inAYear);
  });

  it('is not told where time alone will never do it', () => {
    expect(metAtOf({ fact: 'hoursSinceJoin', operator: 'equal', value: 0.5 }, NOW)).toBeUndefined();
    expect(metAtOf({ fact: 'hoursSinceJoin', operator: 'startsWith', value: '5' }, NOW)).toBeUndefined();
  });
});

describe('a denied person', () => {
  const flag = { rules: [verified, afterAWeek] };

  it('is told exactly what anybody is whom nothing lets in yet', () => {
    const free = ask({ flag, user: weekOld, audience: 'PERSON' });
    const denied = ask({ flag, user: { ...weekOld, access: [DENIED] }, audience: 'PERSON' });
    expect(denied).toEqual(free);
    expect(denied.decision).toMatchObject({ reason: 'DEFAULT', validUntil: NOW + 4 * DAY_MS });
  });

  it('is not shown what would let them in', () => {
    const user = { emailVerified: true, access: [DENIED], ledger: ledgerOf('', 'granted') };
    const told = ask({ flag, user, audience: 'PERSON' });
    expect(told).toMatchObject({ granted: false, progress: 0, blockedBy: [], decision: { reason: 'DEFAULT' } });
    expect(told.rules.map(({ ruleId }) => ruleId)).toEqual(['rul_week']);
    const known = ask({ flag, user });
    expect(known.blockedBy).toMatchObject([{ reason: 'DENIED' }]);
    expect(known.decision.reason).toBe('DENIED');
  });
});

it('is decided as everywhere else', () => {
  const snapshot = snapshotOf([flagOf('reports', { rules: [verified] })]);
  const subject = subjectOf(snapshot, userOf({ emailVerified: true }), undefined, undefined);
  const { decision } = requirementsOf(snapshot.flags.get('reports')!, {
    snapshot,
    subject,
    audience: 'PERSON',
    now: NOW,
  });
  expect(decision).toEqual(decide(snapshot, 'reports', subject, NOW));
});
