import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Reason } from '../../../../test/gen/latchkey/v1/evaluation.js';
import { FeatureFlag_Type, Rule_Policy } from '../../../../test/gen/latchkey/v1/flag.js';
import { Block_Reason, Requirement_Group } from '../../../../test/gen/latchkey/v1/requirements.js';
import { DAY_MS, dayNumber } from '../../../core/values/time/time.js';
import { type DoorStand, failureOf, openDoorStand } from '../../../grpc/testing/door-stand.js';

let stand: DoorStand;
let joinedAt: Date;
beforeAll(async () => {
  stand = await openDoorStand();
  joinedAt = new Date(Date.now() - 2 * DAY_MS);
  const saved = { fact: 'actionCount', params: { action: 'saved' }, operator: 'greaterThanInclusive', value: 4 };
  const conditions = { any: [saved, { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 8 }] };
  const half = { name: 'nobody yet', rollout: 0, conditions: { all: [saved] } };
  await stand.admin.setFlag({
    flag: { key: 'reports', name: 'Reports', rules: [{ policy: Rule_Policy.LATCHING, conditions }, half] },
  });
  await stand.admin.setFlag({ flag: { key: 'later', prerequisites: [{ flagKey: 'reports' }] } });
  await stand.admin.setFlag({ flag: { key: 'plain' } });
  await stand.admin.identify({ userId: 'ada', joinedAt });
});
afterAll(() => stand.close());

