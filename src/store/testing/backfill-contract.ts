import { expect, it } from '@jest/globals';
import type { Backfill, BackfillStep, NewBackfill } from '../backfill-store.js';
import type { Store, Transaction } from '../store.js';
import { FIRST_USER } from '../user-pages.js';
import { allPages, unique } from './samples.js';

/** Backfills and who works on them. */
export function backfillContract(store: () => Store): void {
  const transact = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => store().transaction(work);
  const started = async (change: Partial<NewBackfill> = {}): Promise<string> => {
    const id = unique('bkf');
    const flagId = unique('flg');
    const backfill = { id, flagId, organizationId: '', reason: 'flag', revision: 3, createdAt: 10, ...change } as const;
    await transact((tx) => tx.backfills.start([backfill]));
    return id;
  };
  const claim = (worker: string, now: number): Promise<readonly Backfill[]> =>
    transact((tx) => tx.backfills.claim({ worker, now, leasedUntil: now + 100 }));
  const advance = (ids: readonly string[], step: Partial<BackfillStep>): Promise<readonly string[]> =>
    transact((tx) =>
      tx.backfills.advance(ids, { worker: 'w', done: 0, failed: 0, busyMs: 0, cursor: FIRST_USER, now: 1, ...step }),
    );
  const get = (id: string) => store().backfills.get(id);
  const named = (backfills: readonly Backfill[]): readonly string[] => backfills.map(({ id }) => id);
  const finish = (id: string) => transact((tx) => tx.backfills.cancel(id, 1));

  it('are there as they were started, and unknown ones are not', async () => {
    const id = await started({ organizationId: 'acme', reason: 'organization' });
    expect(await get(id)).toMatchObject({
      ...{ id, organizationId: 'acme', reason: 'organization', revision: 3, createdAt: 10, state: 'pending' },
      ...{ cursor: FIRST_USER, done: 0, unlocked: 0, relocked: 0, failed: 0, busyMs: 0 },
    });
    expect(await get(id)).not.toHaveProperty('total');
    expect(await get('bkf_none')).toBeUndefined();
    expect(await transact((tx) => tx.backfills.cancel('bkf_none', 5))).toBeUndefined();
    await finish(id);
  });

  it('move on for whoever has claimed them, and come to their end', async () => {
    const id = await started();
    expect(await claim('w', 20)).toMatchObject([{ id, state: 'running', startedAt: 20 }]);
    await transact((tx) => tx.backfills.setTotal([id], 9));
    await transact((tx) => tx.backfills.count([{ id, unlocked: 2, relocked: 1 }]));
    const cursor = { partition: 7, userId: 'maria' };
    expect(await advance([id], { done: 5, failed: 1, busyMs: 1.6, cursor })).toEqual([id]);
    expect(await advance([id], { worker: 'somebody else', done: 100 })).toEqual([]);
    expect(await get(id)).toMatchObject({ total: 9, done: 5, failed: 1, busyMs: 2, unlocked: 2, relocked: 1, cursor });
    expect(await claim('w', 30)).toMatchObject([{ id, startedAt: 20, cursor }]);
    await advance([id], { done: 6, cursor: undefined, now: 40 });
    expect(await get(id)).toMatchObject({ state: 'done', done: 11, total: 11, finishedAt: 40 });
    expect(await claim('w', 50)).toEqual([]);
    expect(await transact((tx) => tx.backfills.cancel(id, 60))).toMatchObject({ state: 'done', finishedAt: 40 });
  });

  it('are one worker’s until its lease is over', async () => {
    const id = await started();
    expect(named(await claim('w', 100))).toEqual([id]);
    expect(await claim('other', 199)).toEqual([]);
    expect(named(await claim('w', 120))).toEqual([id]);
    await transact((tx) => tx.backfills.renew({ worker: 'w', leasedUntil: 250 }));
    await transact((tx) => tx.backfills.renew({ worker: 'somebody else', leasedUntil: 999 }));
    expect(await claim('other', 249)).toEqual([]);
    expect(named(await claim('other', 250))).toEqual([id]);
    await advance([id], { done: 3 });
    expect(await get(id)).toMatchObject({ done: 0, state: 'running' });
    await finish(id);
  });

  it('are told that have not ended, those first that run, and counted within bounds', async () => {
    expect(await store().backfills.unfinished(9, 9)).toEqual({ items: [], count: 0 });
    const [first, second] = [await started(), await started()];
    await claim('w', 20);
    const [third, fourth] = [await started({ organizationId: 'acme' }), await started()];
    const { items, count } = await store().backfills.unfinished(9, 9);
    expect(named(items)).toEqual([first, second, third, fourth]);
    expect(items.map(({ state }) => state)).toEqual(['running', 'running', 'pending', 'pending']);
    expect(count).toBe(4);
    const some = await store().backfills.unfinished(1, 3);
    expect([named(some.items), some.count]).toEqual([[first, third], 3]);
    for (const id of [first, second, third, fourth]) await finish(id);
    expect(await store().backfills.unfinished(9, 9)).toEqual({ items: [], count: 0 });
  });

  it('go together when they have come just as far, the oldest first', async () => {
    const [first, second, elsewhere] = [await started(), await started(), await started({ organizationId: 'acme' })];
    expect(named(await claim('w', 20))).toEqual([first, second]);
    expect(named(await claim('other', 20))).toEqual([elsewhere]);
    await advance([first, second], { cursor: { partition: 1, userId: 'a' } });
    const late = await started();
    expect(named(await claim('w', 30))).toEqual([first, second]);
    await advance([first, second], { cursor: undefined });
    expect(named(await claim('w', 40))).toEqual([late]);
    for (const id of [late, elsewhere]) await finish(id);
  });

  it('that were cancelled go no further', async () => {
    const id = await started();
    await claim('w', 20);
    expect(await transact((tx) => tx.backfills.cancel(id, 25))).toMatchObject({ state: 'cancelled', finishedAt: 25 });
    expect(await advance([id], { done: 4, cursor: undefined, now: 30 })).toEqual([]);
    expect(await get(id)).toMatchObject({ state: 'cancelled', done: 0, finishedAt: 25 });
    expect(await claim('w', 40)).toEqual([]);
  });

  it('take the place of an unfinished one of the same flag, an organization’s only within the organization', async () => {
    const flagId = unique('flg');
    const [all, acme] = [await started({ flagId }), await started({ flagId, organizationId: 'acme' })];
    const stateOf = async (id: string) => (await get(id))?.state;
    expect([await stateOf(all), await stateOf(acme)]).toEqual(['pending', 'pending']);
    const other = await started({ flagId, organizationId: 'other' });
    const again = await started({ flagId, organizationId: 'acme', createdAt: 77 });
    expect([await stateOf(all), await stateOf(acme), await stateOf(other)]).toEqual([
      'pending',
      'superseded',
      'pending',
    ]);
    expect((await get(acme))?.finishedAt).toBe(77);
    const newest = await started({ flagId });
    expect([await stateOf(all), await stateOf(again), await stateOf(other)]).toEqual([
      'superseded',
      'superseded',
      'superseded',
    ]);
    await finish(newest);
  });

  it('are listed newest first, by flag and unfinished ones alone', async () => {
    const flagId = unique('flg');
    const ids = [await started({ flagId }), await started({ flagId }), await started({ flagId })].toReversed();
    const list = (filter: { flagId?: string; unfinished?: boolean }) =>
      allPages(2, (page) => store().backfills.list(page, filter));
    expect(named(await list({ flagId }))).toEqual(ids);
    expect(named(await list({ flagId, unfinished: true }))).toEqual(ids.slice(0, 1));
    const other = await started();
    expect(named(await list({})).slice(0, 4)).toEqual([other, ...ids]);
    expect(named(await list({ flagId: unique('flg') }))).toEqual([]);
    for (const id of [other, ids[0]!]) await finish(id);
  });

  it('are dropped some time after they ended, those that have not ended never', async () => {
    const ended = await started();
    await finish(ended);
    const running = await started();
    const endedAt = (await get(ended))!.finishedAt!;
    await store().backfills.purge(endedAt, 1_000);
    expect(await get(ended)).toBeDefined();
    expect(await store().backfills.purge(endedAt + 1, 1_000)).toBeGreaterThan(0);
    expect(await get(ended)).toBeUndefined();
    expect((await get(running))?.state).toBe('pending');
    await finish(running);
  });
}
