import { expect, it } from '@jest/globals';
import { dayNumber } from '../../core/values/time/time.js';
import type { KeptDays } from '../day-store.js';
import type { NewEvent } from '../event-store.js';
import type { Store } from '../store.js';
import { emptyPartitions, userIn } from './inbox-contract.js';
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
    const first = await emptyPartitions(store(), 3);
    const events = [2, 0, 0, 1].map((nth, i) => sampleEvent({ userId: userIn(first + nth), receivedAt: 1000 + i }));
    await store().inbox.append(events);
    await finish([events[3]!]);
    const oldest = await store().events.oldestPending();
    expect(oldest.filter(({ partition }) => partition >= first && partition < first + 3)).toEqual([
      { partition: first, receivedAt: 1001 },
      { partition: first + 2, receivedAt: 1000 },
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
    const { items } = await store().events.deadLetters({ limit: 1000 });
    const backlog = { count: items.length, oldestReceivedAt: Math.min(...items.map((one) => one.receivedAt)) };
    expect(await store().events.deadLetterBacklog(1000)).toEqual(backlog);
    expect((await store().events.deadLetterBacklog(2)).count).toBe(2);
    const all = await store().events.deadLetters({ limit: 1000 });
    expect(await store().events.deadLetters({ limit: 1000, after: 'no position' })).toEqual(all);
    expect(await store().transaction((tx) => tx.inbox.replay(events, 6))).toBe(4);
    await finish(events);
  });

  it('forgets old done events, in chunks, and nothing else', async () => {
    const old = Array.from({ length: 7 }, (_, i) => sampleEvent({ userId: userIn(i * 500), receivedAt: 50 }));
    const kept = [sampleEvent({ receivedAt: 60 }), sampleEvent({ receivedAt: 50 }), sampleEvent({ receivedAt: 50 })];
    await store().inbox.append([...old, ...kept]);
    await finish([...old, kept[0]!]);
    await store().transaction((tx) => tx.inbox.bury(kept[1]!, 'broken'));
    const gone = await inChunks((limit) => store().events.purge({ receivedBefore: 60, limit }));
    expect(gone).toBeGreaterThanOrEqual(7);
    expect(await store().events.states([...old, ...kept])).toEqual([
      ...old.map(() => ({ state: 'unknown' })),
      { state: 'done', batch: 'batch' },
      { state: 'dead', reason: 'broken' },
      { state: 'pending' },
    ]);
    expect(await store().inbox.append([old[0]!])).toEqual([true]);
  });

  it('drops days no longer kept, in chunks, and knows from when on they are', async () => {
    const today = dayNumber(1_700_000_000_000);
    const [windowed, dropped] = [unique('windowed'), unique('dropped')];
    const userId = unique('user');
    await store().transaction(async (tx) => {
      await tx.users.lock([userId]);
      await tx.users.addDays(
        [windowed, dropped].flatMap((action) =>
          [today - 2, today - 1, today].map((day) => ({ userId, action, day, count: 1, sum: 0n })),
        ),
      );
    });
    const before = await store().days.known();
    expect(before.countedSince).toBeGreaterThan(0);
    expect(before.countedSince).toBeLessThanOrEqual(Date.now());
    expect(before.summedSince).toBe(before.countedSince);
    expect([before.othersKeptFrom, before.keptFrom]).toEqual([0, new Map()]);

    const keepFrom = (wanted: KeptDays) => store().transaction((tx) => tx.days.keepFrom(wanted));
    const kept = await keepFrom({ windowed: new Map([[windowed, today - 1]]), others: today });
    expect(kept).toEqual({ windowed: new Map([[windowed, today - 1]]), others: today });
    expect(await inChunks((limit) => store().days.purge(kept, limit))).toBeGreaterThanOrEqual(3);
    const { actionDays } = (await store().states.users([userId])).get(userId)!;
    expect(actionDays.get(windowed)?.map(({ day }) => day)).toEqual([today - 1, today]);
    expect(actionDays.get(dropped)?.map(({ day }) => day)).toEqual([today]);
    expect(await store().days.known()).toEqual({ ...before, othersKeptFrom: today, keptFrom: kept.windowed });
  });

  it('never says that days are kept which were dropped before', async () => {
    const [first, late] = [unique('windowed'), unique('windowed')];
    const keepFrom = (windowed: Readonly<Record<string, number>>, others: number) =>
      store().transaction((tx) => tx.days.keepFrom({ windowed: new Map(Object.entries(windowed)), others }));
    const start = (await store().days.known()).othersKeptFrom + 100;
    await keepFrom({ [first]: start - 7 }, start);
    // More is to be kept than before: what was dropped stays dropped, and time goes on.
    const more = await keepFrom({ [first]: start - 37, [late]: start - 60 }, start - 30);
    expect(more).toEqual({
      windowed: new Map([
        [first, start - 7],
        [late, start],
      ]),
      others: start,
    });
    // An action that is windowed no more has its days dropped as all others have: they are not there when it is again.
    await keepFrom({ [late]: start - 20 }, start + 10);
    const again = await keepFrom({ [first]: start, [late]: start - 20 }, start + 10);
    expect(again).toEqual({
      windowed: new Map([
        [first, start + 10],
        [late, start],
      ]),
      others: start + 10,
    });
    expect(await store().days.known()).toMatchObject({ othersKeptFrom: start + 10, keptFrom: again.windowed });
  });
}

/** Drops three rows at a time until there are none; gives how many went. */
async function inChunks(purge: (limit: number) => Promise<number>): Promise<number> {
  let gone = 0;
  for (let rows = -1; rows !== 0; gone += rows) {
    rows = await purge(3);
    expect(rows).toBeLessThanOrEqual(3);
  }
  return gone;
}
