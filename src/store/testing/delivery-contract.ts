import { expect, it } from '@jest/globals';
import {
  ATTEMPTS_KEPT,
  type Delivery,
  type DeliveryClaim,
  type DeliveryKey,
  type NewDelivery,
  type Recorded,
} from '../delivery-store.js';
import type { Store } from '../store.js';
import { AWKWARD_IDS, allPages, unique } from './samples.js';
import { outboundEvent, sampleEndpoint } from './webhook-contract.js';

const LEASE = { leaseMs: 20_000, earlyMs: 1_000 };

export function deliveryContract(store: () => Store): void {
  let counter = 0;
  const sample = (endpointId: string, createdAt: number, change: Partial<NewDelivery> = {}): NewDelivery => ({
    // Ids grow with time.
    id: `dlv_${createdAt.toString(16).padStart(12, '0')}${(counter++).toString(16).padStart(6, '0')}`,
    ...{ endpointId, eventId: unique('evt_'), type: 'dev.latchkey.unlocked', userId: unique('user') },
    ...{ body: '{"a":"ü👩‍🚀"}', createdAt },
    ...change,
  });
  const add = async (...deliveries: readonly NewDelivery[]): Promise<void> =>
    store().transaction((tx) => tx.deliveries.add(deliveries));
  const all = (endpointId: string): Promise<readonly Delivery[]> =>
    allPages(2, (page) => store().deliveries.list({ endpointId }, page));
  const claimed = async (key: DeliveryKey): Promise<DeliveryClaim> => {
    const claim = await store().deliveries.claim(key, LEASE);
    if (claim === undefined) throw new Error(`${key.id} cannot be claimed`);
    return claim;
  };
  const failure = (at: number, more: Partial<Recorded> = {}): Recorded => ({
    attempt: { at, durationMs: 5, status: 500, error: 'answered 500' },
    state: 'failed',
    ...more,
  });

  it('keeps deliveries as they were made, and lists them newest first, by endpoint and state', async () => {
    const [endpoint, other] = [unique('whe_'), unique('whe_')];
    const now = await store().now();
    const made = AWKWARD_IDS.map((userId, i) => sample(endpoint, now + i, { userId }));
    await add(...made, sample(other, now));
    const pending = { state: 'pending', attempts: 0, log: [] } as const;
    const expected = made
      .map((one) => ({ ...one, ...pending, pendingSince: one.createdAt, nextAttemptAt: one.createdAt }))
      .toReversed();
    expect(await all(endpoint)).toStrictEqual(expected);
    expect(await all('whe_none')).toEqual([]);
    const delivered = await store().deliveries.list({ endpointId: endpoint, state: 'delivered' }, { limit: 9 });
    expect(delivered).toEqual({ items: [] });
    const waiting = await store().deliveries.list({ endpointId: endpoint, state: 'pending' }, { limit: 1 });
    expect(waiting).toEqual({ items: [expected[0]], next: expected[0]!.id });
  });

  it('gives a due delivery to one of many that want it', async () => {
    const endpoint = unique('whe_');
    const now = await store().now();
    const [due, early, later] = [sample(endpoint, now), sample(endpoint, now + 500), sample(endpoint, now + 60_000)];
    await add(due, early, later);
    const claims = await Promise.all(Array.from({ length: 8 }, () => store().deliveries.claim(due, LEASE)));
    const [claim, ...rest] = claims.filter((one) => one !== undefined);
    expect(rest).toEqual([]);
    expect(claim!.delivery).toMatchObject({ ...due, state: 'pending', attempts: 0, log: [] });
    expect(claim!.leaseEndsAt - claim!.now).toBe(LEASE.leaseMs);
    expect(Math.abs(claim!.now - now)).toBeLessThan(10_000);
    // Clocks differ a little, and no more.
    expect(await store().deliveries.claim(early, LEASE)).toBeDefined();
    expect(await store().deliveries.claim(later, LEASE)).toBeUndefined();
    expect(await store().deliveries.claim({ ...due, id: 'dlv_none' }, LEASE)).toBeUndefined();
  });

  it('gives a delivery to nobody who asks in another endpoint’s name', async () => {
    const [endpoint, other] = [unique('whe_'), unique('whe_')];
    const delivery = sample(endpoint, await store().now());
    await add(delivery, sample(other, delivery.createdAt));
    expect(await store().deliveries.claim({ id: delivery.id, endpointId: other }, LEASE)).toBeUndefined();
    expect(await store().deliveries.claim(delivery, LEASE)).toBeDefined();
  });

  it('gives up what has been pending for long since it was made or replayed, and so it can be replayed, or goes', async () => {
    const [endpoint, other] = [unique('whe_'), unique('whe_')];
    const now = await store().now();
    const [old, older, replayed, young] = [900, 800, 100, 1_000].map((at) => sample(endpoint, at));
    const foreign = sample(other, 100);
    await add(old!, older!, replayed!, young!, foreign);
    await store().deliveries.record(await claimed(replayed!), failure(200));
    await store().transaction((tx) => tx.deliveries.replay(endpoint, 'failed', 2_000, 10));
    // Under way: it is what it was claimed for, and then its attempt is not noted.
    const claim = await claimed(old!);
    expect(await store().deliveries.oldestPendingAt(endpoint)).toBe(800);
    expect(await store().deliveries.giveUp(endpoint, 1_000, 1)).toBe(1);
    expect(await store().deliveries.oldestPendingAt(endpoint)).toBe(900);
    expect(await store().deliveries.giveUp(endpoint, 1_000, 10)).toBe(1);
    expect(await store().deliveries.giveUp(endpoint, 1_000, 10)).toBe(0);
    expect(await store().deliveries.record(claim, failure(now))).toBe(false);
    const states = new Map((await all(endpoint)).map((one) => [one.id, one]));
    expect([old, older, replayed, young].map((one) => states.get(one!.id)!.state)).toEqual([
      ...['failed', 'failed', 'pending', 'pending'],
    ]);
    expect(states.get(older!.id)).toMatchObject({ attempts: 0, log: [], finishedAt: expect.any(Number) });
    expect(states.get(older!.id)!.finishedAt).toBeGreaterThanOrEqual(now);
    expect(states.get(older!.id)).not.toHaveProperty('nextAttemptAt');
    expect(await all(other)).toMatchObject([{ state: 'pending' }]);
  });

  it('notes attempts of whoever holds the claim, and of nobody else', async () => {
    const endpoint = unique('whe_');
    const now = await store().now();
    // Due before now: a claim that changes nothing, within the same millisecond, would be none.
    const delivery = sample(endpoint, now - 1);
    await add(delivery);
    // A lease that has lapsed at once: as of a worker that hung.
    const hung = (await store().deliveries.claim(delivery, { leaseMs: 0, earlyMs: 0 }))!;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const claim = await claimed(delivery);
    expect(await store().deliveries.record(hung, failure(now))).toBe(false);
    const retried = failure(claim.now, { state: 'pending', nextAttemptAt: claim.now - 1 });
    expect(await store().deliveries.record(claim, retried)).toBe(true);
    expect(await store().deliveries.record(claim, failure(now))).toBe(false);
    expect(await all(endpoint)).toMatchObject([
      { state: 'pending', attempts: 1, nextAttemptAt: claim.now - 1, log: [retried.attempt] },
    ]);

    const again = await claimed(delivery);
    const attempt = { at: again.now, durationMs: 7, status: 204 };
    expect(await store().deliveries.record(again, { attempt, state: 'delivered' })).toBe(true);
    const [done] = await all(endpoint);
    expect(done).toMatchObject({ state: 'delivered', attempts: 2, finishedAt: again.now + 7 });
    expect(done!.log).toEqual([retried.attempt, attempt]);
    expect(done).not.toHaveProperty('nextAttemptAt');
    expect(await store().deliveries.claim(delivery, LEASE)).toBeUndefined();
  });

  it('keeps the newest attempts, and no more than so many', async () => {
    const endpoint = unique('whe_');
    const delivery = sample(endpoint, await store().now());
    await add(delivery);
    for (let i = 0; i < ATTEMPTS_KEPT + 3; i++) {
      const claim = await claimed(delivery);
      await store().deliveries.record(claim, failure(i, { state: 'pending', nextAttemptAt: 0 }));
    }
    const [kept] = await all(endpoint);
    expect(kept!.attempts).toBe(ATTEMPTS_KEPT + 3);
    expect(kept!.log.map(({ at }) => at)).toEqual(Array.from({ length: ATTEMPTS_KEPT }, (_, i) => i + 3));
  });

  it('finds what is overdue, endpoint by endpoint, longest first; nothing that is claimed or done', async () => {
    const [endpoint, other] = [unique('whe_'), unique('whe_')];
    const now = await store().now();
    const [c, a, b, done, held] = [3, 1, 2, 0, 0].map((n) => sample(endpoint, now - 10_000 + n));
    await add(c!, a!, b!, done!, held!, sample(other, now - 20_000));
    await store().deliveries.record(await claimed(done!), failure(now));
    await claimed(held!);
    expect(await store().deliveries.overdue(endpoint, now, 10)).toEqual([a!.id, b!.id, c!.id]);
    expect(await store().deliveries.overdue(endpoint, now, 2)).toEqual([a!.id, b!.id]);
    expect(await store().deliveries.overdue(endpoint, now - 9_999, 10)).toEqual([a!.id]);
  });

  it('tells since when the oldest pending one waits', async () => {
    const endpoint = unique('whe_');
    await add(sample(endpoint, 1_000), sample(endpoint, 2_000));
    await add(sample(unique('whe_'), 500));
    expect(await store().deliveries.oldestPendingAt(endpoint)).toBe(1_000);
    for (const one of await all(endpoint)) await store().deliveries.record(await claimed(one), failure(1));
    expect(await store().deliveries.oldestPendingAt(endpoint)).toBeUndefined();
  });

  it('makes what is done pending again: by id, or what failed, oldest first', async () => {
    const [endpoint, other] = [unique('whe_'), unique('whe_')];
    const now = await store().now();
    const deliveries = [0, 1, 2, 3].map((n) => sample(endpoint, now + n));
    const foreign = sample(other, now);
    await add(...deliveries, foreign);
    const [one, two, three, pending] = deliveries.map(({ id }) => id);
    for (const key of [deliveries[0]!, deliveries[1]!, foreign])
      await store().deliveries.record(await claimed(key), failure(now));
    const delivered: Recorded = { attempt: { at: now, durationMs: 1, status: 200 }, state: 'delivered' };
    await store().deliveries.record(await claimed(deliveries[2]!), delivered);
    const replay = (which: readonly string[] | 'failed', limit = 100): Promise<number> =>
      store().transaction((tx) => tx.deliveries.replay(endpoint, which, now + 5_000, limit));
    expect(await replay('failed', 1)).toBe(1);
    expect(await replay([three!, pending!, foreign.id, 'dlv_none'])).toBe(1);
    expect((await all(endpoint)).map(({ id, state, attempts, log }) => [id, state, attempts, log.length])).toEqual([
      [pending, 'pending', 0, 0],
      [three, 'pending', 0, 1],
      [two, 'failed', 1, 1],
      [one, 'pending', 0, 1],
    ]);
    expect((await all(endpoint)).at(-1)).toMatchObject({ nextAttemptAt: now + 5_000, pendingSince: now + 5_000 });
    expect((await all(endpoint)).at(-1)).not.toHaveProperty('finishedAt');
    expect(await replay('failed')).toBe(1);
    expect(await replay('failed')).toBe(0);
    expect(await replay([])).toBe(0);
    expect(await all(other)).toMatchObject([{ state: 'failed' }]);
  });

  it('drops what was finished long ago and what belongs to no endpoint, and keeps the rest', async () => {
    const endpoint = sampleEndpoint();
    await store().transaction((tx) => tx.webhooks.put(endpoint));
    const now = await store().now();
    const [old, young, pending] = [sample(endpoint.id, 100), sample(endpoint.id, 200), sample(endpoint.id, 300)];
    await add(old, young, pending);
    await store().deliveries.record(await claimed(old), failure(400));
    await store().deliveries.record(await claimed(young), failure(now));
    let dropped = 0;
    for (let some = 1; some > 0; dropped += some) some = await store().deliveries.purge(now - 1_000, 3);
    expect(dropped).toBeGreaterThan(10);
    expect((await all(endpoint.id)).map(({ id }) => id)).toEqual([pending.id, young.id]);
    await store().transaction((tx) => tx.webhooks.remove(endpoint.id));
    expect(await store().deliveries.purge(0, 100)).toBe(2);
    expect(await all(endpoint.id)).toEqual([]);
  });

  it('goes with its user, and what still waits to be shared out, too', async () => {
    const [leaver, stayer, endpoint] = [unique('leaver'), unique('stayer'), unique('whe_')];
    const now = await store().now();
    for (const userId of [leaver, stayer]) {
      await add(sample(endpoint, now, { userId }), sample(endpoint, now + 1, { userId }));
      await store().transaction((tx) => tx.outbound.append([outboundEvent({ userId }), outboundEvent({ userId })]));
    }
    for (const limit of [1, 100]) {
      await store().transaction(async (tx) => {
        await tx.users.lock([leaver]);
        await tx.users.remove(leaver, { at: now, limit });
      });
    }
    expect((await all(endpoint)).map(({ userId }) => userId)).toEqual([stayer, stayer]);
    await store().transaction(async (tx) => {
      const waiting = await tx.outbound.take(1_000);
      expect(waiting.map(({ userId }) => userId)).toEqual([stayer, stayer]);
      await tx.outbound.drop(waiting);
    });
  });

  it('tells of each endpoint what waits for it, and what was given up', async () => {
    const [idle, busy, other] = [sampleEndpoint(), sampleEndpoint(), sampleEndpoint()];
    await store().transaction(async (tx) => {
      await tx.configuration.advance();
      for (const endpoint of [idle, busy, other]) await tx.webhooks.put(endpoint);
    });
    const now = await store().now();
    const made = [now - 30, now - 20, now - 10].map((at) => sample(busy.id, at));
    await add(...made, sample(other.id, now - 5), sample(unique('whe_'), now));
    const standing = async ({ id }: { readonly id: string }) =>
      (await store().deliveries.standings()).find(({ endpointId }) => endpointId === id);
    expect(await standing(idle)).toStrictEqual({ endpointId: idle.id });
    expect(await standing(busy)).toStrictEqual({ endpointId: busy.id, oldestPendingAt: now - 30 });
    expect(await standing(other)).toStrictEqual({ endpointId: other.id, oldestPendingAt: now - 5 });
    await store().deliveries.record(await claimed(made[0]!), failure(now));
    expect(await standing(busy)).toStrictEqual({
      ...{ endpointId: busy.id, oldestPendingAt: now - 20, lastFailedAt: now + 5 },
    });
    await store().deliveries.record(await claimed(made[1]!), failure(now + 100));
    await store().deliveries.record(await claimed(made[2]!), failure(now + 50, { state: 'delivered' }));
    expect(await standing(busy)).toStrictEqual({ endpointId: busy.id, lastFailedAt: now + 105 });
    const ids = (await store().webhooks.list()).map(({ id }) => id);
    expect((await store().deliveries.standings()).map(({ endpointId }) => endpointId)).toEqual(ids);
    await store().transaction(async (tx) => {
      await tx.configuration.advance();
      for (const { id } of [idle, busy, other]) await tx.webhooks.remove(id);
    });
    expect(await standing(busy)).toBeUndefined();
  });
}
