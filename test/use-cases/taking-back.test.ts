import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ActionTotal } from '../../src/core/states/user-state.js';
import { DAY_MS, HOUR_MS } from '../../src/core/values/time/time.js';
import type { ActionDraft } from '../../src/services/events/draft-actions.js';
import type { NewEvent } from '../../src/store/event-store.js';
import { LaneWorker } from '../../src/worker/inbox/lane-worker.js';
import { describeOnEachEngine } from './stands/engines.js';
import { atLeast, latching, ledgerOf, machine, OPERATOR, person, type UseCaseStand } from './stands/use-case-stand.js';

const unlocked = (flag: string) => ({ fact: 'unlocked', params: { flag }, operator: 'equal', value: true });
const relocking = (...all: readonly Readonly<Record<string, unknown>>[]) => ({
  rules: [{ policy: 'LATCHING', onReversal: 'RELOCK', conditions: { all } as never }],
});
const live = (...all: readonly Readonly<Record<string, unknown>>[]) => ({ rules: [{ conditions: { all } as never }] });
const fact = (name: string, action: string, operator: string, value: number, more: object = {}) => ({
  ...{ fact: name, params: { action, ...more }, operator, value },
});

/** Rules that no event can make false: whoever relocks stands as if what was taken back had never come. */
const RELOCKING: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  a_twice: [atLeast(2, 'x')],
  b_days: [fact('activeDays', 'x', 'greaterThanInclusive', 2)],
  c_large: [atLeast(1, 'large_x')],
  d_kinds: [atLeast(2, 'kinds')],
  e_chain: [unlocked('a_twice'), atLeast(1, 'y')],
  f_chain: [unlocked('e_chain')],
  g_soon: [atLeast(2, 'soon')],
  h_beta: [atLeast(2, 'in_beta'), atLeast(1, 'kinds_soon')],
};

const LIVE: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  l_window: [fact('actionCount', 'x', 'greaterThanInclusive', 1, { windowDays: 2 })],
  l_sum: [fact('actionSum', 'x', 'lessThan', 2, { windowDays: 3 })],
  l_first: [fact('daysSinceAction', 'x', 'lessThan', 2, { which: 'first' })],
  l_streak: [fact('streak', 'x', 'greaterThanInclusive', 2, { which: 'best' })],
  l_any: [{ fact: 'actionCount', operator: 'greaterThanInclusive', value: 3 }],
  l_last: [fact('daysSinceAction', 'kinds', 'lessThan', 1)],
  l_soon: [fact('actionCount', 'soon', 'greaterThanInclusive', 1, { windowDays: 2 })],
  l_then: [fact('actionSum', 'y_after_kind', 'greaterThanInclusive', 2, { windowDays: 3 })],
};

/** What counts since something else. */
const SINCE: Readonly<Record<string, ActionDraft['derivation']>> = {
  after_y: { from: ['x'], since: { action: 'y' } },
  soon: { from: ['x'], since: { action: 'y', withinDays: 2 } },
  kinds_soon: { from: ['x'], since: { action: 'y', withinDays: 1 }, distinct: { name: 'kind' } },
  y_after_kind: { from: ['y'], since: { action: 'kinds', withinDays: 1 } },
  after_large: { from: ['x', 'y'], since: { action: 'large_x', withinDays: 1 } },
  in_beta: { from: ['x'], since: { flag: 'beta', withinDays: 2 } },
  kinds_in_beta: { from: ['x', 'y'], since: { flag: 'beta' }, distinct: { name: 'kind' } },
  in_twice: { from: ['y'], since: { flag: 'a_twice' } },
};
/** It begins anew where its flag is lost and earned again, as no one has to do to whom nothing was reversed. */
const BEGINS_ANEW = 'in_twice';

/** What is latched for good, between reversals: in the ledger it must not show how events were cut. */
const KEEPING: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  k_exactly: [fact('actionCount', 'x', 'equal', 2)],
  k_fell: [fact('actionCount', 'x', 'lessThan', 2), atLeast(1, 'y')],
  k_idle: [fact('daysSinceAction', 'x', 'greaterThanInclusive', 1)],
};

interface Sent {
  readonly action: string;
  readonly value: number;
  readonly properties: { readonly large: boolean; readonly kind: string };
  readonly waitedMs: number;
  readonly agoMs: number;
  /** Where among the events the one is sent that takes it back, undefined for never. */
  readonly reversedAt: number | undefined;
  readonly twice: boolean;
}