describe('GetRequirements', () => {
  it('tells operators what people are told, where they ask for that', async () => {
    const told = await stand.admin.getRequirements({ userId: 'ada', flagKey: 'reports', asPeople: true });
    const [rule, ...hidden] = told.rules;
    expect(hidden).toEqual([]);
    expect(rule!.requirement!.children.map(({ label, fact, target }) => [label, fact, target])).toEqual([
      ['saved', 'actionCount', 4],
      [expect.any(String), 'daysSinceJoin', 8],
    ]);
    expect(rule!.name).toBe('');
  });

  it('tells each rule as a tree, what remains, and when time will do it', async () => {
    const told = await stand.admin.getRequirements({ userId: 'ada', flagKey: 'reports' });
    expect(told).toMatchObject({
      decision: { flagKey: 'reports', enabled: false, reason: Reason.REASON_DEFAULT },
      name: 'Reports',
      progress: 0.25,
      blockedBy: [],
      granted: false,
    });
    const metAt = new Date(joinedAt.getTime() + 8 * DAY_MS);
    expect(told.rules).toMatchObject([
      {
        met: false,
        rolloutExcluded: false,
        requirement: {
          group: Requirement_Group.ANY,
          progress: 0.25,
          metAt,
          children: [
            {
              label: 'saved',
              group: Requirement_Group.GROUP_UNSPECIFIED,
              fact: 'actionCount',
              params: { action: 'saved' },
              operator: 'greaterThanInclusive',
              target: 4,
              current: 0,
              remaining: 4,
              nearest: false,
            },
            { fact: 'daysSinceJoin', target: 8, current: 2, remaining: 6, progress: 0.25, nearest: true, metAt },
          ],
        },
      },
      { name: 'nobody yet', rolloutExcluded: true, met: false },
    ]);
  });

  it('goes on with events, to an unlock', async () => {
    const events = [1, 2, 3].map((n) => ({ id: `e${n}`, userId: 'bob', action: 'saved' }));
    const { consistencyToken } = await stand.admin.track({ events });
    const before = await stand.admin.getRequirements({ userId: 'bob', flagKey: 'reports', consistencyToken });
    expect(before).toMatchObject({ progress: 0.75, rules: [{ unlocked: false }, {}] });
    const last = await stand.admin.track({ events: [{ id: 'e4', userId: 'bob', action: 'saved' }], wait: true });
    const after = await stand.admin.getRequirements({
      userId: 'bob',
      flagKey: 'reports',
      consistencyToken: last.consistencyToken,
    });
    expect(after).toMatchObject({
      decision: { enabled: true, reason: Reason.REASON_UNLOCKED },
      progress: 1,
      rules: [{ met: true, unlocked: true, requirement: { met: true, children: [{ remaining: 0 }, {}] } }, {}],
    });
  });

  it('says of a window that reaches further back than days are known since when it is counted', async () => {
    const within = { fact: 'actionCount', params: { action: 'shared', windowDays: 90 }, operator: 'equal', value: 1 };
    const flag = { key: 'within', archived: false, rules: [{ conditions: { all: [within] } }] };
    const { warnings } = await stand.admin.setFlag({ flag });
    const { rules } = await stand.admin.getRequirements({ userId: 'ada', flagKey: 'within' });
    const { countedSince } = rules[0]!.requirement!.children[0]!;
    expect(Math.abs(countedSince!.getTime() - Date.now())).toBeLessThan(DAY_MS);
    expect(warnings).toEqual([
      {
        pointer: '/rules/0/conditions/all/0/params/windowDays',
        message: expect.stringContaining(countedSince!.toISOString()),
      },
    ]);
    await stand.admin.setFlag({ flag: { key: 'within', archived: true } });
  });

  it('tells the tier that is reached and the next, and what is left of a limit, as the decision does', async () => {
    const tier = (variant: string, value: number) => ({
      distribution: [{ variant, weight: 1 }],
      conditions: {
        all: [{ fact: 'actionCount', params: { action: 'review' }, operator: 'greaterThanInclusive', value }],
      },
    });
    const variants = ['none', 'bronze', 'silver'].map((key) => ({ key, value: key }));
    const tiered = { variants, offVariant: 'none', distribution: [{ variant: 'bronze', weight: 1 }] };
    await stand.admin.setFlag({
      flag: {
        key: 'reviewer',
        type: FeatureFlag_Type.STRING,
        ...tiered,
        rules: [tier('silver', 3), tier('bronze', 1)],
      },
    });
    const atMost = { fact: 'actionCount', params: { action: 'review', windowDays: 7 }, operator: 'lessThan', value: 5 };
    await stand.admin.setFlag({ flag: { key: 'review', rules: [{ conditions: { all: [atMost] } }] } });
    const occurredAt = new Date();
    const events = [1, 2].map((n) => ({ id: `r${n}`, userId: 'eve', action: 'review', occurredAt }));
    const { consistencyToken } = await stand.admin.track({ events, wait: true });

    const ask = (flagKey: string) => stand.admin.getRequirements({ userId: 'eve', flagKey, consistencyToken });
    const { tiers, rules } = await ask('reviewer');
    expect(tiers).toEqual({
      reached: { ruleId: rules[1]!.ruleId, variant: 'bronze' },
      next: { ruleId: rules[0]!.ruleId, variant: 'silver' },
    });
    expect(rules).toMatchObject([
      { variant: 'silver', requirement: { children: [{ remaining: 1, usage: undefined }] } },
      { variant: 'bronze' },
    ]);

    const limited = await ask('review');
    const resetsAt = new Date((dayNumber(occurredAt.getTime()) + 7) * DAY_MS);
    expect(limited.decision).toMatchObject({ enabled: true, usage: { remaining: 3, limit: 5, resetsAt } });
    expect(limited.rules[0]!.requirement!.children[0]!.usage).toEqual(limited.decision!.usage);
    expect(limited.tiers).toBeUndefined();
    const context = { userId: 'eve' };
    const alone = await stand.admin.evaluate({ flagKey: 'review', context, consistencyToken });
    expect(alone).toEqual(limited.decision);
    const { results } = await stand.admin.batchEvaluate({
      contexts: [context],
      flagKeys: ['review'],
      consistencyToken,
    });
    expect(results[0]!.decisions).toEqual([alone]);
    for (const key of ['reviewer', 'review']) await stand.admin.setFlag({ flag: { key, archived: true } });
  });

  it('names the prerequisite that blocks', async () => {
    const told = await stand.admin.getRequirements({ userId: 'ada', flagKey: 'later' });
    expect(told.blockedBy).toMatchObject([
      { reason: Block_Reason.PREREQUISITE, flagKey: 'reports', label: 'Reports', until: undefined },
    ]);
  });

  it('does not find an unknown flag, and needs a user', async () => {
    const unknown = await failureOf(stand.admin.getRequirements({ userId: 'ada', flagKey: 'nothing' }));
    expect([unknown.code, unknown.details]).toEqual([status.NOT_FOUND, expect.stringContaining('"nothing"')]);
    expect((await failureOf(stand.admin.getRequirements({ flagKey: 'reports' }))).code).toBe(status.INVALID_ARGUMENT);
    const nonsense = { userId: 'ada', flagKey: 'reports', consistencyToken: 'nonsense' };
    expect((await failureOf(stand.admin.getRequirements(nonsense))).code).toBe(status.INVALID_ARGUMENT);
  });
});

describe('ListRequirements', () => {
  it('tells of every flag that asks anything, by key', async () => {
    const { requirements } = await stand.admin.listRequirements({ userId: 'ada' });
    expect(requirements.map(({ decision }) => decision?.flagKey)).toEqual(['later', 'reports']);
    expect(requirements[1]).toEqual(await stand.admin.getRequirements({ userId: 'ada', flagKey: 'reports' }));
  });
});
