import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide, decideForPeople } from '../deciding/evaluate.js';
import { earnerOf, subjectOf } from '../deciding/subject.js';
import { requirementsOf } from '../requirements/requirements-of.js';
import { foldLedger } from '../states/ledger.js';
import { unknownOrganization } from '../states/organization-state.js';
import { arbitraryWorld, KEYS } from '../testing/arbitrary-world.js';
import { flagOf, fromDay, NOW, rowOf, ruleOf, snapshotOf, userOf, VERIFIED } from '../testing/samples.js';
import { DAY_MS } from '../values/time/time.js';
import { explainFor } from './explain.js';
import { explainForOrganization } from './explain-for-organization.js';
import { type UserFlag, userFlagFor } from './user-flag.js';

describe('how a flag stands for a user', () => {
  it('has the decision and the line of its explanation, in every world', () => {
    const states = new Set<string>();
    fc.assert(
      fc.property(arbitraryWorld, ({ snapshot, user, organization }) => {
        const subject = subjectOf(snapshot, user, organization);
        const about = { snapshot, subject, now: NOW };
        for (const key of KEYS) {
          const flag = userFlagFor(snapshot.flags.get(key)!, {
            ...about,
            audience: 'OPERATOR',
            earner: earnerOf(snapshot, subject),
          });
          const explanation = explainFor(about, key);
          expect(flag.decision).toEqual(explanation.decision);
          expect(flag.line).toBe(explanation.lines.find(({ verdict }) => verdict === 'ANSWERS')!.line);
          expect(flag.state === 'ON').toBe(flag.decision.enabled);
          // Rules of which it does not look at every part come to the same.
          const whole = requirementsOf(snapshot.flags.get(key)!, { ...about, audience: 'OPERATOR' });
          const { progress, blockedBy } = whole;
          expect(flag).toMatchObject({ progress, blockedBy });
          const brief = requirementsOf(snapshot.flags.get(key)!, {
            ...about,
            audience: 'OPERATOR',
            briefWhereOn: true,
          });
          expect(brief.rules.map(({ met }) => met)).toEqual(whole.rules.map(({ met }) => met));
          if (flag.nearest !== undefined) {
            expect(flag.nearest.leaf.met).toBe(false);
            expect(flag.nearest.sentence.text).not.toMatch(/undefined|\[object|^$/);
            expect(explanation.rules.map(({ requirement }) => requirement.ruleId)).toContain(flag.nearest.ruleId);
          }
          states.add(flag.state);
        }
      }),
      { numRuns: 300 },
    );
    expect([...states]).toEqual(expect.arrayContaining(['BLOCKED', 'OFF', 'ON']));
  });

  const standing = (
    rules: readonly Parameters<typeof ruleOf>[1][],
    user: Parameters<typeof userOf>[0] = {},
  ): UserFlag => {
    const snapshot = snapshotOf([flagOf('reports', { rules: rules.map((rule, i) => ruleOf(`rul_${i}`, rule)) })]);
    const subject = subjectOf(snapshot, userOf(user), undefined);
    const asked = { snapshot, subject, now: NOW, audience: 'OPERATOR', earner: undefined } as const;
    return userFlagFor(snapshot.flags.get('reports')!, asked);
  };

  it('names what is missing of the nearest rule: of all that has to be met what is furthest along', () => {
    const many = { fact: 'actionCount', params: { action: 'saved' }, operator: 'greaterThanInclusive', value: 4 };
    const actions = new Map([
      ['saved', { ...{ count: 3, sum: 0n, activeDays: 1, firstAt: NOW, lastAt: NOW, recentDays: 1n } }],
    ]);
    const conditions = { all: [...(VERIFIED.all as object[]), many] } as never;
    expect(standing([{ conditions: VERIFIED }, { conditions }], { actions })).toMatchObject({
      ...{ state: 'OFF', progress: 0.375, line: 'OTHERWISE' },
      nearest: { ruleId: 'rul_1', sentence: { text: expect.stringContaining('3 of 4') } },
    });
    expect(standing([{ conditions }], { actions, emailVerified: true })).toMatchObject({
      state: 'NEAR',
      progress: 0.875,
    });
    expect(standing([{ conditions: { not: VERIFIED } }], { emailVerified: true }).nearest!.sentence.text).toMatch(
      /^no longer: /,
    );
  });

  it('is near where time alone turns it on within a week', () => {
    const rules = [{ conditions: fromDay(60) }];
    expect(standing(rules, { joinedAt: NOW - 54 * DAY_MS })).toMatchObject({ state: 'NEAR' });
    expect(standing(rules, { joinedAt: NOW - 2 * DAY_MS })).toMatchObject({
      state: 'OFF',
      nearest: { leaf: { metAt: NOW + 58 * DAY_MS } },
    });
  });

  it('says when the ledger last had it, and what it keeps from the user', () => {
    const of = (kind: 'unlocked' | 'revoked', ruleVersion = 1) =>
      standing([{ policy: 'LATCHING', conditions: VERIFIED, ledgerFloor: 1, name: 'verified' }], {
        ledger: foldLedger([{ flagId: 'flg_reports', ruleId: 'rul_0', ruleVersion, kind, earnedAt: NOW - 5 }]),
      });
    expect(of('unlocked')).toMatchObject({
      ...{ state: 'ON', ruleName: 'verified' },
      lastFlip: { at: NOW - 5, unlocked: true, ruleId: 'rul_0' },
    });
    expect(of('revoked')).toMatchObject({
      ...{ state: 'BLOCKED', blockedBy: [{ reason: 'REVOKED' }] },
      lastFlip: { unlocked: false },
    });
    expect(of('unlocked', 0).lastFlip).toBeUndefined();
  });
});

describe('what an organization is told', () => {
  it('is what people are told, but for its own denials, in every world', () => {
    fc.assert(
      fc.property(arbitraryWorld, ({ snapshot, user, organization }) => {
        const subject = subjectOf(snapshot, user, organization);
        for (const key of KEYS) {
          const compiled = snapshot.flags.get(key)!;
          const told = explainForOrganization(compiled, { snapshot, subject, now: NOW });
          const toPeople = decideForPeople(snapshot, key, subject, NOW);
          const whole = decide(snapshot, key, subject, NOW);
          const owns = told.rows.some(({ standing, row }) => standing === 'DECIDES' && row.effect === 'DENY');
          expect(told.decision).toEqual(owns && whole.reason === 'DENIED' ? whole : toPeople);
          expect(told.rows.filter(({ row }) => row.managedBy !== subject.organizationId)).toEqual([]);
          expect(told.lines.filter(({ verdict }) => verdict === 'ANSWERS')).toHaveLength(1);
          expect(told.lines.filter(({ says }) => says !== '')).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is the same whether the platform denies the flag or its rules leave the user out', () => {
    const organization = { ...unknownOrganization('acme'), access: [] };
    const user = userOf({ organizationId: 'acme', emailVerified: true });
    const told = (rows: readonly ReturnType<typeof rowOf>[], rolloutPer100k: number) => {
      const rules = [ruleOf('rul_0', { conditions: VERIFIED, rolloutPer100k })];
      const snapshot = snapshotOf([flagOf('reports', { delegated: true, hasRows: true, rules })]);
      const access = rows.filter(({ userId }) => userId !== '');
      const subject = subjectOf(snapshot, { ...user, access }, organization);
      return explainForOrganization(snapshot.flags.get('reports')!, { snapshot, subject, now: NOW });
    };
    expect(told([rowOf('reports', { userId: 'ada', effect: 'DENY' })], 100_000)).toEqual(told([], 0));
    const own = rowOf('reports', { userId: 'ada', effect: 'DENY', managedBy: 'acme' });
    expect(told([own], 100_000)).toMatchObject({
      decision: { reason: 'DENIED' },
      rows: [{ standing: 'DECIDES', level: 'USER' }],
    });
  });
});