const sent: fc.Arbitrary<readonly Sent[]> = fc.array(
  fc.record({
    // Nothing takes back a start.
    action: fc.constantFrom('x', 'x', 'x', 'x', 'y', 'y', 'start'),
    value: fc.constantFrom(1, 2, -3),
    properties: fc.record({ large: fc.boolean(), kind: fc.constantFrom('one', 'two', 'three') }),
    waitedMs: fc.constantFrom(0, 0, 1, HOUR_MS, 30 * HOUR_MS),
    agoMs: fc.constantFrom(0, 0, DAY_MS, 3 * DAY_MS),
    reversedAt: fc.option(fc.integer({ min: 0, max: 16 }), { nil: undefined, freq: 2 }),
    twice: fc.boolean(),
  }),
  { minLength: 1, maxLength: 14, size: 'max' },
);

const cut = fc.record({
  batchSize: fc.constantFrom(1, 2, 3, 7, 1_000),
  drainAfter: fc.integer({ min: 1, max: 18 }),
  zone: fc.constantFrom('', 'Asia/Tokyo', 'America/Los_Angeles'),
});

/** The events in the order in which they are received, with those that take back some of them. */
function historyOf(list: readonly Sent[], start: number) {
  type Placed = Omit<NewEvent, 'userId' | 'receivedAt' | 'occurredAt'> & { readonly i: number };
  const events = list.map(
    ({ action, value, properties }, i): Placed => ({ i, id: `e${i}`, source: 's', action, value, properties }),
  );
  const order: (Placed & { readonly waitedMs: number; readonly agoMs: number })[] = events.map((event, i) => ({
    ...event,
    ...list[i]!,
  }));
  for (const [i, { reversedAt, twice }] of list.entries()) {
    if (reversedAt === undefined || list[i]!.action === 'start') continue;
    for (const n of twice ? [0, 1] : [0]) {
      const reversal = { i: -1, id: `r${i}-${n}`, source: '', action: '', value: 0, properties: {} as never };
      const reverses = { source: 's', id: `e${i}` };
      order.splice(Math.min(reversedAt + n, order.length), 0, { ...reversal, reverses, waitedMs: n, agoMs: 0 });
    }
  }
  let receivedAt = start;
  return order.map(({ i, waitedMs, agoMs, id, source, action, value, properties, reverses }) => {
    receivedAt += waitedMs;
    const event: NewEvent = {
      ...{ id, source, action, value, properties, userId: '', receivedAt, occurredAt: receivedAt - agoMs },
      ...(reverses === undefined ? {} : { reverses }),
    };
    return { event, stays: i >= 0 && (action === 'start' || list[i]!.reversedAt === undefined) };
  });
}

