import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS } from '../../src/core/values/time/time.js';
import type { NewEvent } from '../../src/store/event-store.js';
import { type Store, StoreUnavailable } from '../../src/store/store.js';
import { LaneWorker } from '../../src/worker/inbox/lane-worker.js';
import { describeOnEachEngine } from './stands/engines.js';
import { atLeast, latching, ledgerOf, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

const count = (operator: string, value: number, params: Readonly<Record<string, unknown>> = {}) => ({
  ...{ fact: 'actionCount', params: { action: 'x', ...params }, operator, value },
});
const sum = (operator: string, value: number) => ({ fact: 'actionSum', params: { action: 'x' }, operator, value });
const unlocked = (flag: string, value: boolean) => ({ fact: 'unlocked', params: { flag }, operator: 'equal', value });

/** Rules that hold between events only, that can fall, and that read each other: what a batch could hide. */
const RULES: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  third: [count('equal', 3)],
  not_two: [{ not: count('lessThan', 2) }, count('lessThanInclusive', 4)],
  few: [atLeast(1, 'y'), count('lessThan', 3)],
  broke: [sum('lessThan', 0)],
  even: [sum('equal', 2), atLeast(2, 'x')],
  today: [count('equal', 2, { windowDays: 1 })],
  week: [count('equal', 3, { period: 'week' })],
  streak: [{ fact: 'streak', params: { action: 'x' }, operator: 'equal', value: 2 }],
  any: [{ fact: 'actionCount', operator: 'equal', value: 3 }],
  idle: [{ fact: 'daysSinceAction', params: { action: 'x' }, operator: 'greaterThanInclusive', value: 1 }],
  // Read what others unlock, in the order of the chain and against it.
  a_chain: [unlocked('third', true), unlocked('few', false)],
  z_chain: [unlocked('a_chain', true), atLeast(1, 'y')],
  late: [unlocked('idle', true), count('equal', 4)],
  // Of derived actions, which count some of the events, and each value once.
  large: [count('equal', 2, { action: 'large_x' })],
  kinds: [count('equal', 2, { action: 'kinds' }), count('lessThan', 5)],
  // Of one that counts since another action, by when both occurred.
  soon: [count('equal', 2, { action: 'soon_after_y' }), count('lessThan', 6)],
  // Of one that counts since a flag was unlocked, which others and time may do in between.
  later: [count('equal', 2, { action: 'after_idle_or_few' })],
  even_later: [unlocked('later', true), count('greaterThan', 0, { action: 'kinds_after_third' })],
  k_chain: [unlocked('kinds', true), count('greaterThan', 2, { action: 'large_x', windowDays: 3 })],
};

const happenings = fc.array(
  fc.record({
    action: fc.constantFrom('x', 'x', 'x', 'y', 'unread'),
    value: fc.constantFrom(1, 1, 2, -3),
    properties: fc.record({ large: fc.boolean(), kind: fc.constantFrom('one', 'two', 'three') }),
    waitedMs: fc.constantFrom(0, 0, 1, HOUR_MS, 30 * HOUR_MS),
    agoMs: fc.constantFrom(0, 0, DAY_MS),
  }),
  { minLength: 1, maxLength: 12 },
);

interface Cut {
  readonly batchSize: number;
  /** After how many events the workers run in between, beside the end. */
  readonly drainAfter: number;
  readonly workers: number;
  /** Whether transactions fail now and then after all that they had to do, and are run again. */
  readonly failing: boolean;
}

const cut: fc.Arbitrary<Cut> = fc.record({
  batchSize: fc.constantFrom(1, 2, 3, 7, 1_000),
  drainAfter: fc.integer({ min: 1, max: 12 }),
  workers: fc.constantFrom(1, 2),
  failing: fc.boolean(),
});

/** A store whose every third transaction of a worker fails at its end. */
function failingNowAndThen(store: Store): Store {
  let transactions = 0;
  return {
    ...store,
    transaction: (work) =>
      store.transaction(async (tx) => {
        const made = await work(tx);
        if (transactions++ % 3 === 1) throw new StoreUnavailable('away now and then');
        return made;
      }),
  };
}

