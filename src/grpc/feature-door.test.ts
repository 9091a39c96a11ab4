import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AccessRow_Effect } from '../../test/gen/latchkey/v1/access.js';
import { Consistency, Reason } from '../../test/gen/latchkey/v1/evaluation.js';
import { FeatureFlag_Type, Rule_Policy } from '../../test/gen/latchkey/v1/flag.js';
import { Cause_Type, LedgerEntry_Kind } from '../../test/gen/latchkey/v1/ledger.js';
import { unmarked, withinOnePeriod } from '../../test/timing.js';
import { DAY_MS } from '../core/values/time/time.js';
import { type DoorStand, openDoorStand } from './testing/door-stand.js';

let stand: DoorStand;

beforeAll(async () => {
  stand = await openDoorStand();
});

afterAll(async () => {
  await stand.close();
});

const reports = {
  any: [{ fact: 'actionCount', params: { action: 'export' }, operator: 'greaterThanInclusive', value: 3 }],
};

describe('SetFlag', () => {
  it('creates a flag with its defaults, and tells everything that the server sets', async () => {
    const { flag, warnings, consistencyToken } = await stand.admin.setFlag({ flag: { key: 'plain' } });
    expect(flag).toMatchObject({
      key: 'plain',
      name: 'plain',
      active: true,
      isEnabledGlobally: false,
      type: FeatureFlag_Type.BOOLEAN,
      variants: [
        { key: 'on', value: true },
        { key: 'off', value: false },
      ],
      offVariant: 'off',
      clientVisible: true,
      archived: false,
      delegated: false,
      version: 1,
    });
    expect(flag?.id).toMatch(/^flg_/);
    expect(flag?.salt).not.toBe('');
    expect(flag?.createdAt).toEqual(flag?.updatedAt);
    expect(warnings).toEqual([]);
    expect(consistencyToken).not.toBe('');
  });

  it('keeps every field that it is given, values of any JSON included', async () => {
    const given = {
      key: 'full',
      name: 'Everything',
      description: 'has all fields',
      active: true,
      isEnabledGlobally: true,
      type: FeatureFlag_Type.JSON,
      variants: [
        { key: 'a', value: { list: [1, null, 'x'], deep: { yes: true } } },
        { key: 'nothing', value: null },
      ],
      offVariant: 'nothing',
      distribution: [{ variant: 'a', weight: 1 }],
      rules: [
        {
          name: 'half of all',
          conditions: {},
          policy: Rule_Policy.LATCHING,
          rollout: 50_000,
          bucketBy: 'organization',
          distribution: [{ variant: 'a', weight: 7 }],
        },
      ],
      prerequisites: [{ flagKey: 'plain', variant: 'on' }],
      startsAt: new Date('2020-01-01T00:00:00Z'),
      endsAt: new Date('2120-01-01T00:00:00.001Z'),
      tags: ['x', 'y'],
      owner: 'team a',
      delegated: true,
      clientVisible: false,
      archived: false,
    };
    const { flag } = await stand.admin.setFlag({ flag: given });
    expect(flag).toMatchObject(given);
    expect((await stand.admin.getFlag({ flag: 'full' })).flag).toEqual(flag);
  });

  it('puts and drops access rows in the same call', async () => {
    const { access } = await stand.admin.setFlag({
      flag: { key: 'rows' },
      access: [
        { userId: 'u1' },
        { role: 'manager', organizationId: 'acme', effect: AccessRow_Effect.DENY },
        { role: 'qa', enabled: false },
      ],
    });
    expect(access).toMatchObject([
      { userId: 'u1', effect: AccessRow_Effect.ALLOW, enabled: true, managedBy: '' },
      { role: 'manager', organizationId: 'acme', effect: AccessRow_Effect.DENY, enabled: true },
      { role: 'qa', effect: AccessRow_Effect.ALLOW, enabled: false },
    ]);
    expect(await stand.admin.evaluate({ flagKey: 'rows', context: { userId: 'u1' } })).toMatchObject({
      enabled: true,
      reason: Reason.REASON_USER,
    });
    const { consistencyToken } = await stand.admin.setFlag({ flag: { key: 'rows' }, removeAccess: [{ userId: 'u1' }] });
    expect(await stand.admin.evaluate({ flagKey: 'rows', context: { userId: 'u1' }, consistencyToken })).toMatchObject({
      enabled: false,
      reason: Reason.REASON_DEFAULT,
    });
  });
});

