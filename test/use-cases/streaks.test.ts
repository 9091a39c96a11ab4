import { beforeEach, expect, it } from '@jest/globals';
import { DAY_MS, dayNumber } from '../../src/core/values/time/time.js';
import { withinOnePeriod } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { previewed } from './stands/previewed.js';
import { atInstant, latching, ledgerOf, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

const streak = (action: string, operator: string, value: number, more: object = {}) => ({
  ...{ fact: 'streak', params: { action, ...more }, operator, value },
});
const live = (...all: readonly object[]) => ({ rules: [{ conditions: { all } as never }] });

describeOnEachEngine('streaks', (engine) => {
  // What is done today is done on the same day until the end of the test.
  beforeEach(() => withinOnePeriod(DAY_MS, 10_000));
  const decided = async (stand: UseCaseStand, userId: string, flagKey: string) => {
    const input = { userId, context: {}, flagKey, consistencyToken: '', full: true };
    return (await stand.services.evaluation.evaluate(OPERATOR, input)).decision;
  };
  const comparison = async (stand: UseCaseStand, userId: string, flagKey: string) => {
    const input = { userId, flagKey, consistencyToken: '', full: true };
    const { requirements } = await stand.services.requirements.get(OPERATOR, input);
    return requirements.rules[0]!.requirement.children[0]!.comparison!;
  };

  it('unlock by the event that makes them long enough, a late one too, and end with the day in which they could have gone on', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const now = await stand.store.now();
    const practice = (ago: number) => ({ user_id: 's1', action: 'practice', occurred_at: now - ago * DAY_MS });
    await stand.track([1, 3].map((ago) => ({ id: `${ago}`, ...practice(ago) })));
    await stand.drain();
    const input = latching(streak('practice', 'greaterThanInclusive', 3));
    expect((await previewed(stand, 'three', { input })).result.counts).toMatchObject({ wouldUnlock: 0 });
    expect(
      (await previewed(stand, 'three', { input: latching(streak('practice', 'equal', 2, { grace: 1 })) })).result
        .counts,
    ).toMatchObject({ wouldUnlock: 1 });
    await stand.setFlag('three', input);
    await stand.setFlag('going', live(streak('practice', 'greaterThan', 0)));
    await stand.setFlag(
      'lapsed',
      latching(streak('practice', 'equal', 0), streak('practice', 'greaterThan', 0, { which: 'best' })),
    );
    const tomorrow = (dayNumber(now) + 1) * DAY_MS;
    expect(await comparison(stand, 's1', 'three')).toMatchObject({ current: 1, remaining: 2, breaksAt: tomorrow });
    expect(await decided(stand, 's1', 'going')).toMatchObject({ enabled: true, validUntil: tomorrow });
    await stand.track([{ id: 'late', ...practice(2) }]);
    await stand.drain();
    expect(await ledgerOf(stand.store, 's1')).toMatchObject([
      { kind: 'unlocked', cause: { type: 'event', eventId: 'late' } },
    ]);
    expect(await comparison(stand, 's1', 'three')).toMatchObject({ current: 3, breaksAt: tomorrow });

    // Nobody does anything: the timer ends it.
    const timers = await stand.store.transaction((tx) => tx.timers.dueAt(['s1']));
    expect(timers.get('s1')).toBe(tomorrow);
    const at = { now: () => Promise.resolve(tomorrow) };
    const later = await engine.compose({ around: (store) => ({ ...atInstant(store, tomorrow), ...at }) });
    await later.fireTimers();
    expect((await ledgerOf(stand.store, 's1')).at(-1)).toMatchObject({ cause: { type: 'time' }, earnedAt: tomorrow });
  });

  it('keep what they came to before the recent days, say from when they are known, and go with the user', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('long', latching(streak('run', 'greaterThanInclusive', 63)));
    await stand.setFlag('longest', live(streak('run', 'greaterThan', 62, { which: 'best' })));
    const now = await stand.store.now();
    const lastDay = dayNumber(now) - 1;
    await stand.identify('s2');
    await stand.store.transaction(async (tx) => {
      await tx.users.lock(['s2']);
      const total = { userId: 's2', action: 'run', count: 100, sum: 0n, activeDays: 100, recentDays: 2n ** 62n - 1n };
      await tx.users.putTotals([{ ...total, firstAt: 1, lastAt: lastDay * DAY_MS, lastDay }]);
      await tx.users.advance(['s2']);
    });
    expect(await decided(stand, 's2', 'longest')).toMatchObject({ enabled: false });
    await stand.track([{ id: '1', user_id: 's2', action: 'run' }]);
    await stand.drain();
    expect((await ledgerOf(stand.store, 's2')).map(({ cause }) => cause.type)).toEqual(['event']);
    expect(await decided(stand, 's2', 'longest')).toMatchObject({ enabled: true });
    const since = (lastDay - 61) * DAY_MS;
    expect(await comparison(stand, 's2', 'long')).toMatchObject({ current: 63, countedSince: since });
    const { streaks } = (await stand.store.states.users(['s2'])).get('s2')!.actions.get('run')!;
    expect(JSON.parse(streaks!)).toEqual({ 'day 0': [lastDay - 61, 1, 1, lastDay - 61] });
    await stand.services.userDeletion.delete(OPERATOR, { userId: 's2', comment: 'asked for' });
    expect((await stand.store.states.users(['s2'])).get('s2')!.actions.size).toBe(0);
  });
});
