import { expect, it } from '@jest/globals';
import { weekName, weekNumber } from '../../src/core/values/time/joining-week.js';
import { DAY_MS } from '../../src/core/values/time/time.js';
import { describeOnEachEngine } from './stands/engines.js';
import { machine, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

const EVERYBODY = { organizationId: '', fromWeek: '', toWeek: '', joiningUnknown: false };
const STAGES = ['started', 'invited', 'paid'];

describeOnEachEngine('the funnel of onboarding', (engine) => {
  const told = async (stand: UseCaseStand, input = {}, call = OPERATOR) => {
    const { stages } = await stand.services.funnel.get(call, { ...EVERYBODY, ...input });
    return stages.map(({ stage, reached, now, left }) => [stage, reached, now, left].join(' '));
  };

  it('follows every way in which users come, move and go', async () => {
    const stand = await engine.compose();
    const { progress, stages, users, userDeletion, organizationDeletion } = stand.services;
    await stages.set(OPERATOR, { stages: STAGES.map((name) => ({ name, selfSettable: true })) });
    const joinedAt = (await stand.store.now()) - 20 * DAY_MS;
    const reach = (userId: string, stage: string) => progress.update(OPERATOR, { userId, stage, allowBackward: true });
    for (const [userId, organizationId] of Object.entries({ ada: 'acme', grace: 'acme', edsger: 'globex' })) {
      await users.identify(OPERATOR, { userId, organizationId, joinedAt });
      await reach(userId, 'started');
    }
    await reach('barbara', 'started');
    await reach('ada', 'invited');
    expect(await told(stand)).toEqual(['started 4 3 1', 'invited 1 1 0', 'paid 0 0 0']);
    const week = weekName(weekNumber(joinedAt));
    expect(await told(stand, { fromWeek: week, toWeek: week })).toEqual([
      'started 3 2 1',
      'invited 1 1 0',
      'paid 0 0 0',
    ]);
    expect(await told(stand, { joiningUnknown: true })).toEqual(['started 1 1 0', 'invited 0 0 0', 'paid 0 0 0']);
    expect(await told(stand, { organizationId: 'acme' })).toEqual(['started 2 1 1', 'invited 1 1 0', 'paid 0 0 0']);

    // The same again, and a step back without leave, move nobody.
    await reach('ada', 'invited');
    await progress.update(OPERATOR, { userId: 'ada', stage: 'started', allowBackward: false });
    await users.identify(OPERATOR, { userId: 'ada', organizationId: 'globex', joinedAt: null });
    expect(await told(stand, { organizationId: 'acme' })).toEqual(['started 1 1 0', 'invited 0 0 0', 'paid 0 0 0']);
    expect(await told(stand, { joiningUnknown: true })).toEqual(['started 2 1 1', 'invited 1 1 0', 'paid 0 0 0']);
    await userDeletion.delete(OPERATOR, { userId: 'ada', comment: 'asked for it' });
    await organizationDeletion.delete(OPERATOR, { id: 'globex', comment: 'gone' });
    expect(await told(stand, { organizationId: 'globex' })).toEqual(['started 0 0 0', 'invited 0 0 0', 'paid 0 0 0']);
    expect(await told(stand)).toEqual(['started 3 3 0', 'invited 0 0 0', 'paid 0 0 0']);

    // A stage that leaves the list keeps those who are in it.
    await stages.set(OPERATOR, { stages: [{ name: 'begun', selfSettable: true }] });
    const funnel = await stand.services.funnel.get(OPERATOR, EVERYBODY);
    expect(funnel.stages.map(({ stage, listed, now }) => [stage, listed, now])).toEqual([
      ['begun', true, 0],
      ['started', false, 3],
    ]);
    expect(funnel).toMatchObject({ whole: true, shortened: false, weeks: [] });
  });

  it('tells those who are confined to an organization of that one alone', async () => {
    const stand = await engine.compose();
    const acme = machine(['manage'], 'acme');
    expect(await told(stand, {}, acme)).toEqual(await told(stand, { organizationId: 'acme' }));
    expect(await told(stand, { organizationId: 'acme' }, acme)).toEqual(await told(stand, {}, acme));
    await expect(told(stand, { organizationId: 'globex' }, acme)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(told(stand, {}, machine(['identify']))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('lists who is stuck, to those who are confined to an organization its own members alone', async () => {
    const stand = await engine.compose();
    for (const [userId, organizationId] of Object.entries({ linus: 'acme', ken: 'globex' })) {
      await stand.services.users.identify(OPERATOR, { userId, organizationId });
      await stand.services.progress.update(OPERATOR, { userId, stage: 'begun', allowBackward: false });
    }
    const stuck = async (input: { organizationId?: string; stuckDays?: number } = {}, call = OPERATOR) => {
      const ask = { stage: 'begun', stuckDays: 0, organizationId: '', ...input };
      const { items } = await stand.services.stuckUsers.list(call, ask, { limit: 10 });
      return items.map(({ userId }) => userId);
    };
    const acme = machine(['manage'], 'acme');
    expect(await stuck()).toEqual(['linus', 'ken']);
    expect(await stuck({ stuckDays: 1 })).toEqual([]);
    expect(await stuck({ organizationId: 'globex' })).toEqual(['ken']);
    expect(await stuck({}, acme)).toEqual(['linus']);
    await expect(stuck({ organizationId: 'globex' }, acme)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(stuck({ stuckDays: 40_000 })).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('refuses what is no range of weeks', async () => {
    const stand = await engine.compose();
    const refused = [
      { fromWeek: '2026-W54', toWeek: '2026-W10' },
      { fromWeek: '2026-W10', toWeek: '' },
      { fromWeek: '2026-W10', toWeek: '2026-W09' },
      { fromWeek: '2025-W01', toWeek: '2026-W02' },
      { fromWeek: '2026-W10', toWeek: '2026-W10', joiningUnknown: true },
    ];
    for (const input of refused) await expect(told(stand, input)).rejects.toMatchObject({ code: 'INVALID' });
  });
});