describe('Evaluate', () => {
  it('answers for nobody in particular, and for an unknown flag', async () => {
    await stand.admin.setFlag({ flag: { key: 'everyone', isEnabledGlobally: true } });
    expect(await unmarked(() => stand.admin.evaluate({ flagKey: 'everyone' }))).toEqual({
      flagKey: 'everyone',
      enabled: true,
      value: true,
      variant: 'on',
      reason: Reason.REASON_GLOBAL,
      ruleId: '',
      validUntil: undefined,
      flagVersion: 1,
      stale: false,
    });
    expect(await stand.admin.evaluate({ flagKey: 'nowhere', context: { userId: 'u1' } })).toMatchObject({
      flagKey: 'nowhere',
      enabled: false,
      value: undefined,
      variant: '',
      reason: Reason.REASON_FLAG_NOT_FOUND,
      flagVersion: 0,
    });
  });

  it('tells the rule that answered and until when, in time that the context gives', async () => {
    const { flag } = await stand.admin.setFlag({
      flag: {
        key: 'week-old',
        rules: [{ conditions: { all: [{ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 7 }] } }],
      },
    });
    const joinedAt = new Date(Date.now() - 86_400_000);
    const young = await stand.admin.evaluate({ flagKey: 'week-old', context: { userId: 'u2', joinedAt } });
    expect(young).toMatchObject({ enabled: false, value: false, variant: 'off', reason: Reason.REASON_DEFAULT });
    expect(young.validUntil?.getTime()).toBe(joinedAt.getTime() + 7 * 86_400_000);
    const old = { userId: 'u2', joinedAt: new Date('2020-01-01T00:00:00Z') };
    expect(await stand.admin.evaluate({ flagKey: 'week-old', context: old })).toMatchObject({
      enabled: true,
      reason: Reason.REASON_RULE,
      ruleId: flag?.rules[0]?.id,
    });
  });

  it('takes organization and roles from the context as one unit, and attributes over the stored ones', async () => {
    await stand.admin.setFlag({ flag: { key: 'for-managers' }, access: [{ role: 'manager' }] });
    await stand.admin.identify({ userId: 'm1', organizationId: 'acme', roles: ['manager'] });
    const ask = async (context: { organizationId?: string; roles?: string[] }) => {
      const answer = await stand.admin.evaluate({ flagKey: 'for-managers', context: { userId: 'm1', ...context } });
      return answer.enabled;
    };
    expect(await ask({})).toBe(true);
    expect(await ask({ roles: ['admin'] })).toBe(true);
    expect(await ask({ roles: ['guest'] })).toBe(false);
    // Given the organization alone, the roles are from here too: none.
    expect(await ask({ organizationId: 'acme' })).toBe(false);
    expect(await ask({ organizationId: '' })).toBe(false);

    const conditions = { all: [{ fact: 'attribute', path: '$.plan', operator: 'equal', value: 'pro' }] };
    await stand.admin.setFlag({ flag: { key: 'for-pros', rules: [{ conditions }] } });
    const pro = { userId: 'm1', attributes: { plan: 'pro', other: [1] } };
    expect(await stand.admin.evaluate({ flagKey: 'for-pros', context: pro })).toMatchObject({ enabled: true });
    expect(await stand.admin.evaluate({ flagKey: 'for-pros', context: { userId: 'm1' } })).toMatchObject({
      enabled: false,
    });
  });

  it('with FULL reads the store', async () => {
    await stand.admin.identify({ userId: 'm2', roles: ['manager'] });
    const request = { flagKey: 'for-managers', context: { userId: 'm2' }, consistency: Consistency.FULL };
    const answer = await unmarked(() => stand.admin.evaluate(request));
    expect(answer).toMatchObject({ enabled: true, stale: false });
  });
});

