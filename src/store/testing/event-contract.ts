import { expect, it } from '@jest/globals';
import { dayNumber } from '../../core/values/time.js';
import type { NewEvent } from '../event-store.js';
import type { Store } from '../store.js';
import { userIn } from './inbox-contract.js';
import { allPages, sampleEvent, unique } from './samples.js';

export function eventContract(store: () => Store): void {
  const finish = (events: readonly NewEvent[]): Promise<void> =>
    store().transaction((tx) => tx.inbox.finish(events, 'batch'));

  it('tells which users have pending events up to an instant', async () => {
    const [early, late, done, dead, none] = Array.from({ length: 5 }, () => unique('waiting'));
    const events = [early, late, done, dead].map((userId, i) =>
      sampleEvent({ userId: userId!, receivedAt: i === 1 ? 200 : 100 }),
    );
    await store().inbox.append(events);
    await finish([events[2]!]);
    await store().transaction((tx) => tx.inbox.bury(events[3]!, 'broken'));
    const ids = [early!, late!, done!, dead!, none!];
    expect(await store().events.pendingUsers(ids, 100)).toEqual(new Set([early]));
    expect(await store().events.pendingUsers(ids, 99)).toEqual(new Set());
    expect(await store().events.pendingUsers([...ids, early!.toUpperCase()], 200)).toEqual(new Set([early, late]));
    expect(await store().events.pendingUsers([], 200)).toEqual(new Set());
  });

  it('tells when the oldest pending event of each partition was received, ascending', async () => {
    const events = [303, 301, 301, 302].map((partition, i) =>
      sampleEvent({ userId: userIn(partition), receivedAt: 1000 + i }),
    );
    await store().inbox.append(events);
    await finish([events[3]!]);
    const oldest = await store().events.oldestPending();
    expect(oldest.filter(({ partition }) => partition > 300 && partition < 304)).toEqual([
      { partition: 301, receivedAt: 1001 },
      { partition: 303, receivedAt: 1000 },
    ]);
    expect(oldest.map(({ partition }) => partition)).toEqual(
      oldest.map(({ partition }) => partition).toSorted((a, b) => a - b),
    );
  });

  it('lists dead letters oldest first, page by page', async () => {
    const events = [5, 3, 4, 3].map((receivedAt) => sampleEvent({ receivedAt }));
    await store().inbox.append(events);
    await store().transaction(async (tx) => {
      for (const event of events) await tx.inbox.bury(event, 'broken');
    });
    const ours = new Set(events.map(({ id }) => id));
    for (const limit of [1, 2, 1000]) {
      const listed = await allPages(limit, (page) => store().events.deadLetters(page));
      expect(listed.filter(({ id }) => ours.has(id)).map(({ receivedAt }) => receivedAt)).toEqual([3, 3, 4, 5]);
    }
    const all = await store().events.deadLetters({ limit: 1000 });
    expect(await store().events.deadLetters({ limit: 1000, after: 'no position' })).toEqual(all);
    expect(await store().transaction((tx) => tx.inbox.replay(events))).toBe(4);
    await finish(events);
  });

  it('forgets old done events and days no longer needed, in chunks, and nothing else', async () => {
    const today = dayNumber(1_700_000_000_000);
    const [windowed, dropped] = [unique('windowed'), unique('dropped')];
    const userId = unique('user');
    const old = Array.from({ length: 7 }, (_, i) => sampleEvent({ userId: userIn(i * 500), receivedAt: 50 }));
    const kept = [sampleEvent({ receivedAt: 60 }), sampleEvent({ receivedAt: 50 }), sampleEvent({ receivedAt: 50 })];
    await store().inbox.append([...old, ...kept]);
    await finish([...old, kept[0]!]);
    await store().transaction(async (tx) => {
      await tx.inbox.bury(kept[1]!, 'broken');
      await tx.users.lock([userId]);
      await tx.users.addDays(
        [windowed, dropped].flatMap((action) =>
          [today - 2, today - 1, today].map((day) => ({ userId, action, day, count: 1, sum: 0n })),
        ),
      );
    });
    const keepDaysFrom = new Map([[windowed, today - 1]]);
    const options = { receivedBefore: 60, keepDaysFrom, keepOtherDaysFrom: today, limit: 3 };
    const chunks: number[] = [];
    for (let gone = -1; gone !== 0; ) {
      gone = await store().events.purge(options);
      expect(gone).toBeLessThanOrEqual(3);
      chunks.push(gone);
    }
    expect(chunks.reduce((sum, gone) => sum + gone, 0)).toBeGreaterThanOrEqual(7 + 1 + 2);
    expect(await store().events.states([...old, ...kept])).toEqual([
      ...old.map(() => ({ state: 'unknown' })),
      { state: 'done', batch: 'batch' },
      { state: 'dead', reason: 'broken' },
      { state: 'pending' },
    ]);
    const { actionDays } = (await store().states.users([userId])).get(userId)!;
    expect(actionDays.get(windowed)?.map(({ day }) => day)).toEqual([today - 1, today]);
    expect(actionDays.get(dropped)?.map(({ day }) => day)).toEqual([today]);
    expect(await store().inbox.append([old[0]!])).toEqual([true]);
  });
}
