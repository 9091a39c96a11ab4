import { expect, it } from '@jest/globals';
import { partitionOf } from '../../core/values/partition.js';
import type { NewEvent } from '../event-store.js';
import type { Store } from '../store.js';
import { AWKWARD_IDS, gate, sampleEvent, unique } from './samples.js';

/** A user in that partition, of whom no other test has heard. */
export function userIn(partition: number): string {
  for (;;) {
    const id = unique(`in-${partition}`);
    if (partitionOf(id) === partition) return id;
  }
}

/** The first of some partitions side by side in which nothing of another test is pending: names of any test may lie in any partition. */
export async function emptyPartitions(store: Store, count = 1): Promise<number> {
  for (let first = 100; ; first += count) {
    const range = { first, last: first + count - 1 };
    const pending = await store.transaction((tx) => tx.inbox.take(range, first, 1));
    if (pending.length === 0) return first;
  }
}

export function inboxContract(store: () => Store): void {
  const takeOf = (partition: number, limit = 1000): Promise<readonly NewEvent[]> =>
    store().transaction((tx) => tx.inbox.take({ first: partition, last: partition }, partition, limit));

  it('stores events once, and tells which were new', async () => {
    const event = sampleEvent({ properties: { page: "it's", list: [1, null], ключ: '👩‍🚀' }, value: -0.1 });
    const other = sampleEvent({ userId: event.userId, receivedAt: event.receivedAt + 1 });
    expect(await store().inbox.append([event, other, event])).toEqual([true, true, false]);
    expect(await store().inbox.append([other, sampleEvent(), event])).toEqual([false, true, false]);
    expect(await store().inbox.append([])).toEqual([]);
    const taken = await takeOf(partitionOf(event.userId));
    expect(taken.filter(({ userId }) => userId === event.userId)).toEqual([event, other]);
  });

  it('tells events apart by user, source and id, however they are cut', async () => {
    const base = sampleEvent();
    const variants = [
      base,
      { ...base, id: `${base.id}x` },
      { ...base, source: 'Test' },
      { ...base, userId: base.userId.toUpperCase() },
      { ...base, source: 'te', id: `st${base.id}` },
      { ...base, source: `test${base.id}`, id: '' },
      ...AWKWARD_IDS.flatMap((id) => [
        { ...base, id },
        { ...base, source: id },
        { ...base, userId: id },
      ]),
    ];
    expect(await store().inbox.append(variants)).toEqual(variants.map(() => true));
    expect(await store().inbox.append(variants.map((event) => ({ ...event, action: 'other', value: 9 })))).toEqual(
      variants.map(() => false),
    );
    const taken = (await takeOf(partitionOf(base.userId))).filter(({ userId }) => userId === base.userId);
    expect(new Set(taken.map(({ source, id }) => `${source}\n${id}`)).size).toBe(5 + 2 * AWKWARD_IDS.length);
    expect(taken.every(({ action }) => action === 'login')).toBe(true);
  });

  it('counts the same event once when it comes a thousand times at once', async () => {
    const event = sampleEvent();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => store().inbox.append([event])));
    expect(answers.flat().filter(Boolean)).toHaveLength(1);
  });

  it('counts each event once when batches overlap, in any order', async () => {
    const events = Array.from({ length: 300 }, () => sampleEvent());
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => store().inbox.append(i % 2 === 0 ? events : events.toReversed())),
    );
    const timesNew = events.map(
      (_, e) => answers.filter((answer, i) => answer[i % 2 === 0 ? e : events.length - 1 - e]).length,
    );
    expect(timesNew).toEqual(events.map(() => 1));
  });

  it('takes a thousand events with large payloads at once', async () => {
    const userId = unique('large');
    const text = 'ü'.repeat(8_000);
    const events = Array.from({ length: 1000 }, () => sampleEvent({ userId, properties: { text } }));
    expect(await store().inbox.append(events)).toEqual(events.map(() => true));
    expect(await store().inbox.append(events)).toEqual(events.map(() => false));
    // Other tests may have left events in the same partition.
    const taken = await takeOf(partitionOf(userId), 1_100);
    expect(taken.filter((event) => event.properties.text === text)).toHaveLength(1000);
  });

  it('takes nothing of a call that fails', async () => {
    const good = sampleEvent();
    await expect(store().inbox.append([good, sampleEvent({ value: null as never })])).rejects.toThrow();
    expect(await store().events.states([good])).toEqual([{ state: 'unknown' }]);
    // Too much for one packet; what fails comes last.
    const partition = await emptyPartitions(store());
    const [text, userId] = ['x'.repeat(8_000), userIn(partition)];
    const large = Array.from({ length: 900 }, () => sampleEvent({ userId, properties: { text } }));
    const bad = sampleEvent({ userId: userIn(4095), value: null as never });
    await expect(store().inbox.append([...large, bad])).rejects.toThrow();
    expect(await takeOf(partition)).toEqual([]);
    const tooMany = Array.from({ length: 1001 }, () => sampleEvent());
    await expect(store().inbox.append(tooMany)).rejects.toThrow(RangeError);
  });

  it('takes oldest first within a partition, from where it is told to begin, and wraps around', async () => {
    const first = await emptyPartitions(store(), 3);
    const [second, last] = [first + 1, first + 2];
    const range = { first, last };
    const events = [first, second, last].flatMap((partition) =>
      [30, 10, 20].map((receivedAt) => sampleEvent({ userId: userIn(partition), receivedAt })),
    );
    await store().inbox.append(events);
    const at = (startAt: number, limit: number): Promise<readonly (readonly [number, number])[]> =>
      store().transaction(async (tx) =>
        (await tx.inbox.take(range, startAt, limit)).map((event) => [partitionOf(event.userId), event.receivedAt]),
      );
    const of = (partition: number) => [10, 20, 30].map((receivedAt) => [partition, receivedAt]);
    expect(await at(first, 1000)).toEqual([...of(first), ...of(second), ...of(last)]);
    expect(await at(second, 1000)).toEqual([...of(second), ...of(last), ...of(first)]);
    expect(await at(last, 4)).toEqual([...of(last), [first, 10]]);
    expect(await at(last, 2)).toEqual(of(last).slice(0, 2));
  });

  it('takes what was received at the same instant in the order in which it came, whatever the keys are', async () => {
    const partition = await emptyPartitions(store());
    const userId = userIn(partition);
    const events = Array.from({ length: 30 }, () => sampleEvent({ userId }));
    // Calls one after the other, and calls that are merged into one statement.
    await store().inbox.append(events.slice(0, 5));
    await store().inbox.append(events.slice(5, 10));
    await Promise.all([10, 15, 20, 25].map((from) => store().inbox.append(events.slice(from, from + 5))));
    expect(await takeOf(partition)).toEqual(events);
    expect(await takeOf(partition, 7)).toEqual(events.slice(0, 7));
  });

  it('takes replayed dead letters as if they came when they were replayed, in the order that is given', async () => {
    const partition = await emptyPartitions(store());
    const userId = userIn(partition);
    const events = Array.from({ length: 250 }, (_, i) => sampleEvent({ userId, receivedAt: 100 + i }));
    const later = [sampleEvent({ userId, receivedAt: 400 }), sampleEvent({ userId, receivedAt: 600 })];
    await store().inbox.append([...events, ...later]);
    await store().transaction(async (tx) => {
      for (const event of events) await tx.inbox.bury(event, 'broken');
    });
    const order = events.toReversed();
    expect(await store().transaction((tx) => tx.inbox.replay([...order, order[0]!, later[0]!], 500))).toBe(250);
    const replayed = order.map((event) => ({ ...event, receivedAt: 500 }));
    expect(await takeOf(partition)).toEqual([later[0], ...replayed, later[1]]);
  });

  it('takes an event that was committed late with an earlier position', async () => {
    const partition = await emptyPartitions(store());
    const [early, late] = [10, 20].map((receivedAt) => sampleEvent({ userId: userIn(partition), receivedAt }));
    await store().inbox.append([late!]);
    const first = await takeOf(partition);
    await store().transaction((tx) => tx.inbox.finish(first, 'batch-1'));
    await store().inbox.append([early!]);
    expect(await takeOf(partition)).toEqual([early]);
  });

  it('finishes events with their batch, keeps their keys and drops their payload', async () => {
    const partition = await emptyPartitions(store());
    const events = Array.from({ length: 3 }, () => sampleEvent({ userId: userIn(partition) }));
    await store().inbox.append(events);
    await store().transaction((tx) => tx.inbox.finish(events.slice(0, 2), 'batch-2'));
    expect(await takeOf(partition)).toEqual([events[2]]);
    expect(await store().events.states([events[2]!, events[0]!, sampleEvent(), events[1]!])).toEqual([
      { state: 'pending' },
      { state: 'done', batch: 'batch-2' },
      { state: 'unknown' },
      { state: 'done', batch: 'batch-2' },
    ]);
    expect(await store().inbox.append(events)).toEqual([false, false, false]);
  });

  it('finishes an event in one transaction only, whichever lanes took it', async () => {
    const partition = await emptyPartitions(store());
    const userId = userIn(partition);
    const events = Array.from({ length: 5 }, () => sampleEvent({ userId }));
    await store().inbox.append(events);
    const count = (): Promise<number> =>
      store().transaction(async (tx) => {
        const taken = await tx.inbox.take({ first: partition, last: partition }, partition, 1000);
        const user = (await tx.users.lock([userId])).get(userId)!;
        const before = user.actions.get('login')?.count ?? 0;
        await tx.users.putTotals([
          {
            ...{ userId, action: 'login', count: before + taken.length, sum: 0n },
            ...{ activeDays: 1, firstAt: 1, lastAt: 1, recentDays: 1n },
          },
        ]);
        await tx.inbox.finish(taken, 'batch');
        return taken.length;
      });
    const counted = await Promise.all([count(), count(), count()]);
    expect(counted.toSorted()).toEqual([0, 0, 5]);
    expect((await store().states.users([userId])).get(userId)?.actions.get('login')?.count).toBe(5);
  });

  it('puts a dead letter aside, payload and all, and makes it pending again', async () => {
    const partition = await emptyPartitions(store());
    const [dead, fine] = [1, 2].map((n) => sampleEvent({ userId: userIn(partition), properties: { n } }));
    await store().inbox.append([dead!, fine!]);
    const before = await store().events.deadLetterCount();
    await store().transaction((tx) => tx.inbox.bury(dead!, "it's broken 👩‍🚀"));
    expect(await takeOf(partition)).toEqual([fine]);
    expect(await store().events.states([dead!])).toEqual([{ state: 'dead', reason: "it's broken 👩‍🚀" }]);
    expect(await store().events.deadLetterCount()).toBe(before + 1);
    expect((await store().events.deadLetters({ limit: 1000 })).items).toContainEqual({
      ...dead,
      reason: "it's broken 👩‍🚀",
    });
    expect(await store().inbox.append([dead!])).toEqual([false]);
    const refused = store().transaction(async (tx) => {
      expect(await tx.inbox.replay([dead!], 9)).toBe(1);
      throw new Error('the audit cannot be written');
    });
    await expect(refused).rejects.toThrow('the audit cannot be written');
    const replay = (...events: readonly NewEvent[]) => store().transaction((tx) => tx.inbox.replay(events, 9));
    expect(await replay(dead!, fine!, sampleEvent())).toBe(1);
    expect(await replay(dead!)).toBe(0);
    expect((await takeOf(partition)).map(({ id }) => id).toSorted()).toEqual([dead!.id, fine!.id].toSorted());
    expect(await store().events.deadLetterCount()).toBe(before);
  });

  it('gives dead letters up for good, without what they carry, and takes them for duplicates from then on', async () => {
    const partition = await emptyPartitions(store());
    const [dead, fine, kept] = [1, 2, 3].map((n) => sampleEvent({ userId: userIn(partition), properties: { n } }));
    await store().inbox.append([dead!, fine!, kept!]);
    const before = await store().events.deadLetterCount();
    await store().transaction((tx) => tx.inbox.bury(dead!, 'broken'));
    await store().transaction((tx) => tx.inbox.bury(kept!, 'broken'));
    const discard = (...events: readonly NewEvent[]) => store().transaction((tx) => tx.inbox.discard(events));
    expect(await discard(dead!, fine!, sampleEvent())).toBe(1);
    expect(await discard(dead!)).toBe(0);
    expect(await store().events.deadLetterCount()).toBe(before + 1);
    expect(await store().transaction((tx) => tx.inbox.replay([dead!], 9))).toBe(0);
    expect(await takeOf(partition)).toEqual([fine]);
    expect(await store().inbox.append([dead!])).toEqual([false]);
    expect((await store().events.stored([dead!]))[0]).toMatchObject({ state: 'reversed', value: 0 });
    expect(await discard(kept!)).toBe(1);
  });

  it('gives one worker the lane at a time', async () => {
    const held = gate();
    const finish = gate();
    const order: string[] = [];
    const first = store().transaction(async (tx) => {
      expect(await tx.inbox.lockLane(7)).toBe(true);
      held.open();
      await finish.opened;
      order.push('first');
    });
    await held.opened;
    const second = store().transaction(async (tx) => {
      expect(await tx.inbox.lockLane(7)).toBe(true);
      order.push('second');
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    finish.open();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    await store().transaction(async (tx) => {
      expect(await tx.inbox.lockLane(7)).toBe(true);
      expect(await tx.inbox.lockLane(4095)).toBe(true);
    });
  });

  it('has events count as nothing that others take back, whether they have come or not', async () => {
    const userId = unique('reversed');
    const part = partitionOf(userId);
    const at = 5_000_000;
    const event = (id: string, more: Partial<NewEvent> = {}): NewEvent =>
      sampleEvent({ userId, source: 's', id, receivedAt: at, properties: { n: 1 }, ...more });
    const reversal = event('reversal', { action: '', reverses: { source: 's', id: 'done' } });
    const [done, pending, dead, absent] = [event('done'), event('pending'), event('dead'), event('absent')];
    await store().inbox.append([done, pending, dead, reversal]);
    await store().transaction(async (tx) => {
      await tx.inbox.finish([{ userId, source: 's', id: 'done', dayZone: 'Asia/Tokyo' }], 'batch');
      await tx.inbox.bury(dead, 'a reason');
    });
    const names = [done, pending, dead, absent, reversal];
    const stored = await store().events.stored(names);
    expect(stored.map((one) => one?.state)).toEqual(['done', 'pending', 'dead', undefined, 'pending']);
    expect(stored[0]).toMatchObject({ ...done, dayZone: 'Asia/Tokyo' });
    expect(stored[1]).toMatchObject({ ...pending, dayZone: 'UTC' });
    expect(stored[4]).toMatchObject({ reverses: { source: 's', id: 'done' } });
    await store().transaction(async (tx) => {
      expect(await tx.inbox.stored([done])).toEqual([stored[0]]);
      await tx.inbox.reverse([done, pending]);
      await tx.inbox.forestall([dead, absent].map((one) => ({ ...one, receivedAt: at + 1 })));
    });
    const after = await store().events.stored(names);
    expect(after.map((one) => one?.state)).toEqual(['reversed', 'reversed', 'reversed', 'reversed', 'pending']);
    expect(await store().inbox.append([absent, pending])).toEqual([false, false]);
    const taken = (await takeOf(part)).filter((one) => one.userId === userId);
    expect(taken).toEqual([reversal]);
    expect(await store().transaction((tx) => tx.inbox.replay([dead], at + 2))).toBe(0);
    expect((await store().events.states([done, absent])).map(({ state }) => state)).toEqual(['done', 'done']);
    await store().transaction((tx) => tx.inbox.finish([reversal], 'batch'));
    while ((await store().events.purge({ receivedBefore: at + 2, limit: 100 })) > 0);
    expect(await store().events.stored(names)).toEqual(names.map(() => undefined));
  });

  it('gives the counted events of a user, of some actions, by pages', async () => {
    const userId = unique('kept');
    const other = userIn(partitionOf(userId));
    const events = Array.from({ length: 7 }, (_, i) =>
      sampleEvent({ userId, action: i === 6 ? 'other' : `a${i % 2}`, properties: { i } }),
    );
    const foreign = sampleEvent({ userId: other, action: 'a0' });
    const waiting = sampleEvent({ userId, action: 'a0' });
    await store().inbox.append([...events, foreign, waiting]);
    const found = await store().transaction(async (tx) => {
      await tx.inbox.finish([...events, foreign], 'batch');
      const pages: string[][] = [];
      for (let after = ''; ; ) {
        const page = await tx.users.kept(userId, ['a0', 'a1'], { after, limit: 2 });
        pages.push(page.map(({ id }) => id));
        if (page.length < 2) return pages;
        after = page.at(-1)!.key;
      }
    });
    expect(found.map(({ length }) => length)).toEqual([2, 2, 2, 0]);
    expect(found.flat().toSorted()).toEqual(
      events
        .slice(0, 6)
        .map(({ id }) => id)
        .toSorted(),
    );
  });

  it('finds the first and the last of the counted events of a user, but for one', async () => {
    const [userId, action, another] = ['spanned', 'action', 'another'].map(unique) as [string, string, string];
    const at = 1_700_000_000_000;
    const events = [5, 3, 9, 1, 7].map((n) =>
      sampleEvent({ userId, action: n === 1 ? another : action, occurredAt: at + n }),
    );
    const waiting = sampleEvent({ userId, action, occurredAt: at });
    const foreign = sampleEvent({ userId: userIn(partitionOf(userId)), action, occurredAt: at });
    await store().inbox.append([...events, waiting, foreign]);
    const except = (n: number) => events.find(({ occurredAt }) => occurredAt === at + n)!;
    const find = (actions: readonly string[] | undefined, n: number, more: object = {}) =>
      store().transaction((tx) =>
        tx.users.firstAndLast(userId, { actions, occurredFrom: 0, except: except(n), most: 4, ...more }),
      );
    await store().transaction((tx) => tx.inbox.finish([...events, foreign], 'batch'));
    expect(await find([action], 9)).toEqual({ firstAt: at + 3, lastAt: at + 7 });
    expect(await find([action], 3)).toEqual({ firstAt: at + 5, lastAt: at + 9 });
    expect(await find(undefined, 3)).toEqual({ firstAt: at + 1, lastAt: at + 9 });
    expect(await find([action, another], 9, { occurredFrom: at + 4 })).toEqual({ firstAt: at + 5, lastAt: at + 7 });
    expect(await find([another], 1)).toBeUndefined();
    expect(await find(undefined, 3, { most: 3 })).toBe('many');
  });
}