describeOnEachEngine('batches of events', (engine) => {
  const worker = ({ services: { keeper }, notifier, store }: UseCaseStand, batchSize: number, failing = false) =>
    new LaneWorker({
      ...{
        store: failing ? failingNowAndThen(store) : store,
        keeper,
        notifier,
        lanes: 1,
        batchSize,
        retentionDays: 30,
      },
      queue: { wake: () => Promise.resolve() },
      observer: { counted: () => undefined, buried: () => undefined },
    });

  it('come to the same ledger however they are cut, retried, and whoever counts them', async () => {
    const stand = await engine.compose({ lanes: 1 });
    const where = { all: [{ fact: 'property', params: { name: 'large' }, operator: 'equal', value: true }] };
    await stand.services.actions.declare(OPERATOR, [
      { name: 'large_x', clientTrackable: false, derivation: { from: ['x', 'y'], where } },
      { name: 'kinds', clientTrackable: false, derivation: { from: ['x', 'y'], distinct: { name: 'kind' } } },
      {
        ...{ name: 'soon_after_y', clientTrackable: false },
        derivation: { from: ['x'], since: { action: 'y', withinDays: 1 } },
      },
    ]);
    const either = { any: [unlocked('few', true), unlocked('idle', true)] };
    for (const [key, rule] of Object.entries(RULES)) await stand.setFlag(key, latching(...rule));
    await stand.setFlag('few_or_idle', latching(either));
    const since = (flag: string) => ({ from: ['x', 'y'], since: { flag } });
    await stand.services.actions.declare(OPERATOR, [
      { name: 'after_idle_or_few', clientTrackable: false, derivation: since('few_or_idle') },
      {
        ...{ name: 'kinds_after_third', clientTrackable: false },
        derivation: { ...since('third'), distinct: { name: 'kind' } },
      },
    ]);
    // After the rules were made, which no event can be judged before.
    const start = (await stand.store.now()) + 1_000;
    let users = 0;
    const seen = new Set<string>();
    /** What the ledger has of a user to whom this happens. */
    const ledgerAfter = async (list: readonly NewEvent[], how: Cut) => {
      const userId = `user-${users++}`;
      const own = list.map((event) => ({ ...event, userId }));
      const workers = Array.from({ length: how.workers }, () => worker(stand, how.batchSize, how.failing));
      const drain = () =>
        Promise.all(
          workers.map(async (one) => {
            for (let tries = 0; tries < 50; tries++) {
              const counted = await one.process(0).catch((error: unknown) => {
                if (error instanceof StoreUnavailable) return 'again' as const;
                throw error;
              });
              if (counted === 0) return;
            }
          }),
        );
      await stand.store.inbox.append(own.slice(0, how.drainAfter));
      await drain();
      await stand.fireTimers();
      if (own.length > how.drainAfter) await stand.store.inbox.append(own.slice(how.drainAfter));
      await drain();
      const entries = await ledgerOf(stand.store, userId);
      for (const { flagId, cause } of entries) seen.add(`${flagId} ${cause.type}`);
      const state = (await stand.store.states.users([userId])).get(userId)!;
      return {
        entries: entries.map(({ recordedAt, ...entry }) => entry),
        state: { ...state, id: '', revision: 0 },
      };
    };
    await fc.assert(
      fc.asyncProperty(happenings, cut, async (list, how) => {
        let receivedAt = start;
        const events = list.map(({ waitedMs, agoMs, action, value, properties }, i): NewEvent => {
          receivedAt += waitedMs;
          const rest = { source: '', userId: '', properties, receivedAt, occurredAt: receivedAt - agoMs };
          return { id: `e${i}`, action, value, ...rest };
        });
        const alone = await ledgerAfter(events, { batchSize: 1, drainAfter: 1, workers: 1, failing: false });
        expect(await ledgerAfter(events, how)).toEqual(alone);
      }),
      { numRuns: 60 },
    );
    expect(seen.size).toBeGreaterThan(3);
    expect(await stand.store.events.deadLetterCount()).toBe(0);
    for (const key of ['later', 'even_later']) await stand.setFlag(key, { rules: [] });
    for (const name of ['after_idle_or_few', 'kinds_after_third']) await stand.services.actions.delete(OPERATOR, name);
  }, 120_000);

  it('unlock on equality for five events in one call as for five calls, and tell it', async () => {
    const stand = await engine.compose({ lanes: 1 });
    await stand.setFlag('third_now', latching(count('equal', 3)));
    const event = (user: string, n: number) => ({ id: `${n}`, user_id: user, action: 'x' });
    for (let n = 1; n <= 5; n++) {
      await stand.track([event('calls', n)]);
      await stand.drain();
    }
    const tracking = stand.track(
      [1, 2, 3, 4, 5].map((n) => event('call', n)),
      { wait: true },
    );
    const done = tracking.finally(() => clearInterval(draining));
    const draining = setInterval(() => void stand.drain(), 20);
    expect((await done).newlyUnlocked).toContainEqual({ userId: 'call', flagKey: 'third_now' });
    const cause = { type: 'event', source: '', eventId: '3', action: 'x' };
    const id = stand.services.keeper.snapshot.flags.get('third_now')!.flag.id;
    for (const user of ['calls', 'call'])
      expect((await ledgerOf(stand.store, user)).filter(({ flagId }) => flagId === id)).toMatchObject([{ cause }]);
  });

  it('take the events of a list from the queue in its order', async () => {
    const stand = await engine.compose({ lanes: 1 });
    await stand.setFlag('order', latching(sum('equal', 2_400)));
    // More than one call has, with values of which one order alone passes by the sum.
    const events = Array.from({ length: 1_300 }, (_, i) => ({
      ...{ id: `q${i}`, user_id: 'queued', action: 'x', value: i < 1_200 ? 2 : -30 },
    }));
    await stand.services.events.intake(OPERATOR, events);
    await worker(stand, 90).process(0);
    const [entry] = (await ledgerOf(stand.store, 'queued')).filter(
      ({ flagId }) => flagId === stand.services.keeper.snapshot.flags.get('order')!.flag.id,
    );
    expect(entry?.cause).toMatchObject({ eventId: 'q1199' });
  });

  it('pass over an event that cannot be counted; replayed, it comes when it is replayed', async () => {
    const stand = await engine.compose({ lanes: 1 });
    await stand.setFlag('second', latching(count('equal', 2)));
    await stand.setFlag('fourth', latching(count('equal', 4)));
    // The second takes the sum beyond what is kept.
    const values = { e1: 9e12, bad: 1, e3: 0, e4: -5 };
    await stand.track(Object.entries(values).map(([id, value]) => ({ id, user_id: 'poisoned', action: 'x', value })));
    const { keeper } = stand.services;
    const { store } = stand;
    await stand.worker.process(0);
    const flagId = (key: string) => keeper.snapshot.flags.get(key)!.flag.id;
    const causes = async () =>
      (await ledgerOf(store, 'poisoned'))
        .filter((entry) => [flagId('second'), flagId('fourth')].includes(entry.flagId))
        .map(({ cause }) => cause);
    expect(await causes()).toMatchObject([{ eventId: 'e3' }]);
    const before = await store.now();
    await stand.services.deadLetters.replay(OPERATOR, [{ userId: 'poisoned', source: '', id: 'bad' }]);
    await stand.worker.process(0);
    expect(await causes()).toMatchObject([{ eventId: 'e3' }, { eventId: 'bad' }]);
    expect((await ledgerOf(store, 'poisoned')).at(-1)!.earnedAt).toBeGreaterThanOrEqual(before);
  });

  it('are counted before a timer that was due after they were received', async () => {
    const stand = await engine.compose({ lanes: 1 });
    const rule = [{ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 7 }, { not: atLeast(1, 'bought') }];
    await stand.setFlag('never_bought', latching(...rule));
    const now = await stand.store.now();
    await stand.identify('buyer', { joinedAt: now - 7 * DAY_MS + 400 });
    await stand.track([{ id: 'b', user_id: 'buyer', action: 'bought' }]);
    await new Promise((resolve) => setTimeout(resolve, 600));
    await stand.fireTimers();
    await stand.drain();
    await stand.fireTimers();
    const id = stand.services.keeper.snapshot.flags.get('never_bought')!.flag.id;
    expect((await ledgerOf(stand.store, 'buyer')).filter(({ flagId }) => flagId === id)).toEqual([]);
  });
});
