import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  arbitraryOrganizationConditions,
  arbitrarySources,
  instant,
} from '../conditions/testing/arbitrary-conditions.js';
import type { Flag, Rule } from '../flags/flag.js';
import { foldLedger } from '../states/ledger.js';
import { type OrganizationState, unknownOrganization } from '../states/organization-state.js';
import { type UserState, unknownEarner } from '../states/user-state.js';
import { flagOf, NOW, ruleOf, snapshotOf, userOf } from '../testing/samples.js';
import type { JsonObject } from '../values/json.js';
import { DAY_MS } from '../values/time/time.js';
import { evaluate } from './evaluate.js';

const EARNED = { earnedBy: 'ORGANIZATION', bucketBy: 'organization' } as const;

const atLeast = (value: number, params: JsonObject = {}): JsonObject => ({
  all: [{ fact: 'actionCount', params: { action: 'report', ...params }, operator: 'greaterThanInclusive', value }],
});

function earned(conditions: JsonObject, given: Partial<Rule> = {}): Flag {
  return flagOf('team', { rules: [ruleOf('rul_team', { ...EARNED, conditions, ...given })] });
}

function acme(count: number, given: Partial<UserState> = {}): OrganizationState {
  const total = { count, sum: 0n, activeDays: 1, firstAt: NOW - DAY_MS, lastAt: NOW - DAY_MS, recentDays: 1n };
  const earner = { ...unknownEarner('acme'), revision: 1, actions: new Map([['report', total]]), ...given };
  return { ...unknownOrganization('acme'), revision: 1, earner };
}

const member = userOf({ organizationId: 'acme' });
const decide = (flags: Flag | readonly Flag[], organization: OrganizationState | undefined, user = member) =>
  evaluate(snapshotOf([flags].flat()), [flags].flat()[0]!.key, user, organization, undefined, NOW);

const standing = (kind: 'unlocked' | 'revoked' | 'granted', ruleId = 'rul_team') =>
  foldLedger([{ flagId: 'flg_team', ruleId, ruleVersion: 1, kind, earnedAt: NOW }]);

describe('a rule that organizations earn', () => {
  it('holds for members by what their organization has done, and not by what they have', () => {
    const busy = userOf({ organizationId: 'acme', actions: acme(20).earner!.actions });
    expect(decide(earned(atLeast(10)), acme(10))).toMatchObject({ enabled: true, reason: 'RULE', ruleId: 'rul_team' });
    expect(decide(earned(atLeast(10)), acme(9), busy)).toMatchObject({ enabled: false, reason: 'DEFAULT' });
  });

  it('holds for nobody who is in no organization, or in one of which nothing is known', () => {
    const lessThan = { all: [{ fact: 'actionCount', params: { action: 'report' }, operator: 'lessThan', value: 1 }] };
    expect(decide(earned(lessThan), undefined, userOf())).toMatchObject({ enabled: false });
    expect(decide(earned({}), undefined, userOf())).toMatchObject({ enabled: false });
    expect(decide(earned(lessThan), unknownOrganization('acme'))).toMatchObject({ enabled: true });
  });

  it('holds once the ledger of the organization has it, until the organization is barred', () => {
    const latching = earned(atLeast(10), { policy: 'LATCHING' });
    expect(decide(latching, acme(0, { ledger: standing('unlocked') }))).toMatchObject({ reason: 'UNLOCKED' });
    expect(decide(latching, acme(10, { ledger: standing('revoked') }))).toMatchObject({ enabled: false });
    expect(decide(latching, acme(0, { ledger: standing('granted', '') }))).toMatchObject({ reason: 'UNLOCKED' });
  });

  it('is open to a member by hand, and closed to one', () => {
    const barred = userOf({ organizationId: 'acme', ledger: standing('revoked') });
    expect(decide(earned(atLeast(10)), acme(10), barred)).toMatchObject({ enabled: false });
    const given = userOf({ organizationId: 'acme', ledger: standing('granted') });
    expect(decide(earned(atLeast(10)), acme(0), given)).toMatchObject({ reason: 'UNLOCKED' });
  });

  it('keeps what was unlocked by a rule since removed', () => {
    const removed = flagOf('team', {
      removedRules: [{ id: 'rul_team', version: 1, ledgerFloor: 0, earnedBy: 'ORGANIZATION' }],
    });
    expect(decide(removed, acme(0, { ledger: standing('unlocked') }))).toMatchObject({ reason: 'UNLOCKED' });
    expect(decide(removed, acme(0))).toMatchObject({ enabled: false });
  });

  it('stands among rules that users earn, each with its own facts', () => {
    const users = ruleOf('rul_user', { conditions: atLeast(3) });
    const flag = { ...earned(atLeast(10)), rules: [...earned(atLeast(10)).rules, users] };
    const own = userOf({ organizationId: 'acme', actions: acme(3).earner!.actions });
    expect(decide(flag, acme(9), own)).toMatchObject({ ruleId: 'rul_user' });
    expect(decide(flag, acme(10), own)).toMatchObject({ ruleId: 'rul_team' });
    expect(decide(flag, acme(9))).toMatchObject({ enabled: false });
  });

  it('decides a user as it would decide the organization, were it a user', () => {
    let enabled = 0;
    let timed = 0;
    fc.assert(
      fc.property(
        arbitraryOrganizationConditions,
        arbitrarySources,
        instant,
        fc.constantFrom(100_000, 50_000),
        (conditions, { organization, earner }, now, rolloutPer100k) => {
          if (organization === undefined || earner === undefined) return;
          const state = { ...organization, earner: earner.user };
          const given = { conditions, rolloutPer100k, bucketBy: 'organization' } as const;
          const [byOrganization, byUser] = (['ORGANIZATION', 'USER'] as const).map((earnedBy) =>
            snapshotOf([flagOf('team', { rules: [ruleOf('rul_team', { ...given, earnedBy })] })]),
          );
          const user = userOf({ organizationId: 'pro' });
          const told = evaluate(byOrganization!, 'team', user, state, undefined, now);
          expect(told).toEqual(evaluate(byUser!, 'team', earner.user, organization, undefined, now));
          if (told.enabled) enabled += 1;
          if (told.validUntil !== undefined) timed += 1;
        },
      ),
      { numRuns: 600 },
    );
    expect(enabled).toBeGreaterThan(5);
    expect(timed).toBeGreaterThan(5);
  });
});

describe('a fact of the organization that a rule of users reads', () => {
  const ofOrganization = (value: number): Flag =>
    flagOf('team', { rules: [ruleOf('rul_team', { conditions: atLeast(value, { of: 'organization' }) })] });

  it('is what the organization has done, and nothing for a user in none', () => {
    expect(decide(ofOrganization(10), acme(10))).toMatchObject({ enabled: true });
    expect(decide(ofOrganization(10), acme(9))).toMatchObject({ enabled: false });
    expect(decide(ofOrganization(1), undefined, userOf())).toMatchObject({ enabled: false });
  });

  it('is whether the organization has unlocked a flag', () => {
    const [team] = [earned(atLeast(10), { policy: 'LATCHING' })];
    const unlocked = { fact: 'unlocked', params: { flag: 'team', of: 'organization' }, operator: 'equal', value: true };
    const after = flagOf('after', { rules: [ruleOf('rul_after', { conditions: { all: [unlocked] } })] });
    expect(decide([after, team!], acme(0, { ledger: standing('unlocked') }))).toMatchObject({ enabled: true });
    expect(decide([after, team!], acme(0))).toMatchObject({ enabled: false });
  });
});