describeOnEachEngine('taking back', (engine) => {
  const workerOf = ({ services: { keeper }, notifier, store }: UseCaseStand, batchSize: number, retentionDays = 30) =>
    new LaneWorker({
      ...{ store, keeper, notifier, lanes: 1, batchSize, retentionDays },
      queue: { wake: () => Promise.resolve() },
      observer: { counted: () => undefined, buried: () => undefined },
    });

  it('leaves counts, days and answers as if the event had never come, however events are cut', async () => {
    const stand = await engine.compose({ lanes: 1 });
    const where = { all: [{ fact: 'property', params: { name: 'large' }, operator: 'equal', value: true }] };
    await stand.services.actions.declare(OPERATOR, [
      { name: 'large_x', clientTrackable: false, derivation: { from: ['x', 'y'], where } },
      { name: 'kinds', clientTrackable: false, derivation: { from: ['x', 'y'], distinct: { name: 'kind' } } },
    ]);
    await stand.setFlag('beta', latching(atLeast(1, 'start')));
    await stand.setFlag('a_twice', relocking(...RELOCKING.a_twice!));
    await stand.services.actions.declare(
      OPERATOR,
      Object.entries(SINCE).map(([name, derivation]) => ({ name, clientTrackable: false, derivation })),
    );
    for (const [key, rule] of Object.entries(RELOCKING)) await stand.setFlag(key, relocking(...rule));
    for (const [key, rule] of Object.entries(LIVE)) await stand.setFlag(key, live(...rule));
    for (const [key, rule] of Object.entries(KEEPING)) await stand.setFlag(key, latching(...rule));
    const { flags } = stand.services.keeper.snapshot;
    // After all that is written about users meanwhile, which no event can be judged before.
    const start = (await stand.store.now()) + HOUR_MS;
    let users = 0;
    let relocked = 0;
    const seen = new Map<string, number>();
    const after = async (
      events: readonly NewEvent[],
      { batchSize, drainAfter, zone }: { batchSize: number; drainAfter: number; zone: string },
    ) => {
      const userId = `taken-${users++}`;
      if (zone !== '') await stand.identify(userId, { timeZone: zone });
      const own = events.map((event) => ({ ...event, userId }));
      const worker = workerOf(stand, batchSize);
      if (own.length > 0) await stand.store.inbox.append(own.slice(0, drainAfter));
      await worker.process(0);
      if (own.length > drainAfter) await stand.store.inbox.append(own.slice(drainAfter));
      await worker.process(0);
      const { actions, actionDays, ledger, dayZone } = (await stand.store.states.users([userId])).get(userId)!;
      const totals = new Map<string, Omit<ActionTotal, 'openDay'>>(
        [...actions].map(([name, { openDay, ...total }]) => [name, total]),
      );
      for (const name of totals.keys()) seen.set(name, (seen.get(name) ?? 0) + 1);
      const anew = totals.get(BEGINS_ANEW);
      totals.delete(BEGINS_ANEW);
      const named = Object.keys(SINCE).map((action) => ({ userId, action }));
      const spans = await stand.store.transaction((tx) => tx.users.spans(named));
      const standing = (key: string) => ledger.get(flags.get(key)!.flag.id)?.size ?? 0;
      const entries = await ledgerOf(stand.store, userId);
      relocked += entries.filter(({ kind }) => kind === 'relocked').length;
      const on = await stand.on(userId);
      return {
        entries: entries.map(({ recordedAt, ...entry }) => entry),
        state: {
          totals,
          actionDays: new Map([...actionDays].filter(([name]) => name !== BEGINS_ANEW)),
          spans: new Map(spans.flatMap((one) => (one.spans.length === 0 ? [] : [[one.action, one.spans]]))),
          standing: Object.keys(RELOCKING).filter((key) => standing(key) > 0),
          on: on.filter((key) => !(key in KEEPING)),
        },
        dayZone: dayZone?.zone,
        anew,
      };
    };
    await fc.assert(
      fc.asyncProperty(sent, cut, async (list, how) => {
        const history = historyOf(list, start);
        const all = history.map(({ event }) => event);
        const alone = await after(all, { ...how, batchSize: 1, drainAfter: 1 });
        const cutUp = await after(all, how);
        expect(cutUp).toEqual(alone);
        const never = await after(
          history.flatMap(({ event, stays }) => (stays ? [event] : [])),
          how,
        );
        expect(cutUp.state).toEqual(never.state);
      }),
      { numRuns: 60 },
    );
    expect(relocked).toBeGreaterThan(5);
    // The rarest of them come to twelve of the sixty users.
    expect(Object.keys(SINCE).filter((name) => !seen.has(name))).toEqual([]);
    expect(await stand.store.events.deadLetterCount()).toBe(0);
    for (const key of ['g_soon', 'h_beta', 'l_soon', 'l_then']) await stand.setFlag(key, { rules: [] });
    for (const name of Object.keys(SINCE)) await stand.services.actions.delete(OPERATOR, name);
  }, 180_000);

  const order = (user: string, id: string, more: object = {}) => ({
    id,
    source: 'shop',
    user_id: user,
    action: 'order',
    value: 50,
    ...more,
  });
  const reversing = (user: string, id: string, original: string, more: object = {}) => ({
    ...{ id, source: 'shop', user_id: user, reverses: { id: original } },
    ...more,
  });
  const counted = async ({ store }: UseCaseStand, user: string, action = 'order') => {
    const total = (await store.states.users([user])).get(user)!.actions.get(action);
    return total && [total.count, Number(total.sum) / 1e6];
  };
  const kinds = async ({ store, services }: UseCaseStand, user: string) =>
    (await ledgerOf(store, user)).map(
      ({ flagId, kind }) => `${services.keeper.snapshot.flagsById.get(flagId)!.flag.key} ${kind}`,
    );

  it('counts once, in any order, whoever sends it again', async () => {
    const stand = await engine.compose({ lanes: 1 });
    const first = await stand.track([reversing('once', 'r1', 'o1'), order('once', 'o2'), order('once', 'o1')]);
    expect(first).toMatchObject({ accepted: 3, duplicates: 0, rejected: [], warnings: [] });
    await stand.drain();
    expect(await counted(stand, 'once')).toEqual([1, 50]);
    const again = await stand.track([
      reversing('once', 'r1', 'o1'),
      reversing('once', 'r2', 'o1'),
      order('once', 'o1'),
    ]);
    expect(again).toMatchObject({ accepted: 0, duplicates: 3, rejected: [] });
    await stand.drain();
    expect(await counted(stand, 'once')).toEqual([1, 50]);
    const misspelt = await stand.track([order('once', 'o3'), reversing('once', 'r3', 'o9')]);
    expect(misspelt.warnings).toEqual([
      { pointer: '/events/1/reverses', message: expect.stringContaining('no event "o9" of "shop"') },
    ]);
    await stand.drain();
    expect(await stand.track([order('once', 'o9')])).toMatchObject({ accepted: 0, duplicates: 1 });
    await stand.track([reversing('once', 'r4', 'o2'), reversing('once', 'r5', 'o3')]);
    await stand.drain();
    expect(await counted(stand, 'once')).toBeUndefined();
    expect(await stand.store.events.deadLetterCount()).toBe(0);
  });

  it('is done by another one of the same where the first comes to nothing while it waits', async () => {
    const stand = await engine.compose({ lanes: 1 });
    // More than one transaction takes back.
    const ids = Array.from({ length: 21 }, (_, i) => `o${i}`);
    await stand.track(ids.map((id) => order('queued', id)));
    await stand.drain();
    await stand.track([
      ...ids.map((id) => reversing('queued', `r-${id}`, id)),
      ...['again', 'once more'].map((id) => reversing('queued', id, 'o20')),
    ]);
    const { services, notifier, store } = stand;
    const enough = new AbortController();
    const once = new LaneWorker({
      ...{ store, keeper: services.keeper, notifier, lanes: 1, retentionDays: 30 },
      queue: { wake: () => Promise.resolve() },
      observer: { counted: () => enough.abort(), buried: () => undefined },
    });
    await once.process(0, enough.signal);
    expect(await counted(stand, 'queued')).toEqual([1, 50]);
    const key = (id: string) => ({ userId: 'queued', source: 'shop', id });
    const waiting = await store.events.states(['r-o19', 'r-o20', 'again', 'once more'].map(key));
    expect(waiting.map(({ state }) => state)).toEqual(['done', 'pending', 'pending', 'pending']);
    await store.transaction((tx) => tx.inbox.bury(key('r-o20'), 'put aside'));
    await stand.drain();
    expect(await counted(stand, 'queued')).toBeUndefined();
    // Nor does the first do it twice.
    await store.transaction(async (tx) => tx.inbox.replay([key('r-o20')], await tx.now()));
    await stand.drain();
    expect(await counted(stand, 'queued')).toBeUndefined();
    expect(await store.events.deadLetterCount()).toBe(0);
  });

  it('is no event of the action that it names, whatever counts that anew', async () => {
    const stand = await engine.compose({ lanes: 1 });
    await stand.track([order('named', 'o1'), order('named', 'o2'), order('named', 'o3', { action: 'gift' })]);
    await stand.track([reversing('named', 'r1', 'o1', { action: 'order' })]);
    await stand.drain();
    const more = { name: 'anew', clientTrackable: false, derivation: { from: ['order'] } };
    await stand.services.actions.declare(OPERATOR, [more]);
    expect(await counted(stand, 'named', 'anew')).toEqual([1, 50]);
    // Everything that users do is an action, too, where a rule reads it.
    const anything = { fact: 'actionCount', operator: 'greaterThanInclusive', value: 2 };
    await stand.setFlag('anything', live(anything));
    expect(await stand.on('named')).toContain('anything');
    await stand.track([reversing('named', 'r3', 'o3')]);
    await stand.drain();
    expect(await stand.on('named')).not.toContain('anything');
    expect(await counted(stand, 'named', 'anew')).toEqual([1, 50]);
  });

  it('is refused where it cannot be, at the door or as a dead letter', async () => {
    const stand = await engine.compose({ lanes: 1, retentionDays: 2 });
    const now = await stand.store.now();
    await stand.track([
      order('refused', 'o1'),
      order('refused', 'old', { occurred_at: now - 2 * DAY_MS + 500 }),
      reversing('refused', 'r1', 'o1'),
    ]);
    await stand.drain();
    await new Promise((resolve) => setTimeout(resolve, 600));
    const faults = [
      [reversing('refused', 'x1', 'r1'), 'takes back another one itself'],
      [reversing('refused', 'x2', 'old'), 'more than 2 days ago'],
      [reversing('refused', 'x3', 'o2', { action: 'login' }), 'is of the action "order", not of "login"'],
      [reversing('refused', 'x4', 'o2', { value: 3 }), 'value 3 has no meaning here'],
      [reversing('refused', 'x5', 'x5'), 'names the event "x5" itself'],
      [reversing('refused', 'x6', '', {}), 'reverses: '],
      [{ ...reversing('refused', 'x7', 'o2'), reverses: 'o2' }, 'reverses "o2" is no object'],
    ] as const;
    const { rejected, accepted } = await stand.track([order('refused', 'o2'), ...faults.map(([event]) => event)]);
    expect(accepted).toBe(1);
    expect(rejected.map(({ id }) => id).toSorted()).toEqual(faults.map(([event]) => event.id));
    for (const [event, message] of faults) {
      expect(rejected.find(({ id }) => id === event.id)!.error).toContain(message);
    }
    await stand.drain();
    expect(await counted(stand, 'refused')).toEqual([2, 100]);

    // What comes to light only when it is counted.
    await stand.track([reversing('refused', 'early', 'late', { action: 'login' }), order('refused', 'o3')]);
    await stand.store.inbox.append([
      {
        ...{ id: 'late', source: 'shop', userId: 'refused', action: 'order', value: 1, properties: {} },
        occurredAt: now,
        receivedAt: now,
      },
    ]);
    await stand.drain();
    expect(stand.buried).toMatchObject([{ id: 'early', reason: expect.stringContaining('not of "login"') }]);
    expect(await counted(stand, 'refused')).toEqual([4, 151]);
  });

  it('reaches no further than who sends it', async () => {
    const stand = await engine.compose({ lanes: 1 });
    await stand.services.actions.declare(OPERATOR, [{ name: 'like', clientTrackable: true }]);
    await stand.identify('member', { organizationId: 'acme' });
    await stand.track([order('member', 'o1'), order('member', 'l1', { action: 'like' })]);
    await stand.drain();
    const me = person('member');
    const own = await stand.track(
      [
        reversing('member', 'p1', 'l1'),
        reversing('member', 'p2', 'o1'),
        reversing('member', 'p3', 'none'),
        reversing('other', 'p4', 'l1'),
      ],
      { call: me },
    );
    expect(own).toMatchObject({ accepted: 1, warnings: [] });
    expect(own.rejected.map(({ id, error }) => `${id}: ${error}`)).toEqual([
      'p4: no user "other"',
      'p2: no event "o1" of "shop" that you could have sent',
      'p3: no event "none" of "shop" that you could have sent',
    ]);
    const acme = machine(['track'], 'acme');
    const globex = machine(['track'], 'globex');
    expect(await stand.track([reversing('member', 'b1', 'o1')], { call: globex })).toMatchObject({
      accepted: 0,
      rejected: [{ id: 'b1' }],
    });
    expect(await stand.track([reversing('member', 'b2', 'o1')], { call: acme })).toMatchObject({ accepted: 1 });
    await stand.drain();
    expect(await counted(stand, 'member')).toBeUndefined();
    expect(await counted(stand, 'member', 'like')).toBeUndefined();
  });

  it('takes unlocks of rules that relock, with what depends on them, and tells it', async () => {
    const stand = await engine.compose({ lanes: 1 });
    await stand.clear();
    const sum = { fact: 'actionSum', params: { action: 'order' }, operator: 'greaterThanInclusive', value: 100 };
    const recent = fact('actionCount', 'order', 'greaterThanInclusive', 2, { windowDays: 1 });
    await stand.setFlag('keeps', latching(sum));
    await stand.setFlag('loses', relocking(sum));
    await stand.setFlag('follows', relocking(unlocked('loses')));
    await stand.setFlag('granted', relocking(sum));
    await stand.setFlag('burst', relocking(recent));
    const { store } = stand;
    await stand.services.ledger.grant(OPERATOR, { userId: 'buyer', flag: 'granted', ruleId: '', reason: 'a present' });
    const start = (await store.now()) + 1_000;
    const event = (id: string, at: number, reverses?: string): NewEvent => ({
      ...{
        id,
        source: 'shop',
        userId: 'buyer',
        action: reverses === undefined ? 'order' : '',
        value: reverses === undefined ? 50 : 0,
      },
      ...{ properties: {}, occurredAt: start + at, receivedAt: start + at },
      ...(reverses === undefined ? {} : { reverses: { source: 'shop', id: reverses } }),
    });
    await store.inbox.append([event('o1', 0), event('o2', 1), event('o3', 5 * DAY_MS), event('r3', 6 * DAY_MS, 'o3')]);
    await stand.drain();
    // The window has passed, and what came after the unlock takes it from nobody.
    expect((await kinds(stand, 'buyer')).filter((one) => one.endsWith('relocked'))).toEqual([]);
    await store.inbox.append([event('r1', 7 * DAY_MS, 'o1')]);
    await stand.drain();
    const taken = (await ledgerOf(store, 'buyer')).filter(({ kind }) => kind === 'relocked');
    expect(new Set((await kinds(stand, 'buyer')).filter((one) => one.endsWith('relocked')))).toEqual(
      new Set(['loses relocked', 'follows relocked', 'burst relocked', 'granted relocked']),
    );
    const cause = {
      type: 'event',
      source: 'shop',
      eventId: 'r1',
      action: 'order',
      reverses: { source: 'shop', id: 'o1' },
    };
    expect(taken.map((entry) => entry.cause)).toEqual(taken.map(() => cause));
    // What was granted stays on.
    expect([...(await stand.on('buyer'))].toSorted()).toEqual(['granted', 'keeps']);
    const [last] = (await store.outbox.since(new Map([['buyer', 0]]))).toReversed();
    expect(last).toMatchObject({ locked: ['burst', 'follows', 'loses'], cause });
    await store.inbox.append([event('o4', 8 * DAY_MS)]);
    await stand.drain();
    expect([...(await stand.on('buyer'))].toSorted()).toEqual(['follows', 'granted', 'keeps', 'loses']);
  });

  it('leaves what older events have counted since another action, which are kept no more', async () => {
    const stand = await engine.compose({ lanes: 1 });
    const { store } = stand;
    const since = (more: object = {}) => ({ from: ['buy'], since: { action: 'trial', ...more } });
    await stand.services.actions.declare(OPERATOR, [
      { name: 'bought', clientTrackable: false, derivation: since() },
      { name: 'soon_bought', clientTrackable: false, derivation: since({ withinDays: 5 }) },
    ]);
    const now = await store.now();
    const event = (id: string, action: string, daysAgo: number): NewEvent => {
      const at = now - daysAgo * DAY_MS;
      const occurred = { action, value: 1, properties: {}, occurredAt: at, receivedAt: at };
      return { id, source: 'shop', userId: 'old', ...occurred };
    };
    const counts = async () => [await counted(stand, 'old', 'bought'), await counted(stand, 'old', 'soon_bought')];
    await store.inbox.append([
      ...[event('t1', 'trial', 29), event('t2', 'trial', 27), event('b1', 'buy', 25), event('t3', 'trial', 22.5)],
      ...[event('b2', 'buy', 18), event('t4', 'trial', 10), event('t5', 'trial', 6), event('b3', 'buy', 2)],
      event('b4', 'buy', 1),
    ]);
    await stand.drain();
    expect(await counts()).toEqual([
      [4, 4],
      [4, 4],
    ]);
    expect(await store.events.purge({ receivedBefore: now - 23 * DAY_MS, limit: 100 })).toBe(3);
    await stand.track([reversing('old', 'r1', 't5'), reversing('old', 'r2', 'b4')]);
    const worker = workerOf(stand, 100, 23);
    const dead = await store.events.deadLetterCount();
    await worker.process(0);
    const left = [
      [3, 3],
      [2, 2],
    ];
    expect(await counts()).toEqual(left);
    expect(await store.events.deadLetterCount()).toBe(dead);
    // When the start of the trial before it was, within five days, nobody knows any more.
    await stand.track([reversing('old', 'r3', 't3')]);
    await worker.process(0);
    expect(await counts()).toEqual(left);
    const letter = (await store.events.deadLetters({ limit: 10 })).items.at(-1);
    expect(letter).toMatchObject({
      id: 'r3',
      reason: expect.stringContaining('depends on when "trial" occurred before'),
    });
  });

  it('begins anew where it takes the flag since which something counts', async () => {
    const stand = await engine.compose({ lanes: 1 });
    await stand.setFlag('buyer', relocking(atLeast(1, 'order')));
    await stand.services.actions.declare(OPERATOR, [
      {
        name: 'more_orders',
        clientTrackable: false,
        derivation: { from: ['order', 'gift'], since: { flag: 'buyer' } },
      },
    ]);
    const start = (await stand.store.now()) + 1_000;
    const event = (id: string, at: number, reverses?: string, action = 'order'): NewEvent => ({
      ...{ id, source: 'shop', userId: 'anew', action: reverses === undefined ? action : '', properties: {} },
      ...{ value: reverses === undefined ? 1 : 0, occurredAt: start + at, receivedAt: start + at },
      ...(reverses === undefined ? {} : { reverses: { source: 'shop', id: reverses } }),
    });
    const after = async (...events: readonly NewEvent[]) => {
      await stand.store.inbox.append(events);
      await stand.drain();
      return counted(stand, 'anew', 'more_orders');
    };
    const gift = event('g1', 2, undefined, 'gift');
    expect(await after(event('o1', 0), event('o2', 1), gift, event('o3', 2))).toEqual([3, 3]);
    expect(await after(event('r3', 3, 'o3'), event('r1', 4, 'o1'))).toEqual([2, 2]);
    expect(await after(event('r2', 5, 'o2'))).toBeUndefined();
    const ofBuyer = (await kinds(stand, 'anew')).filter((entry) => entry.startsWith('buyer '));
    expect(ofBuyer).toEqual(['buyer unlocked', 'buyer relocked']);
    expect(await after(event('o4', 6), event('o5', 7))).toEqual([1, 1]);
  });

  it('is refused where the properties that said what it counted as are gone', async () => {
    const stand = await engine.compose({ lanes: 1, dropProperties: true });
    const where = { all: [{ fact: 'property', params: { name: 'large' }, operator: 'equal', value: true }] };
    await stand.services.actions.declare(OPERATOR, [
      { name: 'large_sale', clientTrackable: false, derivation: { from: ['sale'], where } },
    ]);
    const dropping = { ...stand, store: await engine.openStore({ dropProperties: true }) };
    await stand.track([
      order('dropped', 's1', { action: 'sale', properties: { large: true } }),
      order('dropped', 'o1'),
    ]);
    await workerOf(dropping, 100).process(0);
    const { accepted, rejected } = await stand.track([
      reversing('dropped', 'r1', 's1'),
      reversing('dropped', 'r2', 'o1'),
    ]);
    expect(accepted).toBe(1);
    expect(rejected).toMatchObject([
      { id: 'r1', error: expect.stringContaining('properties of the event "s1" of "shop" were dropped') },
    ]);
    await stand.drain();
    expect(await counted(stand, 'dropped')).toBeUndefined();
  });

  it('leaves a deleted user alone', async () => {
    const stand = await engine.compose({ lanes: 1 });
    await stand.track([order('deleted', 'o1')]);
    await stand.drain();
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'deleted', comment: 'asked for' });
    await stand.track([reversing('deleted', 'r1', 'o1'), order('deleted', 'o2')]);
    await stand.drain();
    expect(await counted(stand, 'deleted')).toEqual([1, 50]);
  });

  it('takes back many events of one user, more than a transaction has rounds', async () => {
    const stand = await engine.compose({ lanes: 1 });
    const ids = Array.from({ length: 130 }, (_, i) => `m${i}`);
    await stand.track(ids.map((id) => order('many', id)));
    await stand.track(ids.slice(1).map((id) => reversing('many', `r-${id}`, id)));
    await stand.drain();
    expect(await counted(stand, 'many')).toEqual([1, 50]);
    expect(stand.buried).toEqual([]);
  });
});

