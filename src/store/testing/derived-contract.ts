import { expect, it } from '@jest/globals';
import type { Action, Derivation } from '../../core/flags/flag.js';
import type { UserState } from '../../core/states/user-state.js';
import { isOrganizationPartition, organizationPartitionOf } from '../../core/values/partition.js';
import type { NewEvent } from '../event-store.js';
import type { Store } from '../store.js';
import { FIRST_USER, type UserCursor } from '../user-pages.js';
import { AWKWARD_IDS, sampleEvent, unique } from './samples.js';

/** Derived actions: states that are brought up to them, and the values that have counted. */
export function derivedContract(store: () => Store): void {
  const declare = (name: string, derivation?: Partial<Derivation>): Promise<void> =>
    store().transaction(async (tx) => {
      await tx.configuration.advance();
      const action: Action = { name, clientTrackable: false };
      if (derivation === undefined) await tx.configuration.dropAction(name);
      else {
        const whole = { from: [], where: {}, countsSince: 0, ...derivation };
        await tx.configuration.putActions([{ ...action, derivation: whole }]);
      }
    });

  /** Counts an event of somebody, as far as this contract needs it to be. */
  const happen = async (events: readonly NewEvent[]): Promise<void> => {
    await store().inbox.append(events);
    await store().transaction(async (tx) => {
      await tx.users.lock(events.map(({ userId }) => userId));
      await tx.inbox.finish(events, 'batch');
      await tx.users.advance(events.map(({ userId }) => userId));
    });
  };

  const countOf = (user: UserState | undefined, action: string): number => user?.actions.get(action)?.count ?? 0;
  const counts = async (ids: readonly string[], action: string): Promise<readonly number[]> => {
    const states = await store().states.users(ids);
    return ids.map((id) => countOf(states.get(id), action));
  };

  /** The same by pages, in which everybody comes. */
  const paged = async (ids: readonly string[], action: string): Promise<readonly number[]> => {
    const found = new Map<string, UserState>();
    const needs = { actions: new Set([action]), days: new Set([action]), stagesReached: false, access: false };
    for (let after: UserCursor | undefined = FIRST_USER; after !== undefined; ) {
      const page = await store().userPages.read({
        ...{ after, limit: 50, organizationId: '', needs: { ...needs, organizations: false } },
      });
      for (const user of page.users) found.set(user.id, user);
      after = page.next;
    }
    return ids.map((id) => countOf(found.get(id), action));
  };

  it('are declared with all that they say, and load with the configuration', async () => {
    const name = unique('derived');
    const derivation: Derivation = {
      ...{ from: ['a', 'b'], where: { all: [] }, value: { name: 'p', path: '$.q' }, distinct: { path: '$.r' } },
      since: { action: 'c', withinDays: 7 },
      countsSince: 1_700_000_000_000,
    };
    await declare(name, derivation);
    const own = { name, clientTrackable: false, derivation };
    expect((await store().configuration.load()).actions).toContainEqual(own);
    expect((await store().configuration.actions({ limit: 1_000 })).items).toContainEqual(own);
    await declare(name);
    expect((await store().configuration.load()).actions).not.toContainEqual(own);
    expect((await store().configuration.actions({ limit: 1_000 })).items.map((one) => one.name)).not.toContain(name);
    // The name is free again, for either kind.
    await declare(name, { from: ['c'] });
    expect((await store().configuration.load()).actions.find((one) => one.name === name)?.derivation?.from).toEqual([
      'c',
    ]);
  });

  it('are counted anew from what is kept, wherever users are read, and for good where they are locked', async () => {
    const [action, source] = [unique('derived'), unique('source')];
    const ids = [...AWKWARD_IDS, ...Array.from({ length: 60 }, () => unique('behind'))].map(
      (id) => `${id.slice(0, 150)}~`,
    );
    const events = ids.flatMap((userId, i) =>
      [1, 2, 3].map((n) =>
        sampleEvent({
          userId,
          action: source,
          occurredAt: 1_700_000_000_000 + n,
          properties: { n, even: i % 2 === 0 },
        }),
      ),
    );
    await happen(events);
    // Neither what is pending nor what is dead has been counted.
    const [pending, dead] = [1, 2].map(() =>
      sampleEvent({ userId: ids[0]!, action: source, properties: { even: true } }),
    );
    await store().inbox.append([pending!, dead!]);
    await store().transaction((tx) => tx.inbox.bury(dead!, 'broken'));
    expect(await counts(ids, action)).toEqual(ids.map(() => 0));

    const even = { all: [{ fact: 'property', params: { name: 'even' }, operator: 'equal', value: true }] };
    await declare(action, { from: [source], where: even });
    const expected = ids.map((_, i) => (i % 2 === 0 ? 3 : 0));
    expect(await counts(ids, action)).toEqual(expected);
    expect(await paged(ids, action)).toEqual(expected);
    const [state] = (await store().states.users([ids[0]!], new Set([action]))).values();
    expect(state?.actionDays.get(action)).toMatchObject([{ count: 3 }]);

    const some = ids.slice(0, 10);
    const locked = await store().transaction((tx) => tx.users.lock(some, new Set([action])));
    expect(some.map((id) => countOf(locked.get(id), action))).toEqual(expected.slice(0, 10));
    await store().transaction((tx) => tx.inbox.finish([pending!], 'later'));
    // Who was locked has been counted for good; of the others what is kept is counted.
    expect(await counts(ids, action)).toEqual(expected);

    await declare(action, { from: [source], distinct: { name: 'even' } });
    expect(await counts(ids, action)).toEqual(ids.map(() => 1));
    await store().transaction((tx) => tx.users.lock(some));
    const values = some.map((userId) => ({ userId, action, value: 'true' }));
    const known = await store().transaction((tx) => tx.users.distinctValues(values));
    expect(values.map((value) => known.has(value))).toEqual(some.map((_, i) => i % 2 === 0));

    await declare(action);
    expect(await counts(ids, action)).toEqual(ids.map(() => 0));
    expect(await paged(ids, action)).toEqual(ids.map(() => 0));
    await store().transaction((tx) => tx.users.lock(ids));
    expect(await counts(ids, action)).toEqual(ids.map(() => 0));
    const none = await store().transaction((tx) => tx.users.distinctValues(values));
    expect(values.some((value) => none.has(value))).toBe(false);
  });

  it('tell who is behind, until everybody is known to have been brought up', async () => {
    const ids = Array.from({ length: 7 }, () => unique('walked'));
    await happen(ids.map((userId) => sampleEvent({ userId })));
    await declare(unique('derived'), { from: ['login'] });
    const revision = await store().derived.unsettled();
    expect(revision).toBe(await store().configuration.revision());
    // Organizations come after all users; one may have a user's id.
    const earner = unique('Walked');
    await store().transaction((tx) => tx.organizations.lock([earner]));
    const behind: UserCursor[] = [];
    for (let after = FIRST_USER; ; ) {
      const some = await store().derived.behind(revision!, after, 3);
      behind.push(...some);
      if (some.length === 0) break;
      after = some.at(-1)!;
    }
    expect(new Set(behind.map(({ partition, userId }) => `${partition} ${userId}`)).size).toBe(behind.length);
    const users = behind.filter(({ partition }) => !isOrganizationPartition(partition)).map(({ userId }) => userId);
    expect(users).toEqual(expect.arrayContaining(ids));
    expect(users).not.toContain(earner);
    expect(behind).toContainEqual({ partition: organizationPartitionOf(earner), userId: earner });
    await store().transaction((tx) => tx.earners.lock([earner]));
    await store().transaction((tx) => tx.users.lock(ids.slice(0, 4)));
    const left = (await store().derived.behind(revision!, FIRST_USER, 10_000)).map(({ userId }) => userId);
    expect(left.filter((id) => ids.includes(id)).toSorted()).toEqual(ids.slice(4).toSorted());
    expect(left).not.toContain(earner);
    await store().derived.settled(revision!);
    expect(await store().derived.unsettled()).toBeUndefined();
    await store().derived.settled(revision! - 1);
    expect(await store().derived.unsettled()).toBeUndefined();
  });

  it('remember when what must come first occurred, and give the last events that were counted', async () => {
    const [userId, other, action, another] = ['one', 'other', 'derived', 'derived'].map(unique) as [
      string,
      string,
      string,
      string,
    ];
    const spans = {
      userId,
      action,
      spans: [
        [1, 5_000_000_000_000],
        [-3, 7],
      ] as const,
    };
    const rows = [spans, { ...spans, action: another, spans: [] }, { ...spans, userId: other }];
    const read = () => store().transaction((tx) => tx.users.spans([...rows, { userId: other, action: another }]));
    await store().transaction(async (tx) => {
      await tx.users.lock([userId, other]);
      await tx.users.putSpans(rows);
      await tx.users.advance([userId, other]);
      await tx.users.putSpans([{ ...spans, spans: [[2, 3]] }]);
    });
    const found = await read();
    expect(found).toHaveLength(3);
    expect(found).toEqual(expect.arrayContaining([{ ...spans, spans: [[2, 3]] }, rows[1], rows[2]]));
    // What an action has that is derived otherwise goes with its counts.
    await declare(action, { from: ['login'] });
    await store().transaction((tx) => tx.users.lock([userId]));
    expect(await read()).toEqual(expect.not.arrayContaining([{ ...spans, spans: [[2, 3]] }]));
    await store().transaction((tx) => tx.users.remove(other, { at: 5, limit: 100 }));
    expect(await read()).toEqual([rows[1]]);

    const source = unique('source');
    const events = [1, 2, 3, 4, 5].map((n) =>
      sampleEvent({
        userId,
        action: n === 4 ? unique('unread') : source,
        receivedAt: 1_700_000_000_000 + n,
        properties: { n },
      }),
    );
    await happen([...events, sampleEvent({ userId: other, action: source })]);
    await store().inbox.append([sampleEvent({ userId, action: source })]);
    const last = await store().transaction((tx) => tx.users.lastEvents(userId, [source, another], 3));
    expect(last).toMatchObject(
      [events[1], events[2], events[4]].map((one) => ({
        action: source,
        occurredAt: one!.occurredAt,
        properties: one!.properties,
      })),
    );
  });

  it('are counted anew for organizations from what they count, which is not what users of the same id do', async () => {
    const [id, action, source] = [unique('Same'), unique('derived'), unique('source')];
    const events = [1, 2, 3].map((n) => sampleEvent({ userId: unique('user'), action: source, properties: { n } }));
    await happen([...events, sampleEvent({ userId: id, action: source })]);
    await store().transaction(async (tx) => {
      const contributions = events.map((event) => ({ event, organizationId: id }));
      await tx.inbox.contribute(contributions, 5);
    });
    const partition = organizationPartitionOf(id);
    await store().transaction(async (tx) => {
      await tx.organizations.lock([id]);
      await tx.earners.lock([id]);
      await tx.inbox.finish(await tx.inbox.take({ first: partition, last: partition }, partition, 1_000), 'batch');
      await tx.earners.advance([id]);
    });
    const many = { all: [{ fact: 'property', params: { name: 'n' }, operator: 'greaterThan', value: 1 }] };
    await declare(action, { from: [source], where: many });
    const earner = async () => (await store().states.organizations([id], new Set([action]))).get(id)?.earner;
    expect([countOf(await earner(), action), ...(await counts([id], action))]).toEqual([2, 0]);
    const locked = await store().transaction((tx) => tx.earners.lock([id], new Set([action])));
    expect(countOf(locked.get(id), action)).toBe(2);
    expect((await earner())?.actionDays.get(action)).toMatchObject([{ count: 2 }]);
    await declare(action);
    expect(countOf(await earner(), action)).toBe(0);
  });

  it('remember the values that have counted, each for its user and action', async () => {
    const [user, other] = [unique('valued'), unique('valued')];
    const [action, another] = [unique('derived'), unique('derived')];
    const value = (userId: string, name: string, text: string) => ({ userId, action: name, value: text });
    const added = [value(user, action, '"x"'), value(user, action, '1'), value(user, action, '"1"')];
    const [by, later] = [
      { source: '', id: 'first' },
      { source: 's', id: 'later' },
    ];
    await store().transaction(async (tx) => {
      await tx.users.lock([user]);
      await tx.users.addDistinctValues([...added, added[0]!].map((one) => ({ ...one, by })));
      await tx.users.addDistinctValues([{ ...added[1]!, by: later }]);
    });
    const asked = [...added, value(user, action, '"X"'), value(user, another, '"x"'), value(other, action, '"x"')];
    const known = await store().transaction((tx) => tx.users.distinctValues(asked));
    expect(asked.map((one) => known.has(one))).toEqual([true, true, true, false, false, false]);
    expect(asked.map((one) => known.isBy(one, by))).toEqual([true, false, true, false, false, false]);
    expect(known.isBy(added[1]!, later)).toBe(true);
    await store().transaction(async (tx) => {
      await tx.users.lock([user]);
      await tx.users.dropDistinctValues([added[2]!]);
    });
    const left = await store().transaction((tx) => tx.users.distinctValues(added));
    expect(added.map((one) => left.has(one))).toEqual([true, true, false]);
    await store().transaction(async (tx) => {
      await tx.users.lock([user]);
      await tx.users.remove(user, { at: 5, limit: 100 });
    });
    const gone = await store().transaction((tx) => tx.users.distinctValues(added));
    expect(added.some((one) => gone.has(one))).toBe(false);
  });
}
