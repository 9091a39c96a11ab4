import { beforeEach, expect, it } from '@jest/globals';
import { LARGEST_MILLIONTHS } from '../../src/core/values/millionths.js';
import { DAY_MS, dayNumber, MINUTE_MS } from '../../src/core/values/time/time.js';
import { readEvents } from '../../src/services/events/events.js';
import type { SqlStore } from '../../src/store/sql/sql-store.js';
import type { Store } from '../../src/store/store.js';
import { keepHouse } from '../../src/worker/upkeep/housekeeping.js';
import { busy, withinOnePeriod } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import {
  atLeast,
  latching,
  ledgerOf,
  machine,
  OPERATOR,
  type UseCaseStand,
  verified,
} from './stands/use-case-stand.js';

async function totalOf(stand: UseCaseStand, userId: string, action: string) {
  return (await stand.store.states.users([userId])).get(userId)?.actions.get(action);
}

describeOnEachEngine('events', (engine) => {
  // What is done today is done on the same day until the end of the test.
  beforeEach(() => withinOnePeriod(DAY_MS, 10_000));
  it('count once what is sent a thousand times at once', async () => {
    const stand = await engine.compose();
    const event = { id: 'same', source: 's', user_id: 'thousand', action: 'x', value: 2 };
    const together = await stand.track(Array.from({ length: 200 }, () => event));
    expect(together).toMatchObject({ accepted: 1, duplicates: 199, rejected: [] });
    const answers = await Promise.all(Array.from({ length: 800 }, () => stand.track([event])));
    expect(answers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(0);
    await stand.drain();
    await stand.track([event]);
    expect(await stand.drain()).toBe(0);
    expect(await totalOf(stand, 'thousand', 'x')).toMatchObject({ count: 1, sum: 2_000_000n });
    // Another source, or another user, is another event.
    await stand.track([
      { ...event, source: 't' },
      { ...event, user_id: 'Thousand' },
    ]);
    expect(await stand.drain()).toBe(2);
  });

  it('count late and out-of-order events on the day they occurred', async () => {
    const stand = await engine.compose();
    await stand.setFlag(
      'streak',
      latching({ fact: 'activeDays', params: { action: 'go' }, operator: 'equal', value: 4 }),
    );
    const now = await stand.store.now();
    const daysAgo = [0, 20, 3, 3, 20, 0, 11];
    for (const [i, days] of daysAgo.entries()) {
      await stand.track([{ id: `go-${i}`, user_id: 'late', action: 'go', occurred_at: now - days * DAY_MS }]);
      await stand.drain();
    }
    expect(await totalOf(stand, 'late', 'go')).toMatchObject({
      ...{ count: 7, activeDays: 4, firstAt: now - 20 * DAY_MS, lastAt: now },
    });
    const [unlock] = await ledgerOf(stand.store, 'late');
    expect(unlock?.cause).toEqual({ type: 'event', source: '', eventId: 'go-6', action: 'go' });
  });

  it('keep days of every action for the retention, and of windowed ones as long as a window can ask about them', async () => {
    const stand = await engine.compose({ retentionDays: 3 });
    await stand.setFlag('busy', latching(atLeast(2, 'windowed', { windowDays: 3 })));
    const now = await stand.store.now();
    const at = (days: number) => now - days * DAY_MS;
    await stand.track([
      { id: 'a', user_id: 'w', action: 'windowed', occurred_at: at(2) },
      { id: 'b', user_id: 'w', action: 'other' },
    ]);
    await stand.drain();
    const days = async () => (await stand.store.states.users(['w'])).get('w')!.actionDays;
    expect([...(await days()).keys()].sort()).toEqual(['other', 'windowed']);
    expect(await stand.on('w')).not.toContain('busy');
    await stand.track([{ id: 'c', user_id: 'w', action: 'windowed' }]);
    await stand.drain();
    expect(await stand.on('w')).toContain('busy');

    const { keeper } = stand.services;
    await keepHouse({ store: stand.store, keeper, retentionDays: 3, auditRetentionDays: undefined });
    expect((await days()).get('windowed')).toHaveLength(2);
    // Three days of the window, three of the retention, one of margin, one for zones behind UTC: the older day is the ninth.
    const house = (days: number) => ({ ...stand.store, now: () => Promise.resolve(now + days * DAY_MS) });
    await keepHouse({ store: house(6), keeper, retentionDays: 3, auditRetentionDays: undefined });
    expect((await days()).get('windowed')).toHaveLength(2);
    await keepHouse({ store: house(7), keeper, retentionDays: 3, auditRetentionDays: undefined });
    // The last day is part of the total, and as lasting.
    expect((await days()).get('windowed')?.map(({ day }) => day)).toEqual([dayNumber(now)]);
    expect(await totalOf(stand, 'w', 'windowed')).toMatchObject({ count: 2 });
  });

  it('forget keys after the retention, and not before', async () => {
    const stand = await engine.compose({ retentionDays: 3 });
    const event = { id: 'kept', user_id: 'keys', action: 'x' };
    await stand.track([event]);
    await stand.drain();
    const now = await stand.store.now();
    const { keeper } = stand.services;
    const after = (days: number) => ({ ...stand.store, now: () => Promise.resolve(now + days * DAY_MS) });
    await keepHouse({ store: after(4.9), keeper, retentionDays: 3, auditRetentionDays: undefined });
    expect(await stand.track([event])).toMatchObject({ duplicates: 1 });
    await keepHouse({ store: after(5.1), keeper, retentionDays: 3, auditRetentionDays: undefined });
    expect(await stand.track([event])).toMatchObject({ accepted: 1 });
    // What is not counted yet is nobody's to forget.
    await keepHouse({ store: after(90), keeper, retentionDays: 3, auditRetentionDays: undefined });
    expect(await stand.drain()).toBe(1);
  });

  it('leave how often an action was done for 45 days', async () => {
    const { store, services } = await engine.compose();
    const now = await store.now();
    const today = dayNumber(now);
    const action = 'long ago';
    await store.volume.add([-47, -46, -45, 0].map((ago) => ({ action, day: today + ago, times: 1 })));
    await keepHouse({
      store: { ...store, now: () => Promise.resolve(now) },
      ...{ keeper: services.keeper, retentionDays: 3, auditRetentionDays: undefined },
    });
    expect((await store.volume.days(action, 0)).map(({ day }) => day - today)).toEqual([-45, 0]);
  });

  it('refuse what is too far ahead or too old, telling the limit, and take the rest', async () => {
    const stand = await engine.compose({ retentionDays: 7 });
    const now = await stand.store.now();
    const answer = await stand.track([
      { id: 'ahead', user_id: 'limits', action: 'x', occurred_at: now + 6 * MINUTE_MS },
      { id: 'soon', user_id: 'limits', action: 'x', occurred_at: now + 4 * MINUTE_MS },
      { id: 'old', user_id: 'limits', action: 'x', occurred_at: now - 7.1 * DAY_MS },
      { id: 'ancient', user_id: 'limits', action: 'x', occurred_at: '2015-01-01T00:00:00Z' },
      { id: 'week', user_id: 'limits', action: 'x', occurred_at: now - 6.9 * DAY_MS },
      { user_id: 'limits', action: 'x' },
      { id: 'nobody', action: 'x' },
      { id: 'text', user_id: 'limits', action: 'x', value: 'much' },
      { id: 'infinite', user_id: 'limits', action: 'x', value: Number.POSITIVE_INFINITY },
      { id: 'when', user_id: 'limits', action: 'x', occurred_at: 'yesterday' },
    ]);
    expect(answer.accepted).toBe(2);
    const errors = Object.fromEntries(answer.rejected.map(({ id, error }) => [id, error]));
    const refused = ['', 'ahead', 'ancient', 'infinite', 'nobody', 'old', 'text', 'when'];
    expect(new Set(Object.keys(errors))).toEqual(new Set(refused));
    expect(errors.ahead).toContain('more than 5 minutes ahead');
    expect(errors.old).toContain('more than 7 days ago');
    expect(errors.ancient).toContain('2015-01-01T00:00:00.000Z');
    expect(errors.when).toContain('"yesterday" is no RFC 3339 instant');
  });

  it('take CloudEvents and Segment’s shapes as they are', async () => {
    const stand = await engine.compose();
    await stand.setFlag('pro', latching({ fact: 'attribute', path: '$.traits.plan', operator: 'equal', value: 'pro' }));
    const cloud = {
      specversion: '1.0',
      id: 'c1',
      source: '/shop',
      type: 'order',
      subject: 'foreign',
      data: { value: 5 },
    };
    const track = { type: 'track', messageId: 'm1', userId: 'foreign', event: 'order', properties: { value: 7 } };
    const identify = {
      type: 'identify',
      messageId: 'm2',
      userId: 'foreign',
      traits: { plan: 'pro', emailVerified: true },
    };
    const { events, faults } = readEvents([cloud, track, identify, 7, { ...identify, traits: 'none' }]);
    expect(faults).toEqual(['event 3 is 7, not a JSON object']);
    let answered = false;
    const answer = stand.services.events.track(machine(['track']), { events, wait: true }).finally(() => {
      answered = true;
    });
    while (!answered) {
      await stand.drain();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await answer).toMatchObject({
      accepted: 3,
      rejected: [{ id: 'm2', error: expect.stringContaining('traits "none" are no JSON object') }],
      newlyUnlocked: [{ userId: 'foreign', flagKey: 'pro' }],
    });
    const state = (await stand.store.states.users(['foreign'])).get('foreign')!;
    expect(state.actions.get('order')).toMatchObject({ count: 2, sum: 12_000_000n });
    // Traits stay under their prefix: they verify no e-mail address.
    expect(state).toMatchObject({ emailVerified: false, attributes: { traits: { plan: 'pro', emailVerified: true } } });
    // The token of the call stands for the traits too.
    const token = (await answer).consistencyToken;
    const input = { userId: 'foreign', context: {}, flagKey: 'pro', consistencyToken: token, full: false };
    expect(await stand.services.evaluation.evaluate(OPERATOR, input)).toMatchObject({ decision: { enabled: true } });
  });

  it('reject one identify that cannot be stored and take the events beside it', async () => {
    const stand = await engine.compose();
    const { events } = readEvents([
      { type: 'identify', messageId: 'big', userId: 'big', traits: { text: 'x'.repeat(20_000) } },
      { id: 'beside', user_id: 'big', action: 'x' },
    ]);
    expect(await stand.services.events.track(OPERATOR, { events, wait: false })).toMatchObject({
      accepted: 1,
      rejected: [{ id: 'big', error: expect.stringContaining('at most 16384 bytes') }],
    });
    expect(await stand.drain()).toBe(1);
  });

  it('put the culprit of a batch aside, count the rest, and count it again when it is replayed', async () => {
    const stand = await engine.compose({ lanes: 1 });
    const others = Array.from({ length: 120 }, (_, i) => ({
      id: `ok-${i}`,
      user_id: `calm-${i % 7}`,
      action: 'sum',
      value: 1,
    }));
    const huge = (id: string) => ({ id, user_id: 'huge', action: 'sum', value: 9e12 });
    await stand.track([...others.slice(0, 60), huge('first'), ...others.slice(60)]);
    await stand.track([huge('second')]);
    expect(await stand.worker.process(0)).toBe(121);
    expect(stand.buried).toEqual([
      { userId: 'huge', source: '', id: 'second', reason: expect.stringContaining('"sum"') },
    ]);
    expect(await totalOf(stand, 'huge', 'sum')).toMatchObject({ count: 1, sum: LARGEST_MILLIONTHS });
    expect(await totalOf(stand, 'calm-0', 'sum')).toMatchObject({ count: 18, sum: 18_000_000n });

    const letters = await stand.services.deadLetters.list(OPERATOR, { limit: 10 });
    expect(letters).toMatchObject({ total: 1, items: [{ id: 'second', value: 9e12 }] });
    await stand.track([{ ...huge('minus'), value: -9e12 }]);
    await stand.worker.process(0);
    const [letter] = letters.items;
    expect(await stand.services.deadLetters.replay(OPERATOR, [letter!, { ...letter!, id: 'none' }])).toBe(1);
    await stand.worker.process(0);
    expect(await totalOf(stand, 'huge', 'sum')).toMatchObject({ count: 3, sum: LARGEST_MILLIONTHS });
    expect(await stand.store.events.deadLetterCount()).toBe(0);
  });

  it('never put aside an innocent event that came to stand in the culprit’s place', async () => {
    let poison = true;
    const stand: UseCaseStand = await engine.compose({
      lanes: 1,
      around: (store) => ({
        ...store,
        transaction: (work) =>
          store.transaction((tx) =>
            work({
              ...tx,
              users: {
                ...tx.users,
                putTotals: async (totals) => {
                  await tx.users.putTotals(totals);
                  if (totals.some(({ userId }) => userId === 'culprit') && poison) throw new Error('poison');
                },
              },
              inbox: {
                ...tx.inbox,
                bury: async (event, reason) => {
                  await tx.inbox.bury(event, reason);
                  poison = false;
                },
              },
            }),
          ),
      }),
    });
    await stand.track([{ id: 'bad', user_id: 'culprit', action: 'x' }]);
    const innocents = Array.from({ length: 60 }, (_, i) => ({ id: 'good', user_id: `innocent-${i}`, action: 'x' }));
    const working = stand.worker.process(0);
    for (const innocent of innocents) await stand.track([innocent]);
    await working;
    await stand.drain();
    expect(stand.buried.map(({ id }) => id)).toEqual(['bad']);
    for (const { user_id } of innocents) expect(await totalOf(stand, user_id, 'x')).toMatchObject({ count: 1 });
  });

  it('put nothing aside while every event fails, in whatever the release or the database is defective', async () => {
    const broken = { totals: true };
    const stand = await engine.compose({ lanes: 1, around: (store) => failing(store, () => broken.totals) });
    await stand.track(Array.from({ length: 12 }, (_, i) => ({ id: 'e', user_id: `stuck-${i}`, action: 'stuck' })));
    for (let round = 0; round < 3; round++) await expect(stand.worker.process(0)).rejects.toThrow('stays pending');
    expect(stand.buried).toEqual([]);
    broken.totals = false;
    expect(await stand.worker.process(0)).toBe(12);
    expect(await totalOf(stand, 'stuck-11', 'stuck')).toMatchObject({ count: 1 });
  });

  it('put nothing aside for a failure that is over when it is looked at again', async () => {
    let failures = 1;
    const stand = await engine.compose({ lanes: 1, around: (store) => failing(store, () => failures-- > 0) });
    await stand.track([{ id: 'e', user_id: 'lucky', action: 'luck' }]);
    expect(await stand.worker.process(0)).toBe(1);
    expect(stand.buried).toEqual([]);
  });

  it('stop to put events aside where one after the other fails and none is counted, until one is', async () => {
    let broken: boolean = true;
    const around = (store: SqlStore) => failing(store, (userId) => broken && userId.startsWith('many-'));
    const stand = await engine.compose({ lanes: 1, around });
    await stand.track(Array.from({ length: 70 }, (_, i) => ({ id: 'e', user_id: `many-${i}`, action: 'many' })));
    await expect(stand.worker.process(0)).rejects.toThrow('in a row');
    expect(stand.buried).toHaveLength(50);
    broken = false;
    expect(await stand.worker.process(0)).toBe(20);
    expect(stand.buried).toHaveLength(50);
  }, 60_000);

  it('are not taken, nor are the rest of the users identified, once nobody waits for the call', async () => {
    let writes = 0;
    const gone = new AbortController();
    const around = (store: SqlStore): Store => ({
      ...store,
      transaction: async (work) => {
        if (++writes === 3) gone.abort();
        return store.transaction(work);
      },
    });
    const stand = await engine.compose({ around });
    const { events } = readEvents([
      ...Array.from({ length: 20 }, (_, i) => ({
        ...{ type: 'identify', messageId: `m${i}`, userId: `trait-${i}`, traits: { seen: true } },
      })),
      { id: 'e', user_id: 'trait-0', action: 'x' },
    ]);
    const send = (call: object = {}) => stand.services.events.track({ ...OPERATOR, ...call }, { events, wait: false });
    await expect(send({ signal: gone.signal })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(writes).toBe(3);
    await expect(send({ deadline: Date.now() - 1 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(writes).toBe(3);
    // Sent again, all of it is taken.
    expect(await send()).toMatchObject({ accepted: 21, rejected: [] });
  });

  it('lose nothing when a worker fails halfway', async () => {
    let failures = 3;
    const stand = await engine.compose({
      around: (store) => ({
        ...store,
        transaction: (work) =>
          store.transaction(async (tx) => {
            const made = await work(tx);
            if (failures-- > 0) throw Object.assign(new Error('out of memory'), { name: 'RangeError' });
            return made;
          }),
      }),
    });
    failures = 0;
    await stand.setFlag('steady', latching(atLeast(50, 'x')));
    // What another test has left, alone in its lane, would fail alone.
    await stand.drain();
    const events = Array.from({ length: 50 }, (_, i) => ({ id: `e${i}`, user_id: 'steady', action: 'x' }));
    await stand.track(events);
    failures = 3;
    await stand.drain();
    await stand.drain();
    expect(stand.buried).toEqual([]);
    expect(await totalOf(stand, 'steady', 'x')).toMatchObject({ count: 50 });
    expect(await ledgerOf(stand.store, 'steady')).toHaveLength(1);
  });

  it('name the last event that touches a fact of the rule as its cause, through chains too', async () => {
    const stand = await engine.compose();
    await stand.setFlag('base', latching(atLeast(2, 'a'), verified));
    await stand.setFlag(
      'next',
      latching({ fact: 'unlocked', params: { flag: 'base' }, operator: 'equal', value: true }),
    );
    await stand.identify('cause', { emailVerified: true });
    const now = await stand.store.now();
    await stand.track([
      { id: 'a1', user_id: 'cause', action: 'a', occurred_at: now - 5_000 },
      { id: 'a2', user_id: 'cause', action: 'a', occurred_at: now - 3_000 },
      { id: 'a0', user_id: 'cause', action: 'a', occurred_at: now - 9_000 },
      { id: 'b1', user_id: 'cause', action: 'b', occurred_at: now - 1_000 },
    ]);
    await stand.drain();
    const causes = (await ledgerOf(stand.store, 'cause')).map(({ cause }) => cause);
    const a2 = { type: 'event', source: '', eventId: 'a2', action: 'a' };
    expect(causes).toEqual([a2, a2]);
  });

  it('answer a waiting call with what its events unlocked, again when it is sent again', async () => {
    const stand = await engine.compose();
    await stand.setFlag('three', latching(atLeast(3, 'w')));
    const events = [1, 2, 3].map((i) => ({ id: `w${i}`, user_id: 'waits', action: 'w' }));
    const waiting = stand.track(events, { wait: true });
    while ((await stand.drain()) === 0);
    const unlocked = [{ userId: 'waits', flagKey: 'three' }];
    expect(await waiting).toMatchObject({ accepted: 3, newlyUnlocked: unlocked });
    expect(await stand.track(events, { wait: true })).toMatchObject({ duplicates: 3, newlyUnlocked: unlocked });
    expect(await stand.track(events)).toMatchObject({ newlyUnlocked: [] });
    const call = { ...OPERATOR, deadline: Date.now() + 200 };
    const late = stand.track([{ id: 'w4', user_id: 'waits', action: 'w' }], { wait: true, call });
    await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('are counted by the sweeper alone when the queue swallows every wake', async () => {
    const server = await engine.start();
    const { store } = server.composed;
    // Straight into the inbox: no wake at all.
    const now = await store.now();
    await store.inbox.append([
      {
        id: 'silent',
        source: '',
        userId: 'swept',
        action: 'x',
        occurredAt: now,
        value: 0,
        properties: {},
        receivedAt: now,
      },
    ]);
    const started = performance.now();
    const counted = async () => (await store.states.users(['swept'])).get('swept')!.actions.get('x')?.count === 1;
    while (!(await counted())) {
      if (performance.now() - started > 8_000) throw new Error('the sweeper did not come');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(performance.now() - started).toBeLessThan(busy(4_000));
    await server.stop(1_000);
  });
});

/** A store on which counting for some users fails, all of them unless told otherwise. */
function failing(store: SqlStore, fails: (userId: string) => boolean): Store {
  return {
    ...store,
    transaction: (work) =>
      store.transaction((tx) => {
        const putTotals: typeof tx.users.putTotals = async (totals) => {
          await tx.users.putTotals(totals);
          if (totals.some(({ userId }) => fails(userId))) throw new Error('a column is missing');
        };
        return work({ ...tx, users: { ...tx.users, putTotals } });
      }),
  };
}
