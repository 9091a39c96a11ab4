import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arbitrarySources, instant } from '../conditions/testing/arbitrary-conditions.js';
import type { OrganizationState } from '../states/organization-state.js';
import type { UserState } from '../states/user-state.js';
import { arbitraryWorld } from '../testing/arbitrary-world.js';
import { latchingFlag, NOW, segmentOf, snapshotOf, userOf } from '../testing/samples.js';
import type { JsonObject } from '../values/json.js';
import { DAY_MS } from '../values/time/time.js';
import { latch, nextLatchAt } from './latch.js';
import { turnedForMembers } from './organization-turns.js';

const MET = { fact: 'metConditions', operator: 'greaterThanInclusive', value: 2 };

describe('what an organization has come to, for rules of its members', () => {
  it('is told of every flag that a member earns by it, or waits for sooner', () => {
    let earned = 0;
    fc.assert(
      fc.property(arbitraryWorld, arbitrarySources, instant, ({ snapshot, user, organization }, other, now) => {
        const given = organization?.earner;
        if (organization === undefined || given === undefined || other.earner === undefined) return;
        const before: OrganizationState = organization;
        const after = { ...organization, earner: { ...other.earner.user, ledger: given.ledger } };
        const member: UserState = { ...user, organizationId: organization.id };
        // Whoever was judged as the organization was before has earned what there was.
        const judged = latch(snapshot, member, before, now).user;
        const turned = new Set(turnedForMembers(snapshot, before, after, now));
        const directly = ({ compiled }: { readonly compiled: { readonly flag: { readonly id: string } } }) =>
          compiled.flag.id;
        const [first] = latch(snapshot, judged, after, now).unlocks.map(directly);
        if (first !== undefined) {
          earned += 1;
          expect(turned).toContain(first);
        }
        const [was, is] = [before, after].map((state) => nextLatchAt(snapshot, judged, state, now));
        if (is! < was!) expect(turned.size).toBeGreaterThan(0);
      }),
      // Nine of 4,000 worlds earn something.
      { numRuns: 6_000 },
    );
    expect(earned).toBeGreaterThan(0);
  });

  const count = (value: number, operator = 'greaterThanInclusive'): JsonObject => ({
    all: [{ fact: 'actionCount', params: { action: 'report', of: 'organization' }, operator, value }],
  });
  const acme = (reports: number, lastAt = NOW): OrganizationState => {
    const total = { count: reports, sum: 0n, activeDays: 1, firstAt: NOW, lastAt, recentDays: 1n };
    const organization = {
      id: 'acme',
      revision: 1,
      version: 1,
      attributes: {},
      strictRoles: false,
      roles: [],
      access: [],
    };
    const nobody = { ...organization, roles: [], emailVerified: false, organizationId: 'acme', stage: '' };
    const none = new Map<string, never>();
    const earner = {
      ...nobody,
      stagesReached: [],
      actions: new Map([['report', total]]),
      actionDays: none,
      ledger: none,
    };
    return { ...organization, earner };
  };

  it('is nothing as long as no comparison comes out otherwise', () => {
    const snapshot = snapshotOf([latchingFlag('ten', count(10)), latchingFlag('five', count(5))]);
    expect(turnedForMembers(snapshot, acme(3), acme(4), NOW)).toEqual([]);
    expect(turnedForMembers(snapshot, acme(4), acme(5), NOW)).toEqual(['flg_five']);
    expect(turnedForMembers(snapshot, acme(4), acme(10), NOW).toSorted()).toEqual(['flg_five', 'flg_ten']);
  });

  it('is told where a count of conditions comes out otherwise sooner, though each of them changes no sooner', () => {
    const since = (operator: string, value: number): JsonObject => {
      return { fact: 'daysSinceAction', params: { action: 'report', of: 'organization' }, operator, value };
    };
    const snapshot = snapshotOf(
      [latchingFlag('both', { all: [{ ...MET, params: { segments: ['between', 'veteran'] } }] })],
      {
        segments: [
          segmentOf('between', { all: [since('greaterThanInclusive', 3), since('lessThan', 6)] }),
          segmentOf('veteran', { all: [{ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 7 }] }),
        ],
      },
    );
    const member = userOf({ organizationId: 'acme', joinedAt: NOW });
    const later = NOW + 2 * DAY_MS;
    const [before, after] = [acme(1, NOW), acme(2, later)];
    expect(nextLatchAt(snapshot, member, before, later)).toBe(Number.POSITIVE_INFINITY);
    expect(nextLatchAt(snapshot, member, after, later)).toBe(NOW + 7 * DAY_MS);
    expect(turnedForMembers(snapshot, before, after, later)).toEqual(['flg_both']);
    expect(turnedForMembers(snapshot, after, after, later)).toEqual([]);
  });

  it('is told where conditions are counted against what the organization has done', () => {
    const reports = { fact: 'actionCount', params: { action: 'report', of: 'organization' } };
    const met = { fact: 'metConditions', params: { segments: ['anybody'] }, operator: 'equal', value: reports };
    const segments = [segmentOf('anybody', { all: [] })];
    const snapshot = snapshotOf([latchingFlag('once', { all: [met] })], { segments });
    const member = userOf({ organizationId: 'acme' });
    expect(latch(snapshot, member, acme(0), NOW).unlocks).toEqual([]);
    expect(latch(snapshot, member, acme(1), NOW).unlocks).toHaveLength(1);
    expect(turnedForMembers(snapshot, acme(0), acme(1), NOW)).toEqual(['flg_once']);
  });
});
