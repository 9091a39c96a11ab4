import { expect, it } from '@jest/globals';
import { foldLedger } from '../../core/states/ledger.js';
import { type UserState, unknownUser } from '../../core/states/user-state.js';
import { LARGEST_MILLIONTHS } from '../../core/values/millionths.js';
import { DAY_MS } from '../../core/values/time/time.js';
import type { Store, Transaction } from '../store.js';
import { AWKWARD_IDS, accessRow, allPages, gate, ledgerEntry, unique } from './samples.js';

export function userContract(store: () => Store): void {
  const read = async (id: string): Promise<UserState> => (await store().states.users([id])).get(id)!;
  const change = (ids: readonly string[], work: (tx: Transaction) => Promise<void>): Promise<void> =>
    store().transaction(async (tx) => {
      await tx.users.lock(ids);
      await work(tx);
    });

  it('gives the unknown user where nothing is stored, one entry for each id', async () => {
    const ids = Array.from({ length: 500 }, () => unique('nobody'));
    const states = await store().states.users([...ids, ids[0]!]);
    expect(states.size).toBe(500);
    for (const id of ids) expect(states.get(id)).toStrictEqual(unknownUser(id));
    expect((await store().states.users([])).size).toBe(0);
  });

  it('keeps users of awkward names apart, in every table', async () => {
    const stamp = 1_700_000_000_000;
    await change(AWKWARD_IDS, async (tx) => {
      await tx.users.putProfiles(
        AWKWARD_IDS.map((userId, i) => ({
          userId,
          organizationId: '',
          roles: [],
          emailVerified: false,
          attributes: { i },
        })),
      );
      await tx.users.putAccess(AWKWARD_IDS.map((userId, i) => accessRow({ userId, flagId: `flg_${i}` })));
      await tx.users.putTotals(
        AWKWARD_IDS.map((userId, i) => ({
          ...{ userId, action: userId.slice(0, 128), count: i, sum: BigInt(i), activeDays: 1 },
          ...{ firstAt: stamp, lastAt: stamp + i, recentDays: 1n },
        })),
      );
      await tx.users.addDays(
        AWKWARD_IDS.map((userId, i) => ({ userId, action: 'a', day: i, count: 1, sum: BigInt(i) })),
      );
      await tx.users.appendLedger(AWKWARD_IDS.map((userId, i) => ({ userId, ...ledgerEntry({ ruleVersion: i }) })));
      for (const userId of AWKWARD_IDS) await tx.users.putStage(userId, { stage: userId.slice(0, 64), changedAt: 7 });
      await tx.timers.put(AWKWARD_IDS.map((userId) => ({ userId, dueAt: undefined })));
    });
    const states = await store().states.users(AWKWARD_IDS);
    expect(states.size).toBe(AWKWARD_IDS.length);
    for (const [i, id] of AWKWARD_IDS.entries()) {
      const state = states.get(id)!;
      expect(state.id).toBe(id);
      expect(state.attributes).toEqual({ i });
      expect(state.access.map(({ flagId }) => flagId)).toEqual([`flg_${i}`]);
      expect([...state.actions]).toEqual([
        [
          id.slice(0, 128),
          { count: i, sum: BigInt(i), activeDays: 1, firstAt: stamp, lastAt: stamp + i, recentDays: 1n },
        ],
      ]);
      expect(state.actionDays.get('a')).toEqual([{ day: i, count: 1, sum: BigInt(i) }]);
      expect(state.ledger.get('flg_x')?.get('rul_x')?.ruleVersion).toBe(i);
      expect(state.stage).toBe(id.slice(0, 64));
      expect((await store().history.progress(id, { limit: 10 })).items).toHaveLength(1);
    }
  });

  it('reads as many users as are asked for, each as alone and within a transaction', async () => {
    const ids = Array.from({ length: 600 }, () => unique('user'));
    const known = ids.filter((_, i) => i % 7 === 6);
    await change(ids, async (tx) => {
      await tx.users.putStage(known[0]!, { stage: 'started', changedAt: 7 });
      await tx.users.putTotals(
        known.map((userId, i) => ({
          ...{ userId, action: 'a', count: i + 1, sum: -BigInt(i), activeDays: 1 },
          ...{ firstAt: 1, lastAt: 5 * DAY_MS, recentDays: 2n ** 61n, openDay: { count: 1, sum: 2n } },
        })),
      );
      await tx.users.addDays(known.map((userId, i) => ({ userId, action: 'a', day: i, count: 1, sum: 1n })));
      await tx.users.advance(known);
    });
    const daysOf = new Set(['a', 'b']);
    const alone = new Map<string, UserState>();
    for (const id of ids.slice(0, 30)) alone.set(id, (await store().states.users([id], daysOf)).get(id)!);
    for (const count of [2, 4, 7, 13, 19, 51, 130, 501, 600]) {
      const asked = ids.slice(0, count);
      const [together, locked] = await Promise.all([
        store().states.users(asked, daysOf),
        store().transaction((tx) => tx.users.lock(asked, daysOf)),
      ]);
      expect([...together.keys()]).toEqual(asked);
      expect(together).toStrictEqual(locked);
      for (const [id, state] of alone) if (together.has(id)) expect(together.get(id)).toStrictEqual(state);
    }
  });

  it('keeps which organization is expected until the user is identified, and forgets both with the user', async () => {
    const [id, other] = [unique('user'), unique('user')];
    const profile = { userId: id, organizationId: '', roles: [], emailVerified: false, attributes: {} };
    await change([id, other], (tx) => tx.users.expect([id, other], 'acme'));
    expect(await read(other)).toStrictEqual({ ...unknownUser(other), expectedOrganization: 'acme' });
    await change([id], (tx) => tx.users.expect([id], 'globex'));
    expect((await read(id)).expectedOrganization).toBe('globex');
    await change([id], (tx) =>
      tx.users.putProfiles([{ ...profile, identified: false, expectedOrganization: 'globex' }]),
    );
    expect(await read(id)).toStrictEqual({ ...unknownUser(id), expectedOrganization: 'globex' });
    await change([id], (tx) => tx.users.putProfiles([profile]));
    expect(await read(id)).toStrictEqual({ ...unknownUser(id), identified: true });
    await change([id, other], async (tx) => {
      for (const userId of [id, other]) await tx.users.remove(userId, { at: 5, limit: 9 });
    });
    expect(await read(id)).toStrictEqual({ ...unknownUser(id), deletedAt: 5 });
    expect(await read(other)).toStrictEqual({ ...unknownUser(other), deletedAt: 5 });
  });

  it('keeps the zone in which days were counted last, and the last day of an action where it is not the UTC day', async () => {
    const id = unique('user');
    const total = { count: 1, sum: 0n, activeDays: 1, firstAt: 5, lastAt: 5, recentDays: 1n };
    const ahead = { ...total, lastDay: 1, openDay: { count: 1, sum: 0n } };
    await change([id], async (tx) => {
      await tx.users.putTotals([
        { userId: id, action: 'here', ...total },
        { userId: id, action: 'ahead', ...ahead },
      ]);
      await tx.users.putDayZone(id, { zone: 'Asia/Kolkata', since: 7 });
    });
    const { actions, actionDays, dayZone } = await read(id);
    expect([actions.get('here'), actions.get('ahead')]).toStrictEqual([total, ahead]);
    expect(actionDays.get('ahead')).toEqual([{ day: 1, count: 1, sum: 0n }]);
    expect(dayZone).toEqual({ zone: 'Asia/Kolkata', since: 7 });
  });

  it('replaces profiles whole, and leaves what is not theirs', async () => {
    const id = unique('user');
    const attributes = JSON.parse('{"__proto__":{"x":1},"nested":{"list":[1,"two",null,1e-7]},"emoji":"👩‍🚀"}');
    await change([id], async (tx) => {
      await tx.users.putStage(id, { stage: 'start', changedAt: 5 });
      const more = { joinedAt: 123, emailVerified: true, attributes, timeZone: 'Asia/Kolkata' };
      await tx.users.putProfiles([{ userId: id, organizationId: 'acme', roles: ['b', 'a'], ...more }]);
    });
    expect(await read(id)).toStrictEqual({
      ...unknownUser(id),
      organizationId: 'acme',
      roles: ['b', 'a'],
      joinedAt: 123,
      emailVerified: true,
      identified: true,
      attributes,
      timeZone: 'Asia/Kolkata',
      stage: 'start',
      stageEnteredAt: 5,
      stagesReached: [{ stage: 'start', reachedAt: 5 }],
    });
    await change([id], (tx) =>
      tx.users.putProfiles([{ userId: id, organizationId: '', roles: [], emailVerified: false, attributes: {} }]),
    );
    const after = await read(id);
    expect(['joinedAt' in after, 'timeZone' in after]).toEqual([false, false]);
    expect(after).toMatchObject({
      organizationId: '',
      roles: [],
      emailVerified: false,
      attributes: {},
      stage: 'start',
    });
  });

  it('raises revisions by one each time, for each user once', async () => {
    const [first, second] = [unique('user'), unique('user')];
    await change([first, second], (tx) => tx.users.advance([first, first]));
    await change([first], (tx) => tx.users.advance([first]));
    expect((await read(first)).revision).toBe(2);
    expect((await read(second)).revision).toBe(0);
  });

  it('keeps each stage once in the order first reached, and every change in the history', async () => {
    const id = unique('user');
    const changes = ['trial', 'Trial', 'paid', 'trial', 'paid'].map((stage, i) => ({ stage, changedAt: 100 - i }));
    for (const step of changes) await change([id], (tx) => tx.users.putStage(id, step));
    const state = await read(id);
    expect(state.stage).toBe('paid');
    expect(state.stageEnteredAt).toBe(96);
    expect(state.stagesReached).toEqual([
      { stage: 'trial', reachedAt: 100 },
      { stage: 'Trial', reachedAt: 99 },
      { stage: 'paid', reachedAt: 98 },
    ]);
    for (const limit of [1, 2, 5, 100]) {
      expect(await allPages(limit, (page) => store().history.progress(id, page))).toEqual(changes);
    }
    expect((await store().history.progress(id, { limit: 1, after: 'no position' })).items).toEqual([changes[0]]);
  });

  it('replaces access rows by key, and says of each dropped one whether it was there', async () => {
    const userId = unique('user');
    const row = accessRow({ userId, flagId: 'flg_1' });
    const own = accessRow({ userId, flagId: 'flg_1', managedBy: 'acme' });
    await change([userId], async (tx) => {
      await tx.users.putAccess([row, own]);
      await tx.users.putAccess([{ ...row, effect: 'DENY', enabled: false }]);
    });
    expect((await read(userId)).access).toEqual([
      { flagId: 'flg_1', managedBy: '', effect: 'DENY', enabled: false },
      { flagId: 'flg_1', managedBy: 'acme', effect: 'ALLOW', enabled: true },
    ]);
    await change([userId], async (tx) => {
      expect(await tx.users.dropAccess([own, { ...own, flagId: 'flg_2' }])).toEqual([true, false]);
      expect(await tx.users.dropAccess([own])).toEqual([false]);
    });
    expect((await read(userId)).access).toHaveLength(1);
  });

  it('writes totals as they are, to the last bit', async () => {
    const userId = unique('user');
    const total = {
      ...{ userId, action: 'login', count: 2 ** 53 - 1, sum: 2n ** 53n + 1n, activeDays: 62 },
      ...{ firstAt: 1, lastAt: 8_640_000_000_000_000, recentDays: 2n ** 62n - 1n },
      openDay: { count: 2 ** 53 - 1, sum: LARGEST_MILLIONTHS },
      streaks: '{"day 0":[-1,2,3,null]}'.padEnd(1024),
    };
    await change([userId], (tx) =>
      tx.users.putTotals([
        { ...total, count: 1 },
        { ...total, action: 'Login', sum: -LARGEST_MILLIONTHS },
      ]),
    );
    await change([userId], (tx) => tx.users.putTotals([total]));
    const { actions } = await read(userId);
    const { userId: _user, action: _action, ...stored } = total;
    expect(actions.get('login')).toStrictEqual(stored);
    expect(actions.get('Login')?.sum).toBe(-LARGEST_MILLIONTHS);
    expect(actions.size).toBe(2);
    const { streaks: _streaks, ...without } = total;
    await change([userId], (tx) => tx.users.putTotals([without]));
    expect((await read(userId)).actions.get('login')?.streaks).toBeUndefined();
  });

  it('reads the days of the actions that are asked for, and says which', async () => {
    const ids = Array.from({ length: 60 }, () => unique('user'));
    const actions = ['a', 'A', 'b'];
    await change(ids, (tx) =>
      tx.users.addDays(
        ids.flatMap((userId) => actions.map((action) => ({ userId, action, day: 9, count: 1, sum: 0n }))),
      ),
    );
    const many = new Map([...actions.slice(0, 2), ...Array.from({ length: 98 }, (_, i) => `x${i}`)].map((a) => [a, 7]));
    for (const daysOf of [new Set<string>(), new Set(['A', 'none']), many]) {
      const read = await store().states.users(ids, daysOf);
      const locked = await store().transaction((tx) => tx.users.lock(ids, daysOf));
      for (const states of [read, locked]) {
        expect(states.size).toBe(60);
        for (const state of states.values()) {
          expect(state.daysOf).toBe(daysOf);
          expect(new Set(state.actionDays.keys())).toEqual(new Set(actions.filter((one) => daysOf.has(one))));
        }
      }
    }
    for (const state of (await store().states.users(ids)).values()) {
      expect([state.daysOf, state.actionDays.size]).toEqual([undefined, 3]);
    }
  });

  it('gives the last day from its total, after those that have rows', async () => {
    const userId = unique('user');
    const lastAt = 20_000 * DAY_MS + 5;
    await change([userId], async (tx) => {
      await tx.users.addDays([{ userId, action: 'buy', day: 19_998, count: 1, sum: 1n }]);
      const total = { count: 3, sum: 6n, activeDays: 2, firstAt: 1, lastAt, recentDays: 1n };
      const actions = ['buy', 'sell'];
      const openDay = { count: 2, sum: 5n };
      await tx.users.putTotals(actions.map((action) => ({ userId, action, ...total, openDay })));
    });
    const last = { day: 20_000, count: 2, sum: 5n };
    const buy = [{ day: 19_998, count: 1, sum: 1n }, last];
    expect((await read(userId)).actionDays).toEqual(
      new Map([
        ['buy', buy],
        ['sell', [last]],
      ]),
    );
    const some = (await store().states.users([userId], new Set(['buy', 'none']))).get(userId)!;
    expect([some.actionDays, some.actions.size]).toEqual([new Map([['buy', buy]]), 2]);
  });

  it('adds to days, ascending by day', async () => {
    const userId = unique('user');
    const day = (n: number, count: number, sum: bigint) => ({ userId, action: 'buy', day: n, count, sum });
    await change([userId], (tx) =>
      tx.users.addDays([day(20_001, 1, 1_500_000n), day(9, 1, LARGEST_MILLIONTHS - 1n), day(20_000, 2, -1n)]),
    );
    await change([userId], (tx) =>
      tx.users.addDays([day(20_001, 2, 250_000n), day(20_001, 1, 250_000n), day(9, 1, 1n)]),
    );
    expect((await read(userId)).actionDays.get('buy')).toEqual([
      { day: 9, count: 2, sum: LARGEST_MILLIONTHS },
      { day: 20_000, count: 2, sum: -1n },
      { day: 20_001, count: 4, sum: 2_000_000n },
    ]);
    // What the engine adds up beyond the bound fails: it becomes no fraction.
    await expect(change([userId], (tx) => tx.users.addDays([day(9, 1, 1n)]))).rejects.toThrow();
    await expect(change([userId], (tx) => tx.users.addDays([day(9, 1, LARGEST_MILLIONTHS)]))).rejects.toThrow();
  });

  it('takes from days, of which none without events has a row, and forgets actions', async () => {
    const [userId, other] = [unique('user'), unique('user')];
    const day = (n: number, count: number, sum: bigint, action = 'buy') => ({ userId, action, day: n, count, sum });
    const total = { count: 3, sum: 6n, activeDays: 2, firstAt: 1, lastAt: 20_000 * DAY_MS, recentDays: 1n };
    await change([userId, other], async (tx) => {
      await tx.users.addDays([
        day(1, 1, 5n),
        day(2, 2, 5n),
        day(3, 1, 1n, 'sell'),
        { ...day(1, 1, 5n), userId: other },
      ]);
      await tx.users.putTotals(['buy', 'sell'].map((action) => ({ userId, action, ...total })));
    });
    const rows = await store().transaction((tx) => tx.users.dayRows(userId, ['buy', 'none']));
    expect(new Map([...rows].map(([action, days]) => [action, days.toSorted((a, b) => a.day - b.day)]))).toEqual(
      new Map([
        [
          'buy',
          [
            { day: 1, count: 1, sum: 5n },
            { day: 2, count: 2, sum: 5n },
          ],
        ],
      ]),
    );
    await change([userId], (tx) => tx.users.takeDays([day(1, -1, -5n), day(2, -1, 7n)]));
    expect((await read(userId)).actionDays.get('buy')).toEqual([{ day: 2, count: 1, sum: 12n }]);
    await change([userId], (tx) => tx.users.forgetActions(userId, ['buy']));
    const { actions, actionDays } = await read(userId);
    expect([[...actions.keys()], [...actionDays.keys()]]).toEqual([['sell'], ['sell']]);
    expect((await read(other)).actionDays.get('buy')).toHaveLength(1);
  });

  it('appends to the ledger in order within each user, and folds what stands', async () => {
    const [one, two] = [unique('user'), unique('user')];
    const entries = (['unlocked', 'revoked', 'granted', 'relocked', 'unlocked', 'rearmed'] as const).map((kind, i) =>
      ledgerEntry({
        kind,
        ruleId: i === 2 ? '' : 'rul_1',
        ruleVersion: i + 1,
        earnedAt: i,
        recordedAt: i + 10,
        cause: { type: 'event', source: "s'", eventId: '👩‍🚀', action: 'a' },
      }),
    );
    await change([one, two], (tx) =>
      tx.users.appendLedger(
        entries.slice(0, 3).flatMap((entry) => [
          { userId: one, ...entry },
          { userId: two, ...entry },
        ]),
      ),
    );
    await change([one], (tx) => tx.users.appendLedger(entries.slice(3).map((entry) => ({ userId: one, ...entry }))));
    for (const limit of [1, 4, 6, 100]) {
      expect(await allPages(limit, (page) => store().history.ledger(one, page))).toEqual(entries);
    }
    expect((await read(one)).ledger).toEqual(foldLedger(entries));
    expect((await read(two)).ledger).toEqual(foldLedger(entries.slice(0, 3)));
    expect((await store().history.ledger(unique('nobody'), { limit: 5 })).items).toEqual([]);
  });

  it('writes thousands of rows at once', async () => {
    const ids = Array.from({ length: 1300 }, () => unique('crowd'));
    await change(ids, async (tx) => {
      await tx.users.appendLedger(
        ids.flatMap((userId) => [ledgerEntry(), ledgerEntry({ ruleId: 'rul_2' })].map((e) => ({ userId, ...e }))),
      );
      await tx.users.advance(ids);
    });
    const states = await store().states.users(ids.slice(0, 500));
    for (const state of states.values()) {
      expect(state.revision).toBe(1);
      expect(state.ledger.get('flg_x')?.size).toBe(2);
    }
    await store().transaction(async (tx) => {
      expect((await tx.users.lock(ids)).get(ids[1299]!)?.revision).toBe(1);
    });
  });

  it('makes the second transaction on a user wait, and shows it what the first has done', async () => {
    const id = unique('user');
    const locked = gate();
    const finish = gate();
    const first = store().transaction(async (tx) => {
      expect((await tx.users.lock([id])).get(id)).toStrictEqual(unknownUser(id));
      locked.open();
      await finish.opened;
      await tx.users.advance([id]);
    });
    await locked.opened;
    let seen: UserState | undefined;
    const second = store().transaction(async (tx) => {
      // What was read before the lock does not fix what is seen after it.
      await tx.configuration.lockFlag('none');
      await tx.organizations.read(['none']);
      seen = (await tx.users.lock([unique('user'), id])).get(id);
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(seen).toBeUndefined();
    expect((await read(id)).revision).toBe(0);
    finish.open();
    await Promise.all([first, second]);
    expect(seen?.revision).toBe(1);
  });

  it('loses no update of transactions that lock the same users in any order', async () => {
    const ids = Array.from({ length: 12 }, () => unique('shared'));
    const work = (order: readonly string[]): Promise<void> =>
      store().transaction(async (tx) => {
        const states = await tx.users.lock(order);
        await tx.users.putProfiles(
          order.map((userId) => ({
            ...{ userId, organizationId: '', roles: [], emailVerified: false },
            attributes: { n: Number(states.get(userId)?.attributes.n ?? 0) + 1 },
          })),
        );
        await tx.users.advance(order);
      });
    await Promise.all(Array.from({ length: 16 }, (_, i) => work(i % 2 === 0 ? ids : ids.toReversed())));
    for (const state of (await store().states.users(ids)).values()) {
      expect(state.attributes).toEqual({ n: 16 });
      expect(state.revision).toBe(16);
    }
  });

  it('never reads a torn state', async () => {
    const id = unique('user');
    let writing = true;
    const writer = (async () => {
      for (let i = 1; i <= 40; i++) {
        await change([id], async (tx) => {
          await tx.users.addDays([{ userId: id, action: 'a', day: 1, count: 1, sum: 0n }]);
          await tx.users.appendLedger([{ userId: id, ...ledgerEntry({ ruleVersion: i }) }]);
          await tx.users.advance([id]);
        });
      }
      writing = false;
    })();
    while (writing) {
      const { revision, actionDays, ledger } = await read(id);
      expect(actionDays.get('a')?.[0]?.count ?? 0).toBe(revision);
      expect(ledger.get('flg_x')?.get('rul_x')?.ruleVersion ?? 0).toBe(revision);
    }
    await writer;
  });
}