describe('BatchEvaluate', () => {
  it('answers every flag for every context, in their orders', async () => {
    const { results } = await stand.admin.batchEvaluate({
      contexts: [{ userId: 'u2' }, {}, { userId: 'm1', roles: ['guest'] }],
      flagKeys: ['for-managers', 'nowhere', 'everyone'],
    });
    expect(results.map(({ userId }) => userId)).toEqual(['u2', '', 'm1']);
    for (const { decisions } of results) {
      expect(decisions.map(({ flagKey }) => flagKey)).toEqual(['for-managers', 'nowhere', 'everyone']);
      expect(decisions[2]).toEqual(await stand.admin.evaluate({ flagKey: 'everyone' }));
    }
  });

  it('without flag keys answers all flags that are not archived, by key', async () => {
    await stand.admin.setFlag({ flag: { key: 'put-away', archived: true } });
    const { results } = await stand.admin.batchEvaluate({ contexts: [{ userId: 'u2' }] });
    const keys = results[0]!.decisions.map(({ flagKey }) => flagKey);
    expect(keys).toEqual(keys.toSorted());
    expect(keys).toContain('everyone');
    expect(keys).not.toContain('put-away');
  });
});

describe('Identify', () => {
  it('writes what is given, and with a mask exactly what it names', async () => {
    const joinedAt = new Date('2024-02-29T12:00:00.123Z');
    const first = await stand.admin.identify({
      userId: 'i1',
      organizationId: 'acme',
      roles: ['employee', 'qa'],
      joinedAt,
      emailVerified: true,
      attributes: { plan: 'free', seats: 3, gone: 1 },
    });
    expect(first.user).toEqual({
      userId: 'i1',
      organizationId: 'acme',
      timeZone: '',
      roles: ['employee', 'qa'],
      joinedAt,
      emailVerified: true,
      attributes: { plan: 'free', seats: 3, gone: 1 },
    });
    const second = await stand.admin.identify({ userId: 'i1', attributes: { plan: 'pro', gone: null } });
    expect(second.user).toEqual({ ...first.user, attributes: { plan: 'pro', seats: 3 } });

    const third = await stand.admin.identify({
      userId: 'i1',
      organizationId: 'ignored',
      attributes: { only: true },
      updateMask: ['roles', 'joined_at', 'email_verified', 'attributes'],
    });
    expect(third.user).toEqual({
      userId: 'i1',
      organizationId: 'acme',
      timeZone: '',
      roles: [],
      joinedAt: undefined,
      emailVerified: false,
      attributes: { only: true },
    });
    const fourth = await stand.admin.identify({ userId: 'i1', organizationId: '' });
    expect(fourth.user?.organizationId).toBe('');
  });

  it('tells what came on through it', async () => {
    const { newlyUnlocked, consistencyToken } = await stand.admin.identify({ userId: 'i2', roles: ['manager'] });
    expect(newlyUnlocked).toContain('for-managers');
    expect(
      await stand.admin.evaluate({ flagKey: 'for-managers', context: { userId: 'i2' }, consistencyToken }),
    ).toMatchObject({ enabled: true });
  });

  it('tells what went off through it', async () => {
    const promoted = await stand.admin.identify({ userId: 'i3', roles: ['manager'] });
    expect(promoted.newlyLocked).toEqual([]);
    const demoted = await stand.admin.identify({ userId: 'i3', updateMask: ['roles'] });
    expect(demoted).toMatchObject({ newlyUnlocked: [], newlyLocked: ['for-managers'] });
  });
});