describeOnEachEngine('a corrected total', (engine) => {
  const totalOf = async ({ store }: UseCaseStand, user: string) => {
    const total = (await store.states.users([user])).get(user)!.actions.get('order');
    return total && [total.count, Number(total.sum) / 1e6, total.activeDays];
  };

  it('changes count and sum alone, unlocks and relocks, and is audited', async () => {
    const stand = await engine.compose({ lanes: 1 });
    const { totalCorrection, audit } = stand.services;
    const correct = (input: object) =>
      totalCorrection.correct(OPERATOR, { userId: 'ada', action: 'order', reason: 'an import', ...input });
    await stand.setFlag('spender', relocking(fact('actionSum', 'order', 'greaterThanInclusive', 100)));
    await stand.track([{ id: 'o1', user_id: 'ada', action: 'order', value: 40 }]);
    await stand.drain();
    expect(await correct({ addCount: 2, addSum: 60 })).toMatchObject({ newlyUnlocked: ['spender'] });
    expect(await totalOf(stand, 'ada')).toEqual([3, 100, 1]);
    const cause = { type: 'correction', actor: expect.any(String), reason: 'an import', action: 'order' };
    expect(await ledgerOf(stand.store, 'ada')).toMatchObject([{ kind: 'unlocked', cause }]);
    expect(await correct({ sum: 99.5 })).toMatchObject({ newlyLocked: ['spender'] });
    expect(await totalOf(stand, 'ada')).toEqual([3, 99.5, 1]);
    expect(await ledgerOf(stand.store, 'ada')).toMatchObject([{ kind: 'unlocked' }, { kind: 'relocked', cause }]);
    const [entry] = (await audit.list(OPERATOR, { limit: 1 }, {})).items;
    expect(entry).toMatchObject({
      ...{ action: 'total.correct', target: 'order', comment: 'an import' },
      before: { userId: 'ada', total: { count: 3, sum: 100 } },
      after: { userId: 'ada', total: { count: 3, sum: 99.5 } },
    });
    await correct({ count: 0 });
    expect(await totalOf(stand, 'ada')).toBeUndefined();
    expect(await correct({ count: 0 })).toMatchObject({ before: undefined, after: undefined });
  });

  it('judges by what the organization has done, too', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const ofTeam = fact('actionCount', 'order', 'greaterThanInclusive', 2, { of: 'organization' });
    const own = fact('actionCount', 'order', 'greaterThanInclusive', 2);
    await stand.setFlag('both', relocking(ofTeam, own));
    await stand.setFlag('either', relocking({ any: [ofTeam, own] }));
    for (const userId of ['cora', 'carl']) await stand.identify(userId, { organizationId: 'team' });
    const order = (id: string, userId: string) => ({ id, source: 'shop', user_id: userId, action: 'order' });
    await stand.track([order('t1', 'cora'), order('t2', 'cora'), order('t3', 'carl'), order('t4', 'carl')]);
    await stand.drain();
    await stand.track([order('t5', 'cora')]);
    await stand.drain();
    expect(await stand.on('cora')).toEqual(['both', 'either']);
    const corrected = await stand.services.totalCorrection.correct(OPERATOR, {
      ...{ userId: 'cora', action: 'order', reason: 'twice', addCount: -2 },
    });
    expect(corrected).toMatchObject({ newlyUnlocked: [], newlyLocked: ['both'] });
    const { flags } = stand.services.keeper.snapshot;
    const taken = (await ledgerOf(stand.store, 'cora')).flatMap(({ kind, flagId }) =>
      kind === 'relocked' ? flagId : [],
    );
    expect(taken).toEqual([flags.get('both')!.flag.id]);
  });

  it('is refused where it means nothing', async () => {
    const stand = await engine.compose({ lanes: 1 });
    const { totalCorrection, actions } = stand.services;
    await actions.declare(OPERATOR, [
      { name: 'derived_order', clientTrackable: false, derivation: { from: ['order'] } },
    ]);
    await stand.track([{ id: 'o1', user_id: 'bob', action: 'order', value: 40 }]);
    await stand.drain();
    const refusals = [
      [{}, 'nothing is corrected'],
      [{ count: 1.5 }, 'a count is a whole number'],
      [{ count: 1, addCount: 1 }, 'not both'],
      [{ addCount: -2 }, 'a count is 0 or more'],
      [{ sum: 1e13 }, 'a sum is a number within'],
      [{ addSum: 9e12 }, 'beyond'],
      [{ count: 0, sum: 1 }, 'leave the sum out'],
      [{ count: 2, action: 'derived_order' }, 'is derived'],
      [{ count: 2, action: 'never' }, 'there is nothing to correct'],
      [{ count: 2, reason: '' }, 'reason'],
    ] as const;
    for (const [input, message] of refusals) {
      const correcting = totalCorrection.correct(OPERATOR, {
        userId: 'bob',
        action: 'order',
        reason: 'a try',
        ...input,
      });
      await expect(correcting).rejects.toThrow(message);
    }
    expect(await totalOf(stand, 'bob')).toEqual([1, 40, 1]);
  });
});
