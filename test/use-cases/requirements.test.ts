import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { FlagRequirements } from '../../src/core/requirements/requirement.js';
import { DAY_MS } from '../../src/core/values/time/time.js';
import { describeOnEachEngine } from './stands/engines.js';
import {
  atLeast,
  daysIn,
  latching,
  machine,
  OPERATOR,
  person,
  type UseCaseStand,
  verified,
} from './stands/use-case-stand.js';

describeOnEachEngine('what is still missing', (engine) => {
  let stand: UseCaseStand;
  beforeAll(async () => {
    stand = await engine.compose();
  });
  beforeEach(() => stand.clear());

  const missing = async (userId: string, flagKey: string, consistencyToken = ''): Promise<FlagRequirements> => {
    const input = { userId, flagKey, consistencyToken, full: consistencyToken === '' };
    return (await stand.services.requirements.get(OPERATOR, input)).requirements;
  };

  it('shrinks as events are counted, until the flag is unlocked', async () => {
    await stand.setFlag('power', latching(atLeast(3, 'save'), verified));
    await stand.identify('ada');
    const event = (id: string) => ({ id, user_id: 'ada', action: 'save' });
    const { consistencyToken } = await stand.track([event('1'), event('2')]);
    await stand.drain();
    const two = await missing('ada', 'power', consistencyToken);
    expect(two.progress).toBeCloseTo((2 / 3 + 0) / 2);
    expect(two.rules[0]?.requirement.children).toMatchObject([{ comparison: { remaining: 1 } }, { met: false }]);

    await stand.track([event('3')]);
    await stand.drain();
    const { newlyUnlocked, consistencyToken: last } = await stand.identify('ada', { emailVerified: true });
    expect(newlyUnlocked).toEqual(['power']);
    expect(await missing('ada', 'power', last)).toMatchObject({
      decision: { enabled: true, reason: 'UNLOCKED' },
      progress: 1,
      rules: [{ met: true, unlocked: true }],
    });
  });

  it('tells the instant that time will bring, by the clock of the store', async () => {
    const joinedAt = Math.floor(stand.clock.now()) - 2 * DAY_MS;
    await stand.setFlag('weekly', latching(daysIn(7)));
    await stand.identify('bob', { joinedAt });
    const { rules, decision } = await missing('bob', 'weekly');
    expect(rules[0]?.requirement.metAt).toBe(joinedAt + 7 * DAY_MS);
    expect(decision.validUntil).toBe(joinedAt + 7 * DAY_MS);
  });

  it('follows segments, and tells people those flags alone that they may see', async () => {
    const conditions = { all: [atLeast(4, 'save')] };
    const segment = { key: 'keen', name: 'Keen', conditions, expectedVersion: undefined, comment: '' };
    await stand.services.segments.set(OPERATOR, segment as never);
    await stand.setFlag('open', { rules: [{ conditions: { all: [{ condition: 'keen' }] } }] });
    await stand.setFlag('closed', { clientVisible: false, rules: [{ conditions: { all: [{ condition: 'keen' }] } }] });
    const input = { userId: 'eve', consistencyToken: '', full: true };
    const keys = async (call = OPERATOR) =>
      (await stand.services.requirements.list(call, input, { limit: 10 })).items.map(
        ({ requirements }) => requirements.decision.flagKey,
      );
    expect(await keys()).toEqual(['closed', 'open']);
    expect(await keys(person('eve'))).toEqual(['open']);
    expect((await missing('eve', 'open')).rules[0]?.requirement.children).toMatchObject([
      { label: 'Keen', group: 'all' },
    ]);
    const own = { ...input, flagKey: 'closed' };
    await expect(stand.services.requirements.get(person('eve'), own)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(stand.services.requirements.get(person('mallory'), { ...own, flagKey: 'open' })).rejects.toMatchObject(
      {
        code: 'NOT_FOUND',
      },
    );
  });

  it('counts the segments that hold, as the rule that counts them unlocks: by events, by time, and by a changed segment', async () => {
    const segment = async (key: string, condition: object) => {
      const input = { key, conditions: { all: [condition] }, expectedVersion: undefined, comment: '' };
      return stand.services.segments.set(OPERATOR, input as never);
    };
    await segment('saves', atLeast(2, 'save'));
    await segment('checked', verified);
    await segment('old', daysIn(7));
    const segments = ['saves', 'checked', 'old'];
    const count = { fact: 'metConditions', params: { segments }, operator: 'greaterThanInclusive', value: 2 };
    await stand.setFlag('insider', latching(count));
    const joinedAt = Math.floor(stand.clock.now()) - 6 * DAY_MS;
    for (const userId of ['fay', 'gus']) await stand.identify(userId, { joinedAt });
    const save = (userId: string) => ['1', '2'].map((id) => ({ id: userId + id, user_id: userId, action: 'save' }));
    await stand.track(save('fay'));
    await stand.drain();
    const [told] = (await missing('fay', 'insider')).rules[0]!.requirement.children;
    expect(told).toMatchObject({
      metAt: joinedAt + 7 * DAY_MS,
      comparison: { current: 1, target: 2, remaining: 1 },
      children: [{ label: 'saves', met: true }, { label: 'checked' }, { label: 'old', nearest: true }],
    });
    const timers = await stand.store.timers.due(Number.MAX_SAFE_INTEGER, 100);
    expect(timers).toEqual(expect.arrayContaining([{ userId: 'fay', dueAt: joinedAt + 7 * DAY_MS }]));
    await expect(stand.services.segments.delete(OPERATOR, { key: 'saves' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });

    expect((await stand.identify('fay', { emailVerified: true })).newlyUnlocked).toEqual(['insider']);
    await stand.track(save('gus'));
    await stand.drain();
    expect((await missing('gus', 'insider')).decision.enabled).toBe(false);
    expect((await segment('checked', daysIn(1))).backfillIds).toHaveLength(1);
    expect((await missing('gus', 'insider')).decision).toMatchObject({ enabled: true, reason: 'RULE' });
  });

  it('takes a person as the verified token says, and an organization’s token to its own users only', async () => {
    await stand.setFlag('managers', {
      rules: [{ conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } }],
    });
    await stand.identify('ida', { organizationId: 'acme', roles: ['employee'] });
    const input = { userId: 'ida', flagKey: 'managers', consistencyToken: '', full: true };
    const { requirements } = stand.services;
    const verifiedManager = person('ida', { organizationId: 'acme', roles: ['manager'] });
    expect((await requirements.get(verifiedManager, input)).requirements.progress).toBe(1);
    expect((await missing('ida', 'managers')).progress).toBe(0);
    const own = await requirements.get(machine(['evaluate'], 'acme'), input);
    expect(own.requirements.rules[0]?.requirement.children).toEqual([
      { label: '', met: false, progress: 0, nearest: false, children: [] },
    ]);
    await expect(requirements.get(machine(['evaluate'], 'other'), input)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(requirements.list(machine(['track']), input, { limit: 1 })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});