describe('progress', () => {
  it('goes forward, and back only when that is allowed', async () => {
    await stand.admin.setStages({ stages: [{ name: 'signup' }, { name: 'profile' }, { name: 'done' }] });
    expect((await stand.admin.getProgress({ userId: 'p1' })).progress).toEqual({
      userId: 'p1',
      stage: '',
      stagesReached: [],
      updatedAt: undefined,
    });
    const conditions = { all: [{ fact: 'stagesReached', operator: 'contains', value: 'profile' }] };
    await stand.admin.setFlag({ flag: { key: 'profiled', rules: [{ conditions, policy: Rule_Policy.LATCHING }] } });
    const here = { all: [{ fact: 'stage', operator: 'equal', value: 'profile' }] };
    await stand.admin.setFlag({ flag: { key: 'at-profile', rules: [{ conditions: here }] } });
    const { progress, newlyUnlocked } = await stand.admin.updateProgress({ userId: 'p1', stage: 'profile' });
    expect(progress).toMatchObject({ userId: 'p1', stage: 'profile', stagesReached: [{ stage: 'profile' }] });
    expect(progress?.updatedAt).toEqual(progress?.stagesReached[0]?.reachedAt);
    expect(newlyUnlocked).toContain('profiled');

    const refused = await stand.admin.updateProgress({ userId: 'p1', stage: 'signup' });
    expect(refused.progress).toEqual(progress);
    const back = await stand.admin.updateProgress({ userId: 'p1', stage: 'signup', allowBackward: true });
    expect(back).toMatchObject({ newlyUnlocked: [], newlyLocked: ['at-profile'] });
    expect(back.progress?.stagesReached.map(({ stage }) => stage)).toEqual(['profile', 'signup']);
    expect((await stand.admin.getProgress({ userId: 'p1' })).progress).toEqual(back.progress);
  });
});

describe('Track', () => {
  it('counts events and tells what they unlocked, with its cause in the ledger', async () => {
    await withinOnePeriod(DAY_MS, 5_000);
    await stand.admin.setFlag({
      flag: { key: 'reports', rules: [{ conditions: reports, policy: Rule_Policy.LATCHING }] },
    });
    const event = { userId: 't1', source: 'web', action: 'export', properties: { file: 'a.csv' } };
    const first = await stand.admin.track({
      events: [
        { ...event, id: '1', value: 2.5 },
        { ...event, id: '2', occurredAt: new Date() },
        { ...event, id: '2' },
      ],
      wait: true,
    });
    expect(first).toMatchObject({ accepted: 2, duplicates: 1, rejected: [], newlyUnlocked: [] });

    const second = await stand.admin.track({ events: [{ ...event, id: '3' }], wait: true });
    expect(second.newlyUnlocked).toEqual([{ userId: 't1', flagKey: 'reports' }]);
    const { entries } = await stand.admin.listUnlocks({ userId: 't1' });
    expect(entries).toMatchObject([
      {
        flagKey: 'reports',
        ruleVersion: 1,
        kind: LedgerEntry_Kind.KIND_UNLOCKED,
        cause: { type: Cause_Type.TYPE_EVENT, source: 'web', eventId: '3', action: 'export', actor: '' },
      },
    ]);
    const { actionTotals, unlocks } = await stand.admin.getUser({ userId: 't1' });
    expect(actionTotals).toMatchObject([{ action: 'export', count: 3, sum: 2.5, activeDays: 1 }]);
    expect(unlocks).toMatchObject([{ flagKey: 'reports' }]);
    expect(await stand.admin.evaluate({ flagKey: 'reports', context: { userId: 't1' } })).toMatchObject({
      enabled: true,
      reason: Reason.REASON_UNLOCKED,
    });
  });

  it('tells what the events turned off', async () => {
    const few = { all: [{ fact: 'actionCount', params: { action: 'try' }, operator: 'lessThan', value: 2 }] };
    await stand.admin.setFlag({ flag: { key: 'trial', rules: [{ conditions: few }] } });
    await stand.admin.identify({ userId: 't3' });
    const event = { userId: 't3', action: 'try' };
    const first = await stand.admin.track({ events: [{ ...event, id: '1' }], wait: true });
    expect(first).toMatchObject({ newlyUnlocked: [], newlyLocked: [] });
    const second = await stand.admin.track({ events: [{ ...event, id: '2' }], wait: true });
    expect(second).toMatchObject({ newlyUnlocked: [], newlyLocked: [{ userId: 't3', flagKey: 'trial' }] });
  });

  it('without waiting gives a token that an evaluation waits for', async () => {
    const events = ['1', '2', '3'].map((id) => ({ id, userId: 't2', action: 'export' }));
    const { accepted, consistencyToken } = await stand.admin.track({ events });
    expect(accepted).toBe(3);
    expect(
      await stand.admin.evaluate({ flagKey: 'reports', context: { userId: 't2' }, consistencyToken }),
    ).toMatchObject({ enabled: true });
  });
});
