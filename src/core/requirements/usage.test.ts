import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import type { Usage } from '../conditions/compiling/usage.js';
import { instant, orderedTimeLeaf } from '../conditions/testing/arbitrary-conditions.js';
import { among, decide, decideAlone, decideAmong } from '../deciding/evaluate.js';
import { subjectOf } from '../deciding/subject.js';
import type { Rule } from '../flags/flag.js';
import type { ActionDay, UserState } from '../states/user-state.js';
import { arbitraryWorld } from '../testing/arbitrary-world.js';
import { flagOf, NOW, requires, ruleOf, segmentOf, snapshotOf, userOf } from '../testing/samples.js';
import type { JsonObject } from '../values/json.js';
import { DAY_MS, dayNumber, HOUR_MS } from '../values/time/time.js';
import type { Requirement } from './requirement.js';
import { requirementsOf } from './requirements-of.js';

function leavesOf({ children, comparison }: Requirement): readonly NonNullable<Requirement['comparison']>[] {
  return [...(comparison === undefined ? [] : [comparison]), ...children.flatMap(leavesOf)];
}

/** Conditions of which many bound something from above. */
const limiting: fc.Arbitrary<JsonObject> = fc
  .tuple(
    fc.array(orderedTimeLeaf, { minLength: 1, maxLength: 3 }),
    fc.array(orderedTimeLeaf, { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([all, any, turned]) => (turned ? { any: [{ all }, ...any] } : { all: [...all, { any }] }));

describe('what is left of a flag, for random conditions and users', () => {
  it('is that of a comparison of the rule that answers, and changes nothing else of the decision', () => {
    const seen = { told: 0, untold: 0 };
    fc.assert(
      fc.property(limiting, arbitraryWorld, instant, (conditions, { user, organization }, now) => {
        const snapshot = snapshotOf([flagOf('limited', { rules: [ruleOf('rul_1', { conditions })] })]);
        const subject = subjectOf(snapshot, user, organization, undefined);
        const { usage, validUntil = Infinity, ...decision } = decide(snapshot, 'limited', subject, now);
        const { validUntil: alone = Infinity, ...rest } = decideAlone(snapshot, 'limited', subject, now);
        expect(rest).toEqual(decision);
        if (usage === undefined) {
          seen.untold += 1;
          expect(validUntil).toBe(alone);
          return;
        }
        seen.told += 1;
        const compiled = snapshot.flags.get('limited')!;
        const { rules } = requirementsOf(compiled, { snapshot, subject, audience: 'PERSON', now });
        expect(leavesOf(rules[0]!.requirement).map((leaf) => leaf.usage)).toContainEqual(usage);
        expect(validUntil).toBeLessThanOrEqual(alone);
        for (const at of [now + 1, now + HOUR_MS, now + 12 * HOUR_MS, validUntil - 1]) {
          if (at <= now || at >= Math.min(validUntil, Number.MAX_SAFE_INTEGER)) continue;
          expect(decide(snapshot, 'limited', subject, at).usage).toEqual(usage);
        }
        if (usage.resetsAt === undefined) return;
        expect(usage.resetsAt).toBeGreaterThanOrEqual(validUntil);
      }),
      { numRuns: 1500 },
    );
    expect(seen.told).toBeGreaterThan(25);
    expect(seen.untold).toBeGreaterThan(25);
  });

  const days = fc
    .uniqueArray(fc.integer({ min: -9, max: 1 }), { maxLength: 6 })
    .map((all) =>
      all.toSorted((a, b) => a - b).map((day): ActionDay => ({ day: dayNumber(NOW) + day, count: 1, sum: 1_500_000n })),
    );

  it('ends exactly with the flag, and resets when the count next falls', () => {
    let resets = 0;
    fc.assert(
      fc.property(
        fc.constantFrom('actionCount', 'actionSum', 'activeDays'),
        fc.constantFrom('lessThan', 'lessThanInclusive'),
        fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom(1.5, 3.25)),
        fc.constantFrom({ windowDays: 7 }, { period: 'week' }, { period: 'month' }),
        days,
        (fact, operator, value, window, given) => {
          const leaf = { fact, params: { action: 'export', ...window }, operator, value };
          const at = (now: number) => askLeaf(leaf, { actionDays: new Map([['export', given]]) }, now);
          const { usage, current, enabled } = at(NOW);
          const { remaining, limit, resetsAt } = usage!;
          expect(remaining).toBe(Math.max(0, limit - current));
          if (fact !== 'actionSum') expect(remaining > 0).toBe(enabled);
          else expect(operator === 'lessThan' ? remaining > 0 : current <= limit).toBe(enabled);
          if (resetsAt === undefined) return;
          resets += 1;
          expect(at(resetsAt).current).toBeLessThan(current);
          expect(at(resetsAt - 1).current).toBeGreaterThanOrEqual(current);
        },
      ),
      { numRuns: 300 },
    );
    expect(resets).toBeGreaterThan(25);
  });
});

function askLeaf(leaf: JsonObject, user: Partial<UserState>, now: number) {
  const snapshot = snapshotOf([flagOf('exports', { rules: [ruleOf('rul_1', { conditions: { all: [leaf] } })] })]);
  const subject = subjectOf(snapshot, userOf(user), undefined, undefined);
  const { decision, rules } = requirementsOf(snapshot.flags.get('exports')!, {
    snapshot,
    subject,
    audience: 'PERSON',
    now,
  });
  const [{ usage, current }] = leavesOf(rules[0]!.requirement) as unknown as [{ usage?: Usage; current: number }];
  if (decision.enabled) expect(decision.usage).toEqual(usage);
  else expect(decision.usage).toBeUndefined();
  return { usage, current, enabled: decision.enabled };
}

describe('what is left', () => {
  const today = dayNumber(NOW);
  const total = { activeDays: 2, firstAt: NOW, lastAt: NOW, recentDays: 1n };
  const ADA: Partial<UserState> = {
    emailVerified: true,
    joinedAt: NOW - 4 * DAY_MS,
    attributes: { plan: 'free', seats: 10 },
    actions: new Map([
      ['export', { ...total, count: 9, sum: 0n }],
      ['spend', { ...total, count: 2, sum: 12_300_000n }],
    ]),
    actionDays: new Map([['export', [{ day: today - 5, count: 2, sum: 0n }]]]),
  };
  const exports = (value: unknown, more: JsonObject = {}): JsonObject =>
    ({
      fact: 'actionCount',
      params: { action: 'export', windowDays: 7 },
      operator: 'lessThan',
      value,
      ...more,
    }) as JsonObject;
  const ever = exports(12, { params: { action: 'export' } });
  const pro = { fact: 'attribute', params: { name: 'plan' }, operator: 'equal', value: 'pro' };
  const resetsAt = (today + 2) * DAY_MS;

  function decided(conditions: JsonObject, rule: Partial<Rule> = {}, user: Partial<UserState> = {}) {
    const flag = flagOf('exports', { rules: [ruleOf('rul_1', { conditions, ...rule })] });
    const needing = flagOf('needing', { prerequisites: requires('exports'), rules: [ruleOf('rul_2')] });
    const snapshot = snapshotOf([flag, needing], { segments: [segmentOf('free', { all: [exports(5)] })] });
    const subject = subjectOf(snapshot, userOf({ ...ADA, ...user }), undefined, undefined);
    const decision = decide(snapshot, 'exports', subject, NOW);
    expect(decision.enabled).toBe(true);
    const common = among({ hidesDenials: false });
    expect(decideAmong(snapshot, 'needing', subject, NOW, common).usage).toBeUndefined();
    expect(decideAmong(snapshot, 'exports', subject, NOW, common)).toEqual(decision);
    return decision;
  }

  it('is how many are left of a window, and when some of it falls out', () => {
    const { usage, validUntil } = decided({ all: [exports(5)] });
    expect(usage).toEqual({ remaining: 3, limit: 5, resetsAt });
    expect(validUntil).toBe(resetsAt);
    expect(decided({ all: [exports(5, { operator: 'lessThanInclusive' })] }).usage).toMatchObject({
      remaining: 4,
      limit: 6,
    });
    expect(decided({ condition: 'free' }).usage).toEqual({ remaining: 3, limit: 5, resetsAt });
  });

  it('is how many are left of the present week or month, until the next one begins where the user is', () => {
    const of = (period: string) => ({ all: [exports(5, { params: { action: 'export', period } })] });
    const lisbon = {
      timeZone: 'Europe/Lisbon',
      actionDays: new Map([['export', [{ day: today, count: 2, sum: 0n }]]]),
    };
    for (const period of ['week', 'month'] as const) {
      const next = DateTime.fromMillis(NOW, { zone: 'Europe/Lisbon' })
        .startOf(period)
        .plus({ [period]: 1 })
        .toMillis();
      const { usage, validUntil } = decided(of(period), {}, lisbon);
      expect(usage).toEqual({ remaining: 3, limit: 5, resetsAt: next });
      expect(validUntil).toBe(next);
    }
  });

  it('is told of totals, of amounts and of days, which nothing resets', () => {
    expect(decided({ all: [ever] })).toMatchObject({ usage: { remaining: 3, limit: 12 } });
    expect(decided({ all: [ever] }).validUntil).toBeUndefined();
    const spend = { fact: 'actionSum', params: { action: 'spend' }, operator: 'lessThanInclusive', value: 20 };
    expect(decided({ all: [spend] }).usage).toEqual({ remaining: 7.7, limit: 20 });
    const trial = decided({ all: [{ fact: 'daysSinceJoin', operator: 'lessThan', value: 14 }] });
    expect(trial).toMatchObject({ usage: { remaining: 10, limit: 14 }, validUntil: NOW + DAY_MS });
  });

  it('is of several bounds the nearest to its end, and of alternatives what lasts longest, or nothing where one is unbounded', () => {
    expect(decided({ all: [exports(5), ever] }).usage).toMatchObject({ limit: 12 });
    expect(decided({ any: [exports(5), ever] }).usage).toMatchObject({ limit: 5 });
    expect(decided({ any: [pro, exports(5)] }).usage).toMatchObject({ limit: 5 });
    expect(decided({ any: [pro, exports(5)] }, {}, { attributes: { plan: 'pro' } }).usage).toBeUndefined();
    expect(decided({ any: [exports(1), ever] }).usage).toMatchObject({ limit: 12 });
  });

  it('is not told where it may not be, is kept anyhow, or is not bounded from above', () => {
    const bySeats = exports({ fact: 'attribute', params: { name: 'seats' } });
    expect(decided({ all: [bySeats] }).usage).toBeUndefined();
    expect(decided({ all: [{ ...bySeats, public: true }] }).usage).toMatchObject({ remaining: 8, limit: 10 });
    expect(decided({ all: [exports(5)] }, { policy: 'LATCHING' }).usage).toBeUndefined();
    expect(decided({ all: [exports(1, { operator: 'greaterThan' })] }).usage).toBeUndefined();
    expect(decided({ not: exports(1) }).usage).toBeUndefined();
  });
});
