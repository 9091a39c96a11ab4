import { expect, it } from '@jest/globals';
import { unknownEarner } from '../../core/states/user-state.js';
import { isOrganizationPartition, organizationPartitionOf, partitionOf } from '../../core/values/partition.js';
import type { Contribution, NewEvent } from '../event-store.js';
import type { Store, Transaction } from '../store.js';
import { FIRST_ORGANIZATION, FIRST_USER, type UserCursor } from '../user-pages.js';
import type { EarnerWriter } from '../user-store.js';
import { accessRow, ledgerEntry, sampleEvent, unique } from './samples.js';

const NOTHING = {
  ...{ actions: new Set(['a']), days: new Set<string>(), stagesReached: false, access: false, organizations: false },
};

/** Organizations that earn: stored like users, and never among them. */
export function earnerContract(store: () => Store): void {
  const total = { action: 'a', sum: 1_500_000n, activeDays: 1, firstAt: 10, lastAt: 20, recentDays: 1n };

  /** Writes something into every place where both kinds have something. */
  const fill = (id: string, kind: 'user' | 'organization', count: number): Promise<void> =>
    store().transaction(async (tx) => {
      if (kind === 'organization') await tx.organizations.lock([id]);
      const writer: Omit<EarnerWriter, 'timers'> = kind === 'user' ? tx.users : tx.earners;
      await writer.lock([id]);
      await writer.putTotals([{ userId: id, ...total, count }]);
      await writer.addDays([{ userId: id, action: 'a', day: 3, count, sum: 1n }]);
      await writer.addDistinctValues([{ userId: id, action: 'a', value: kind, by: { source: '', id: 'x' } }]);
      await writer.putDayZone(id, { zone: 'Asia/Kolkata', since: count });
      await writer.appendLedger([{ userId: id, ...ledgerEntry({ flagId: `flg_${kind}` }) }]);
      await (kind === 'user' ? tx.timers : tx.earners.timers).put([{ userId: id, dueAt: 1_000 + count }]);
      await writer.advance([id], new Map([[id, 500 + count]]));
      if (kind === 'organization') await tx.organizations.advance([id]);
    });

  const earnerOf = async (id: string) => (await store().states.organizations([id], new Set(['a']))).get(id)!.earner!;
  const userOf = async (id: string) => (await store().states.users([id], new Set(['a']))).get(id)!;
  const everybody = async (): Promise<readonly string[]> => {
    const needs = { actions: undefined, days: undefined, stagesReached: true, access: true, organizations: true };
    const ids: string[] = [];
    for (let after = FIRST_USER, more = true; more; ) {
      const page = await store().userPages.read({ after, limit: 500, organizationId: '', needs });
      ids.push(...page.users.map(({ id }) => id));
      more = page.next !== undefined;
      after = page.next ?? after;
    }
    return ids;
  };

  it('have nothing in common with users of the same id', async () => {
    const id = unique('Both');
    const [others, userCount] = [await everybody(), await store().userPages.count('')];
    await fill(id, 'organization', 7);
    expect(await userOf(id)).toMatchObject({ revision: 0, organizationId: '' });
    const { earner } = (await store().states.organizations([id], new Set(['a']))).get(id)!;
    expect(earner).toMatchObject({ id, organizationId: id, revision: 1, writtenAt: 507, roles: [], attributes: {} });
    expect(await everybody()).toEqual(others);
    expect(await store().userPages.count('')).toBe(userCount);

    await fill(id, 'user', 2);
    const [user, organization] = [await userOf(id), await earnerOf(id)];
    expect([user, organization].map((state) => state.actions.get('a')?.count)).toEqual([2, 7]);
    expect([user, organization].map((state) => state.actionDays.get('a')?.map((day) => day.count))).toEqual([[2], [7]]);
    expect([user, organization].map(({ dayZone }) => dayZone?.since)).toEqual([2, 7]);
    expect([user, organization].map(({ ledger }) => [...ledger.keys()])).toEqual([['flg_user'], ['flg_organization']]);
    const values = ['user', 'organization'].map((value) => ({ userId: id, action: 'a', value }));
    await store().transaction(async (tx) => {
      const [ofUser, ofOrganization] = [await tx.users.distinctValues(values), await tx.earners.distinctValues(values)];
      expect(values.map((value) => [ofUser.has(value), ofOrganization.has(value)])).toEqual([
        [true, false],
        [false, true],
      ]);
      expect((await tx.earners.read([id])).get(id)?.actions.get('a')?.count).toBe(7);
      expect(await tx.timers.dueAt([id])).toEqual(new Map([[id, 1_002]]));
      expect(await tx.earners.timers.dueAt([id])).toEqual(new Map([[id, 1_007]]));
    });
    const due = (await store().timers.due(2_000, 1_000)).filter(({ userId }) => userId === id);
    expect(due).toEqual([
      { userId: id, dueAt: 1_002 },
      { userId: id, dueAt: 1_007, earner: 'organization' },
    ]);
    expect(await store().timers.due(1_007, 1, due[0])).toEqual([due[1]]);
    expect(await store().timers.due(1_007, 10, due[1])).toEqual([]);
    const page = { limit: 10 };
    expect((await store().history.ledger(id, page)).items.map(({ flagId }) => flagId)).toEqual(['flg_user']);
    expect((await store().history.organizationLedger(id, page)).items.map(({ flagId }) => flagId)).toEqual([
      'flg_organization',
    ]);
    const byFlag = async (flagId: string) =>
      (await store().history.flagLedger(flagId, page, 'oldest')).items.filter(({ userId }) => userId === id);
    expect((await byFlag('flg_organization')).map(({ earner }) => earner)).toEqual(['organization']);
    expect((await byFlag('flg_user')).map(({ earner }) => earner)).toEqual([undefined]);

    await store().transaction(async (tx) => {
      await tx.earners.lock([id]);
      await tx.earners.remove(id, { at: 900, limit: 100 });
      await tx.earners.advance([id], new Map([[id, 900]]));
    });
    expect(await earnerOf(id)).toEqual({
      ...{ ...unknownEarner(id), revision: 2, writtenAt: 900, deletedAt: 900, daysOf: new Set(['a']) },
    });
    expect(await userOf(id)).toEqual(user);
    expect((await store().history.deletedTotals()).unlocks.has('flg_organization')).toBe(false);
    await store().transaction((tx) => tx.timers.put([{ userId: id, dueAt: undefined }]));
  });

  it('are loaded only where they are asked for', async () => {
    const [known, unknown] = [unique('Known'), unique('Unknown')];
    await fill(known, 'organization', 1);
    const states = await store().states.organizations([known, unknown]);
    expect([...states.values()].map((state) => 'earner' in state)).toEqual([false, false]);
    expect(await earnerOf(unknown)).toEqual(unknownEarner(unknown));
    await store().transaction(async (tx) => {
      const read = await tx.organizations.read([known, unknown], new Set());
      expect([known, unknown].map((id) => read.get(id)?.earner?.actions.get('a')?.count)).toEqual([1, undefined]);
    });
  });

  it('come in pages of all organizations, those too that have counted nothing', async () => {
    const ids = Array.from({ length: 5 }, () => unique('Paged'));
    await store().transaction(async (tx) => {
      await tx.organizations.lock(ids.slice(0, 4));
    });
    await fill(ids[1]!, 'organization', 3);
    for (const limit of [1, 2, 500]) {
      const found = new Map<string, number | undefined>();
      for (let after: UserCursor | undefined = FIRST_ORGANIZATION; after !== undefined; ) {
        const request = { after, limit, organizationId: '', needs: NOTHING, earner: 'organization' } as const;
        const page = await store().userPages.read(request);
        for (const { id, organizationId, actions } of page.users) {
          expect(organizationId).toBe(id);
          found.set(id, actions.get('a')?.count);
        }
        if (page.timers.has(ids[1]!)) expect(page.timers.get(ids[1]!)).toBe(1_003);
        after = page.next;
      }
      expect(ids.map((id) => found.has(id))).toEqual([true, true, true, true, false]);
      expect([found.get(ids[1]!), found.get(ids[2]!)]).toEqual([3, undefined]);
      expect(await store().userPages.count('', undefined, 'organization')).toBe(found.size);
    }
    const alone = {
      after: FIRST_USER,
      limit: 10,
      organizationId: ids[1]!,
      needs: NOTHING,
      earner: 'organization',
    } as const;
    expect((await store().userPages.read(alone)).users.map(({ id }) => id)).toEqual([ids[1]]);
    expect(await store().userPages.count(ids[1]!, undefined, 'organization')).toBe(1);
  });

  const happen = async (events: readonly NewEvent[], contributions: readonly Contribution[], receivedAt: number) => {
    await store().inbox.append(events);
    await store().transaction(async (tx) => {
      await tx.users.lock(events.map(({ userId }) => userId));
      await Promise.all([tx.inbox.finish(events, 'batch'), tx.inbox.contribute(contributions, receivedAt)]);
    });
  };
  const takeOf = (organizationId: string): Promise<readonly NewEvent[]> => {
    const partition = organizationPartitionOf(organizationId);
    return store().transaction(async (tx) =>
      (await tx.inbox.take({ first: partition, last: partition }, partition, 1_000)).filter(
        ({ userId }) => userId === organizationId,
      ),
    );
  };

  it('count what users have done, each event of each user once, in the order in which it was handed on', async () => {
    const id = unique('Counting');
    const users = [unique('one'), unique('other'), id];
    // The same source and id of several users are several events; one of these users has the organization's id.
    const events = users.flatMap((userId) =>
      ['x', 'y'].map((name) => sampleEvent({ userId, id: name, properties: { of: userId }, organizationId: id })),
    );
    const contributions = events.toReversed().map((event) => ({ event, organizationId: id }));
    await happen(events, contributions, 777);
    const expected = contributions.map(({ event: { organizationId, ...event } }) => ({
      ...{ ...event, userId: id, contributor: event.userId, receivedAt: 777 },
      contribution: expect.stringMatching(/^[0-9a-f]{32}$/),
    }));
    const taken = await takeOf(id);
    expect(taken).toEqual(expected);
    expect(isOrganizationPartition(partitionOf(id))).toBe(false);
    expect(await store().events.pendingUsers([id], 1_000, 'organization')).toEqual(new Set([id]));
    expect(await store().events.pendingUsers(users, Number.MAX_SAFE_INTEGER)).toEqual(new Set());
    expect((await store().events.oldestPending()).map(({ partition }) => partition)).toContain(
      organizationPartitionOf(id),
    );

    await store().transaction(async (tx) => {
      await tx.inbox.contribute(contributions.slice(0, 3), 999);
      await tx.inbox.finish(taken.slice(0, 4), 'counted');
      await tx.inbox.bury(taken[4]!, 'broken');
    });
    expect(await takeOf(id)).toEqual([taken[5]]);
    const letters = (await store().events.deadLetters({ limit: 1_000 })).items.filter(({ userId }) => userId === id);
    expect(letters).toEqual([{ ...taken[4], reason: 'broken' }]);
    expect(await store().transaction((tx) => tx.inbox.replay([letters[0]!], 888))).toBe(1);
    expect(await takeOf(id)).toEqual([taken[5], { ...taken[4], receivedAt: 888 }]);
    expect(await store().events.states(events)).toEqual(events.map(() => ({ state: 'done', batch: 'batch' })));
  });

  it('hear of what takes back an event that counted for them, and keep what they counted by pages', async () => {
    const [id, elsewhere] = [unique('Reversed'), unique('Reversed')];
    const users = [unique('one'), unique('other')];
    // Both use one name for their events, and one for what takes them back.
    const events = users.map((userId) =>
      sampleEvent({ userId, source: 's', id: 'x', action: 'a', organizationId: id }),
    );
    const reversals = events.map(({ userId }) =>
      sampleEvent({ userId, source: 's', id: 'back', action: '', reverses: { source: 's', id: 'x' } }),
    );
    const to = (organizationId: string, list: readonly NewEvent[]) => list.map((event) => ({ event, organizationId }));
    await happen([events[0]!], to(id, [events[0]!]), 99);
    await happen(reversals, to(id, reversals), 100);
    const [original, reversal, ...more] = await takeOf(id);
    expect(more).toEqual([]);
    expect(reversal).toMatchObject({ id: 'back', contributor: users[0], action: '' });
    expect(reversal?.reverses).toEqual({ source: 's', id: 'x', contribution: original!.contribution });
    await happen([events[1]!], to(id, [events[1]!]), 101);
    await store().transaction((tx) => tx.inbox.contribute(to(elsewhere, reversals), 102));
    expect(await takeOf(elsewhere)).toEqual([]);

    const name = { userId: id, ...reversal!.reverses! };
    const taken = await takeOf(id);
    await store().transaction(async (tx) => {
      await tx.organizations.lock([id]);
      await tx.earners.lock([id]);
      await tx.inbox.finish(
        taken.map((one) => ({ ...one, dayZone: 'Asia/Tokyo' })),
        'counted',
      );
      await tx.earners.addDistinctValues([{ userId: id, action: 'kinds', value: 'v', by: original! }]);
      const known = await tx.earners.distinctValues([{ userId: id, action: 'kinds', value: 'v' }]);
      const other = taken.find(({ contributor }) => contributor === users[1])!;
      expect([original!, other].map((one) => known.isBy({ userId: id, action: 'kinds', value: 'v' }, one))).toEqual([
        true,
        false,
      ]);
      const page = await tx.earners.kept(id, ['a'], { after: '', limit: 10 });
      expect(new Set(page.map(({ contribution }) => contribution))).toEqual(
        new Set([original!.contribution, other.contribution]),
      );
      const next = await tx.earners.kept(id, undefined, { after: page[0]!.key, limit: 10 });
      expect(next.map(({ key }) => key)).toEqual([page[1]!.key]);
      expect(await tx.users.kept(id, undefined, { after: '', limit: 10 })).toEqual([]);
      const [stored] = await tx.inbox.stored([name]);
      expect(stored).toMatchObject({ ...original!, state: 'done', dayZone: 'Asia/Tokyo' });
      await tx.inbox.reverse([name]);
    });
    const states = async () => (await store().events.stored([name, original!])).map((one) => one?.state);
    expect(await states()).toEqual(['reversed', 'reversed']);
    // Who is deleted is not named by what took back theirs either.
    await store().transaction(async (tx) => {
      await tx.users.lock([users[0]!]);
      await tx.users.remove(users[0]!, { at: 200, limit: 100 });
    });
    const left = await store().events.stored([original!, reversal!]);
    expect(left.map((one) => one?.contributor)).toEqual(['', '']);
    expect(left[1]?.reverses).toEqual(reversal!.reverses);
    await store().transaction((tx) => tx.inbox.contribute(to(id, [reversals[0]!]), 300));
    expect(await takeOf(id)).toEqual([]);
  });

  it('do not count what a transaction did that was given up', async () => {
    const id = unique('Given up');
    const event = sampleEvent();
    await store().inbox.append([event]);
    const failing = store().transaction(async (tx: Transaction) => {
      await tx.inbox.finish([event], 'batch');
      await tx.inbox.contribute([{ event, organizationId: id }], 5);
      throw new Error('given up');
    });
    await expect(failing).rejects.toThrow('given up');
    expect(await takeOf(id)).toEqual([]);
    expect(await store().events.states([event])).toEqual([{ state: 'pending' }]);
  });

  it('forget who did what, and keep it counted, when that user is removed', async () => {
    const id = unique('Kept');
    const [leaver, stayer] = [unique('leaver'), unique('stayer')];
    // Of some the organization was said with the event, of others it was looked up.
    const events = [leaver, stayer].flatMap((userId) => [
      sampleEvent({ userId, organizationId: id, properties: { name: userId } }),
      sampleEvent({ userId, properties: { name: userId } }),
      sampleEvent({ userId, properties: { name: userId } }),
    ]);
    await happen(
      events,
      events.map((event) => ({ event, organizationId: id })),
      50,
    );
    const taken = await takeOf(id);
    const [pending, ...counted] = taken;
    await store().transaction(async (tx) => {
      await tx.organizations.lock([id]);
      await tx.earners.lock([id]);
      await tx.inbox.finish(counted, 'counted');
      await tx.earners.appendLedger(
        taken.map(({ source, id: eventId, action, contributor = '' }) => ({
          ...{ userId: id, ...ledgerEntry({ cause: { type: 'event', source, eventId, action, contributor } }) },
        })),
      );
    });
    const contributors = async () =>
      (await store().history.organizationLedger(id, { limit: 10 })).items.map(({ cause }) =>
        cause.type === 'event' ? cause.contributor : cause.type,
      );
    expect(await contributors()).toEqual(taken.map(({ contributor }) => contributor));

    await store().transaction(async (tx) => {
      await tx.users.lock([leaver]);
      await tx.users.remove(leaver, { at: 60, limit: 100 });
    });
    expect(await contributors()).toEqual(taken.map(({ contributor }) => (contributor === leaver ? '' : contributor)));
    // What is pending is still counted as it was.
    expect(await takeOf(id)).toEqual([{ ...pending, contributor: pending!.contributor === leaver ? '' : stayer }]);
    await store().transaction((tx) => tx.inbox.finish([pending!], 'counted'));
    expect(await takeOf(id)).toEqual([]);
    expect(JSON.stringify(await store().history.organizationLedger(id, { limit: 10 }))).not.toContain(leaver);
  });

  it('know of which organizations a user was a member', async () => {
    const [user, other] = [unique('member'), unique('member')];
    const put = (organizationId: string, since: number) =>
      store().transaction((tx) => tx.users.putMembership(user, { organizationId, since }));
    await put('acme', 10);
    await put('', 30);
    await put('other', 20);
    await put('again', 30);
    const read = () => store().transaction((tx) => tx.users.memberships([user, other]));
    const list = [
      { organizationId: 'acme', since: 10 },
      { organizationId: 'other', since: 20 },
      { organizationId: 'again', since: 30 },
    ];
    expect(await read()).toEqual(new Map([[user, list]]));
    await store().transaction(async (tx) => {
      await tx.users.lock([user]);
      await tx.users.remove(user, { at: 60, limit: 100 });
    });
    expect(await read()).toEqual(new Map());
  });

  it('come in pages of all once they have a member, and again after they were deleted', async () => {
    const [user, id] = [unique('first'), unique('Joined')];
    const found = async (): Promise<readonly (number | undefined)[]> => {
      const request = { after: FIRST_ORGANIZATION, limit: 5, organizationId: id, needs: NOTHING } as const;
      const { users } = await store().userPages.read({ ...request, earner: 'organization' });
      expect(await store().userPages.count(id, undefined, 'organization')).toBe(users.length);
      return users.map(({ revision }) => revision);
    };
    const join = (organizationId: string, since: number) =>
      store().transaction(async (tx) => {
        await tx.users.lock([user]);
        await tx.users.putMembership(user, { organizationId, since });
        await tx.users.putProfiles([{ userId: user, organizationId, roles: [], emailVerified: false, attributes: {} }]);
      });
    expect(await found()).toEqual([]);
    await join(id, 10);
    expect(await found()).toEqual([0]);
    await join('', 20);
    expect(await found()).toEqual([0]);
    await store().transaction(async (tx) => {
      await tx.organizations.lock([id]);
      await tx.earners.lock([id]);
      await tx.earners.remove(id, { at: 30, limit: 100 });
    });
    expect(await found()).toEqual([]);
    await join(id, 40);
    expect(await found()).toEqual([0]);
    await join('', 50);
    expect(await found()).toEqual([]);
  });

  it('have actions count from an instant on, the last that is noted', async () => {
    const [action, other] = [unique('read'), unique('read')];
    const note = (actions: readonly string[], since: number) =>
      store().transaction((tx) => tx.days.countForOrganizations(actions, since));
    const known = async () => {
      const { organizationsSince } = await store().days.known();
      return [action, other].map((name) => organizationsSince?.get(name));
    };
    expect(await known()).toEqual([undefined, undefined]);
    await note([action], 10);
    await note([action, other], 20);
    expect(await known()).toEqual([20, 20]);
  });

  it('are named by users in three ways', async () => {
    const id = unique('Named');
    const [member, expected, rowed, stranger] = ['member', 'expected', 'rowed', 'stranger'].map(unique) as [
      string,
      string,
      string,
      string,
    ];
    const profile = { roles: [], emailVerified: false, attributes: {} };
    await store().transaction(async (tx) => {
      await tx.users.lock([member, expected, rowed, stranger]);
      await tx.users.putProfiles([{ userId: member, organizationId: id, ...profile }]);
      await tx.users.expect([expected], id);
      await tx.users.putAccess([accessRow({ userId: rowed, managedBy: id }), accessRow({ userId: stranger })]);
    });
    const found: string[] = [];
    for (let first = 0; first < 4096; first += 1024)
      found.push(...(await store().userPages.naming(id, { first, last: first + 1023 })));
    expect(found).toHaveLength(3);
    expect(new Set(found)).toEqual(new Set([member, expected, rowed]));
  });
}
