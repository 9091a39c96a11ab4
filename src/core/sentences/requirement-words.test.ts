import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arbitraryConditions } from '../conditions/testing/arbitrary-conditions.js';
import { evaluate } from '../deciding/evaluate.js';
import { subjectOf } from '../deciding/subject.js';
import type { FlagRequirements } from '../requirements/requirement.js';
import { requirementsOf } from '../requirements/requirements-of.js';
import type { UserState } from '../states/user-state.js';
import { flagOf, NOW, ruleOf, segmentOf, snapshotOf, userOf } from '../testing/samples.js';
import type { JsonObject } from '../values/json.js';
import { DAY_MS } from '../values/time/time.js';
import { describeDecision } from './decision-words.js';
import { missingInWords, nearestMissing } from './requirement-words.js';

function requirements(conditions: JsonObject, user: Partial<UserState>): FlagRequirements {
  const snapshot = snapshotOf([flagOf('reports', { rules: [ruleOf('r', { name: 'Earned', conditions })] })]);
  const subject = subjectOf(snapshot, userOf(user), undefined, undefined);
  return requirementsOf(snapshot.flags.get('reports')!, { snapshot, subject, audience: 'OPERATOR', now: NOW });
}

function missing(conditions: JsonObject, user: Partial<UserState> = {}): string | undefined {
  return missingInWords(requirements(conditions, user).rules[0]!.requirement)?.text;
}

const total = { sum: 0n, activeDays: 1, firstAt: NOW - DAY_MS, lastAt: NOW - DAY_MS, recentDays: 1n };
const reports = (count: number) => new Map([['report_created', { ...total, count }]]);
const created = (value: number, params: JsonObject = {}): JsonObject => ({
  fact: 'actionCount',
  params: { action: 'report_created', ...params },
  operator: 'greaterThanInclusive',
  value,
});
const days = (value: number): JsonObject => ({ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value });
const verified: JsonObject = { fact: 'emailVerified', operator: 'equal', value: true };

