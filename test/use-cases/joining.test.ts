import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { LatchkeyError } from '../../src/calls/errors.js';
import { DAY_MS, HOUR_MS } from '../../src/core/values/time/time.js';
import { describeOnEachEngine } from './stands/engines.js';
import { atLeast, daysIn, decided, latching, machine, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

const refused = (reason: string) =>
  expect.objectContaining({
    code: 'INVALID',
    faults: [{ pointer: '/joined_at', message: expect.stringContaining(reason) }],
  });

describeOnEachEngine('when users joined', (engine) => {
  let stand: UseCaseStand;
  let now: number;
  beforeAll(async () => {
    stand = await engine.compose();
    now = await stand.store.now();
  });
  beforeEach(() => stand.clear());

  it('is refused where nobody can have joined then, with the reason, and stores nothing', async () => {
    await stand.setFlag('seven', latching(daysIn(7)));
    const unset = [new Date('0001-01-01T00:00:00Z').getTime(), 0, Date.UTC(1989, 11, 31)];
    for (const joinedAt of unset) {
      await expect(stand.identify('zoe', { joinedAt })).rejects.toEqual(refused('before 1990'));
    }
    for (const joinedAt of [Date.UTC(2999, 0, 1), now + DAY_MS + HOUR_MS]) {
      await expect(stand.identify('zoe', { joinedAt })).rejects.toEqual(refused('more than a day ahead'));
    }
    expect(await stand.on('zoe')).toEqual([]);
    expect((await stand.store.states.users(['zoe'])).get('zoe')).toMatchObject({ revision: 0 });
    for (const joinedAt of [Date.UTC(1990, 0, 1), now + DAY_MS - HOUR_MS]) await stand.identify('zoe', { joinedAt });
  });

  it('is refused in the context of an evaluation, by itself in a batch', async () => {
    await stand.setFlag('new_here', {
      rules: [{ conditions: { all: [{ fact: 'daysSinceJoin', operator: 'lessThan', value: 7 }] } }],
    });
    const input = { userId: 'yan', flagKey: 'new_here', consistencyToken: '', full: true };
    const { evaluation } = stand.services;
    for (const joinedAt of [0, Date.UTC(2999, 0, 1)]) {
      await expect(evaluation.evaluate(OPERATOR, { ...input, context: { joinedAt } })).rejects.toBeInstanceOf(
        LatchkeyError,
      );
    }
    const targets = [0, now].map((joinedAt) => ({ userId: 'yan', context: { joinedAt } }));
    const [bad, good] = await decided(stand.services, OPERATOR, {
      targets,
      flagKeys: ['new_here'],
      consistencyToken: '',
      full: true,
    });
    expect(bad?.refusal).toEqual(refused('before 1990'));
    expect(good?.decisions).toMatchObject([{ decision: { enabled: true } }]);
  });

  it('may be corrected: the answer says which unlocks that rest on it still stand', async () => {
    await stand.setFlag('week', latching(daysIn(7)));
    await stand.setFlag('week_and_save', latching(daysIn(7), atLeast(1, 'save')));
    await stand.setFlag('day', latching(daysIn(1)));
    await stand.setFlag('saved', latching(atLeast(1, 'save')));
    const after = (flag: string) => ({ fact: 'unlocked', params: { flag }, operator: 'equal', value: true });
    await stand.setFlag('after_week', latching(after('week')));
    await stand.setFlag('after_saved', latching(after('saved')));
    await stand.track([{ id: 'x-save', user_id: 'xia', action: 'save' }]);
    await stand.drain();
    expect(await stand.identify('xia', { joinedAt: now - 9 * DAY_MS })).toMatchObject({ warnings: [] });
    expect(await stand.on('xia')).toHaveLength(6);

    const { warnings } = await stand.identify('xia', { joinedAt: now - 3 * DAY_MS });
    expect(warnings.map(({ pointer, message }) => [pointer, message.split(' ')[0]]).sort()).toEqual([
      ['/joined_at', '"after_week"'],
      ['/joined_at', '"week"'],
      ['/joined_at', '"week_and_save"'],
    ]);
    expect(warnings[0]?.message).toContain('still stands; let it be earned anew to have it forgotten');
    expect(await stand.on('xia')).toHaveLength(6);

    // What has been rearmed does not stand any more; and what is said again is no correction.
    await stand.services.ledger.rearm(OPERATOR, { userId: 'xia', flag: 'week', ruleId: '', reason: 'was wrong' });
    expect(await stand.identify('xia', { joinedAt: now - 3 * DAY_MS })).toMatchObject({ warnings: [] });
    const { warnings: left } = await stand.identify('xia', { joinedAt: null });
    expect(left.map(({ message }) => message.split(' ')[0]).sort()).toEqual(['"day"', '"week_and_save"']);
    // An organization is not told of the platform's rules.
    await stand.identify('wen', { joinedAt: now - 9 * DAY_MS, organizationId: 'acme' });
    const bound = machine(['identify'], 'acme');
    expect(await stand.services.users.identify(bound, { userId: 'wen', joinedAt: now })).toMatchObject({
      warnings: [],
    });
  });
});
