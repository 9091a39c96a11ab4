import { beforeAll, expect, it } from '@jest/globals';
import { ANY_ACTION } from '../../src/core/values/names.js';
import { DAY_MS } from '../../src/core/values/time/time.js';
import { readEvents } from '../../src/services/events/events.js';
import { describeOnEachEngine } from './stands/engines.js';
import { previewed } from './stands/previewed.js';
import { latching, ledgerOf, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

const sum = (operator: string, value: unknown, params: Readonly<Record<string, unknown>> = {}) => ({
  ...{ fact: 'actionSum', params: { action: 'spend', ...params }, operator, value },
});
const spend = (userId: string, values: readonly unknown[]) =>
  values.map((value, i) => ({ id: `${userId}-${i}`, user_id: userId, action: 'spend', value }));
const times = (count: number, value: number): readonly number[] => Array.from({ length: count }, () => value);

describeOnEachEngine('sums of decimals', (engine) => {
  let stand: UseCaseStand;
  beforeAll(async () => {
    stand = await engine.compose();
    await stand.setFlag('spent1', latching(sum('greaterThanInclusive', 1)));
    await stand.setFlag('spent_week', latching(sum('greaterThanInclusive', 1, { windowDays: 7 })));
    await stand.setFlag('spent199', latching(sum('greaterThanInclusive', 199.9)));
    await stand.setFlag('third', latching(sum('equal', 0.3)));
    await stand.setFlag('vast', latching(sum('greaterThanInclusive', 9e12)));
  });

  const inOneCall = async (userId: string, values: readonly unknown[]) => {
    const answer = await stand.track(spend(userId, values));
    await stand.drain();
    return answer;
  };
  const oneByOne = async (userId: string, values: readonly unknown[]): Promise<void> => {
    for (const event of spend(userId, values)) {
      await stand.track([event]);
      await stand.drain();
    }
  };
  const requirement = async (userId: string, flagKey: string) => {
    const input = { userId, flagKey, consistencyToken: '', full: true };
    return (await stand.services.requirements.get(OPERATOR, input)).requirements.rules[0]!.requirement.children[0]!;
  };
  const totalOf = async (userId: string) =>
    (await stand.store.states.users([userId])).get(userId)?.actions.get('spend')?.sum;

  it('reach what the decimals add up to, in one call and in ten', async () => {
    await inOneCall('tenths', times(10, 0.1));
    await oneByOne('tenth', times(10, 0.1));
    for (const user of ['tenths', 'tenth']) {
      expect(await stand.on(user)).toEqual(expect.arrayContaining(['spent1', 'spent_week']));
      expect(await requirement(user, 'spent1')).toMatchObject({ met: true, comparison: { current: 1, remaining: 0 } });
    }
    const last = (await ledgerOf(stand.store, 'tenth')).at(-1);
    expect(last?.cause).toMatchObject({ eventId: 'tenth-9' });
  });

  it('equal the decimal, and lack no more than it', async () => {
    await inOneCall('prices', times(9, 19.99));
    expect(await requirement('prices', 'spent199')).toMatchObject({
      met: false,
      comparison: { current: 179.91, remaining: 19.99 },
    });
    await stand.track([{ id: 'last', user_id: 'prices', action: 'spend', value: 19.99 }]);
    await stand.drain();
    expect(await stand.on('prices')).toContain('spent199');
    await inOneCall('threes', [0.1, 0.2]);
    expect(await stand.on('threes')).toContain('third');
  });

  it('lose nothing that is added and taken away', async () => {
    await oneByOne('both', [9e12, -8_999_999_999_999, 0.1, 0.000001, 0.0000004, 0.0000015]);
    expect(await totalOf('both')).toBe(1_100_003n);
    await oneByOne('near', [9e12, -0.000001]);
    expect(await totalOf('near')).toBe(8_999_999_999_999_999_999n);
    await oneByOne('nearer', [-0.000001, 9e12]);
    expect(await requirement('nearer', 'vast')).toMatchObject({ met: false });
  });

  it('are counted so by a backfill and in a preview', async () => {
    const now = await stand.store.now();
    await stand.track(
      times(10, 0.1).map((value, i) => ({
        ...{ id: `old-${i}`, user_id: 'old', action: 'spend', value, occurred_at: now - (i % 3) * DAY_MS },
      })),
    );
    await stand.drain();
    const draft = { input: latching(sum('equal', 1)), sampleSize: 100 };
    const { result } = await previewed(stand, 'one', draft as never);
    const users = Object.values(result.samples).flat();
    expect(users.filter(({ userId }) => ['old', 'tenths'].includes(userId))).toHaveLength(2);
  });

  it('have a bound: an event beyond it is put aside, a value beyond it refused', async () => {
    const { rejected } = await inOneCall('rich', [9_000_000_000_000.01, 1e308, 9e12]);
    expect(rejected).toEqual([
      { id: 'rich-0', error: expect.stringContaining('beyond ±9000000000000') },
      { id: 'rich-1', error: expect.stringContaining('beyond ±9000000000000') },
    ]);
    await stand.track([{ id: 'rich-3', user_id: 'rich', action: 'spend', value: 0.01 }]);
    await stand.drain();
    expect(await totalOf('rich')).toBe(9_000_000_000_000_000_000n);
    expect(await stand.on('rich')).toContain('vast');
    expect(stand.buried.filter(({ userId }) => userId === 'rich')).toMatchObject([
      { id: 'rich-3', reason: expect.stringContaining('takes the sum of "spend" beyond') },
    ]);
  });

  it('have the bound for all actions as one, too, where a rule reads that: no event counts as a part of itself', async () => {
    const own = await engine.compose();
    const anything = { fact: 'activeDays', operator: 'greaterThanInclusive', value: 1 };
    await own.setFlag('anything', latching(anything));
    const event = (id: string, action: string) => ({ id, user_id: 'vast', action, value: 5e12 });
    await own.track([event('1', 'one'), event('2', 'other'), { ...event('3', 'other'), value: 1 }]);
    await own.drain();
    expect(own.buried).toMatchObject([
      {
        id: '2',
        reason: expect.stringMatching(/^the value 5000000000000 takes the sum of any action beyond .* replay/),
      },
    ]);
    const totals = async () => {
      const { actions } = (await own.store.states.users(['vast'])).get('vast')!;
      return ['one', 'other', ANY_ACTION].map((action) => actions.get(action)?.count);
    };
    expect(await totals()).toEqual([1, 1, 2]);
    // As the reason says: it counts once no rule reads all actions as one.
    await own.setFlag('anything', latching({ ...anything, params: { action: 'one' } }));
    const { items } = await own.store.events.deadLetters({ limit: 10 });
    const mine = items.filter(({ userId }) => userId === 'vast');
    expect(await own.store.transaction(async (tx) => tx.inbox.replay(mine, await tx.now()))).toBe(1);
    await own.drain();
    expect(await totals()).toEqual([1, 2, undefined]);
  });

  it('have the same bound on each day', async () => {
    const now = await stand.store.now();
    const event = (id: string, value: number, daysAgo: number) => ({
      ...{ id, user_id: 'daily', action: 'unwindowed', value, occurred_at: now - daysAgo * DAY_MS },
    });
    for (const one of [event('up', 9e12, 1), event('down', -9e12, 0), event('more', 0.5, 1), event('fine', 0.5, 0)]) {
      await stand.track([one]);
      await stand.drain();
    }
    const { actions } = (await stand.store.states.users(['daily'])).get('daily')!;
    expect(actions.get('unwindowed')).toMatchObject({ count: 3, sum: 500_000n });
    expect(stand.buried.filter(({ userId }) => userId === 'daily')).toMatchObject([{ id: 'more' }]);
  });

  it('add up amounts that other systems send as text, by a call and by the queue', async () => {
    const cloud = (id: string, value: unknown) => ({
      ...{ specversion: '1.0', id, source: 's', type: 'spend', subject: 'texts', data: { value } },
    });
    const segment = (messageId: string, properties: unknown) => ({
      ...{ type: 'track', messageId, userId: 'texts', event: 'spend', properties },
    });
    const { events } = readEvents([
      cloud('1', '12.50'),
      segment('2', { value: '0.25', revenue: '99' }),
      segment('3', { revenue: 1.25 }),
      cloud('4', '12,50'),
      segment('5', { revenue: '$5' }),
    ]);
    expect(await stand.services.events.track(OPERATOR, { events, wait: false })).toMatchObject({
      accepted: 3,
      rejected: [
        { id: '4', error: expect.stringContaining('value "12,50" is no finite number') },
        { id: '5', error: expect.stringContaining('value "$5" is no finite number') },
      ],
    });
    const queued = [cloud('6', '1'), cloud('7', 'one'), segment('8', { revenue: '2' })];
    await expect(stand.services.events.intake(OPERATOR, queued)).rejects.toThrow(
      '1 of 3 events were not taken: "7": value',
    );
    await stand.drain();
    expect(await totalOf('texts')).toBe(17_000_000n);
  });
});