describe('missingInWords', () => {
  it('says what is still to do', () => {
    expect(missing({ all: [created(10)] }, { actions: reports(6) })).toBe('create 4 more reports');
    expect(missing({ all: [created(7, { period: 'week' })] })).toBe('create 7 more reports by Sunday');
    expect(missing({ all: [created(1, { period: 'day' })] })).toBe('create 1 more report today');
    expect(missing({ all: [created(10, { windowDays: 30 })] })).toBe(
      'create 10 more reports, 30 days counting back from the last',
    );
  });

  it('says what time will do, and when', () => {
    expect(missing({ all: [days(7)] }, { joinedAt: NOW - 4 * DAY_MS })).toBe(
      '3 more days since joining (at 2026-03-04T12:00:00.000Z)',
    );
  });

  it('says what is to be so', () => {
    expect(missing({ all: [verified] })).toBe('to be somebody who has verified their e-mail address');
    expect(missing({ not: { all: [verified] } }, { emailVerified: true })).toBe(
      'no longer: to be somebody who has verified their e-mail address',
    );
  });

  it('says which role is missing by its name', () => {
    const manager: JsonObject = { fact: 'roles', operator: 'contains', value: 'manager' };
    expect(missing({ all: [created(1), manager] })).toBe('create 1 more report and the role manager');
    expect(missing({ all: [manager] })).toBe('the role manager');
    expect(missing({ not: manager }, { roles: ['manager'] })).toBe('no longer: the role manager');
  });

  it('says all of an `all`, and the nearest of an `any`', () => {
    const user = { actions: reports(6), joinedAt: NOW - 4 * DAY_MS };
    expect(missing({ all: [created(7), verified] }, user)).toBe(
      'create 1 more report and to be somebody who has verified their e-mail address',
    );
    expect(missing({ any: [created(100), created(7), verified] }, user)).toBe('create 1 more report');
    expect(missing({ all: [created(1)] }, user)).toBeUndefined();
  });

  it('says something of whatever is not met, for operators and for people', () => {
    fc.assert(
      fc.property(arbitraryConditions, fc.boolean(), ({ conditions, segments }, isPerson) => {
        const snapshot = snapshotOf([flagOf('a', { rules: [ruleOf('r', { conditions })] })], {
          segments: [...segments].map(([key, given]) => segmentOf(key, given)),
        });
        const subject = subjectOf(snapshot, userOf(), undefined, undefined);
        const audience = isPerson ? 'PERSON' : 'OPERATOR';
        const [rule] = requirementsOf(snapshot.flags.get('a')!, { snapshot, subject, audience, now: NOW }).rules;
        const { requirement } = rule!;
        const said = missingInWords(requirement);
        expect(said === undefined).toBe(requirement.met);
        expect(said?.text ?? 'met').not.toMatch(/undefined|\[object|^$/);
        expect(nearestMissing(requirement) === undefined).toBe(requirement.met);
      }),
    );
  });
});

describe('describeDecision', () => {
  function described(conditions: JsonObject, user: Partial<UserState> = {}): string {
    const snapshot = snapshotOf([flagOf('reports', { rules: [ruleOf('r', { name: 'Earned', conditions })] })]);
    const decision = evaluate(snapshot, 'reports', userOf(user), undefined, undefined, NOW);
    return describeDecision({ decision, who: 'ada', requirements: requirements(conditions, user) }).text;
  }

  it('says how far the user has come', () => {
    expect(described({ all: [days(7)] }, { joinedAt: NOW - 4 * DAY_MS })).toBe(
      'off for ada: 4 of 7 days since joining, for rule "Earned"',
    );
    expect(described({ all: [created(10)] }, { actions: reports(6) })).toBe(
      'off for ada: 6 of 10 reports, for rule "Earned"',
    );
    expect(described({ all: [verified] })).toBe(
      'off for ada: to be somebody who has verified their e-mail address, for rule "Earned"',
    );
  });

  it('says by which rule it is on', () => {
    expect(described({ all: [days(1)] }, { joinedAt: NOW - 4 * DAY_MS })).toBe('on for ada: rule "Earned" holds');
    expect(described({})).toBe('on for ada: rule "Earned" is for everyone in its rollout');
  });

  it('says when and by what it was earned, or who granted it', () => {
    const decision = { enabled: true, reason: 'UNLOCKED', ruleId: 'r' } as const;
    const event = { type: 'event', source: '', eventId: 'e', action: 'report_created' } as const;
    expect(
      describeDecision({ decision, who: 'ada', earned: { kind: 'unlocked', earnedAt: NOW, cause: event } }).text,
    ).toBe('on for ada: earned at 2026-03-01T12:00:00.000Z by report_created');
    const manual = { type: 'manual', actor: 'grace', reason: 'asked for it' } as const;
    expect(
      describeDecision({ decision, who: 'ada', earned: { kind: 'granted', earnedAt: NOW, cause: manual } }).text,
    ).toBe('on for ada: granted at 2026-03-01T12:00:00.000Z by "grace": "asked for it"');
  });

  it('says what else decided', () => {
    const say = (reason: 'DENIED' | 'GLOBAL' | 'ROLE' | 'FLAG_NOT_FOUND' | 'DISABLED', more = {}) =>
      describeDecision({
        decision: { enabled: reason === 'GLOBAL' || reason === 'ROLE', reason, ruleId: '' },
        who: 'ada',
        ...more,
      }).text;
    const row = { userId: '', role: 'contractor', organizationId: 'acme', managedBy: '' };
    expect(say('DENIED', { row })).toBe(
      'off for ada: an access row denies it for the role contractor in the organization acme',
    );
    expect(say('ROLE')).toBe('on for ada: an access row allows it for a role');
    expect(say('GLOBAL')).toBe('on for ada: it is on for everyone');
    expect(say('FLAG_NOT_FOUND')).toBe('off for ada: there is no such flag, or it is archived');
    const until = { blockedBy: [{ reason: 'SCHEDULE', flagKey: '', label: '', ruleId: '', until: NOW }], rules: [] };
    expect(say('DISABLED', { requirements: until })).toBe('off for ada: it begins at 2026-03-01T12:00:00.000Z');
  });
});
