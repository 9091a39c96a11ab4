import { expect, it } from '@jest/globals';
import type { StateNeeds } from '../../core/snapshot/state-needs.js';
import type { UserState } from '../../core/states/user-state.js';
import { partitionOf } from '../../core/values/partition.js';
import type { Store, Transaction } from '../store.js';
import { FIRST_MEMBER, FIRST_USER, type UserCursor } from '../user-pages.js';
import { AWKWARD_IDS, accessRow, ledgerEntry, unique } from './samples.js';

const EVERYTHING: StateNeeds = {
  actions: undefined,
  days: undefined,
  stagesReached: true,
  access: true,
  organizations: true,
};
const NOTHING: StateNeeds = {
  actions: new Set(),
  days: new Set(),
  stagesReached: false,
  access: false,
  organizations: false,
};

/** Everybody, page by page. */
export function userPagesContract(store: () => Store): void {
  const everybody = Array.from({ length: 40 }, () => unique('paged')).concat(
    // Other tests have users of these very names.
    AWKWARD_IDS.map((id) => `${id.slice(0, 150)}+`),
  );
  const total = { count: 2, sum: 3_500_000n, activeDays: 1, firstAt: 10, lastAt: 20, recentDays: 1n };

  const write = (ids: readonly string[], work: (tx: Transaction) => Promise<void>): Promise<void> =>
    store().transaction(async (tx) => {
      await tx.users.lock(ids);
      await work(tx);
      await tx.users.advance(ids);
    });

  const read = async (limit: number, needs = EVERYTHING, organizationId = '') => {
    const users: UserState[] = [];
    const timers = new Map<string, number>();
    for (let after: UserCursor | undefined = FIRST_USER; after !== undefined; ) {
      const page = await store().userPages.read({ after, limit, organizationId, needs });
      users.push(...page.users);
      for (const [id, dueAt] of page.timers) timers.set(id, dueAt);
      after = page.next;
    }
    return { users, timers };
  };
  const inOrder = (users: readonly UserState[]): readonly string[] => users.map(({ id }) => id);

  it('gives everybody once, whole, in one order, whatever the size of a page', async () => {
    const roles = ['r'];
    const profile = { roles, emailVerified: true, attributes: { a: [1] }, joinedAt: 5, timeZone: 'Asia/Kolkata' };
    await write(everybody, async (tx) => {
      await tx.users.putProfiles(
        everybody.map((userId, i) => ({ userId, organizationId: i % 3 === 0 ? 'acme' : '', ...profile })),
      );
      for (const userId of everybody.slice(0, 3)) await tx.users.putStage(userId, { stage: 'tour', changedAt: 7 });
      await tx.users.putAccess(everybody.slice(0, 4).map((userId) => accessRow({ userId })));
      await tx.users.putTotals(
        everybody.flatMap((userId) => ['a', 'b'].map((action) => ({ userId, action, ...total }))),
      );
      await tx.users.addDays(everybody.map((userId) => ({ userId, action: 'a', day: 3, count: 1, sum: 1n })));
      await tx.users.appendLedger(everybody.slice(0, 5).map((userId) => ({ userId, ...ledgerEntry() })));
      await tx.timers.put(everybody.slice(2, 9).map((userId, i) => ({ userId, dueAt: 100 + i })));
    });
    const whole = await store().states.users(everybody);
    for (const limit of [1, 7, everybody.length, 500]) {
      const { users, timers } = await read(limit);
      expect(inOrder(users).toSorted()).toEqual(everybody.toSorted());
      for (const user of users) expect(user).toEqual(whole.get(user.id));
      expect(timers).toEqual(new Map(everybody.slice(2, 9).map((id, i) => [id, 100 + i])));
    }
    expect(inOrder((await read(3)).users).map(partitionOf)).toEqual(everybody.map(partitionOf).sort((a, b) => a - b));
    expect(await store().userPages.count('')).toBe(everybody.length);
    const some = [everybody[3]!, everybody.at(-1)!, everybody[3]!, 'never-stored'];
    const named = await store().userPages.named(some, { needs: EVERYTHING });
    expect(inOrder(named.users).toSorted()).toEqual([everybody[3]!, everybody.at(-1)!].toSorted());
    for (const user of named.users) expect(user).toEqual(whole.get(user.id));
    expect(named.timers).toEqual(new Map([[everybody[3]!, 101]]));
    expect(await store().userPages.named([], { needs: EVERYTHING })).toMatchObject({ users: [] });
    await store().transaction((tx) => tx.timers.put(everybody.map((userId) => ({ userId, dueAt: undefined }))));
  });

  it('loads no more than is needed', async () => {
    for (const user of (await read(50, NOTHING)).users) {
      expect([user.actions.size, user.actionDays.size, user.access.length, user.stagesReached.length]).toEqual([
        0, 0, 0, 0,
      ]);
      expect(user.attributes).toEqual({ a: [1] });
    }
    const some = await read(50, { ...NOTHING, actions: new Set(['b', 'x']), days: new Set(['x']) });
    for (const user of some.users) expect([...user.actions.keys(), ...user.actionDays.keys()]).toEqual(['b']);
    expect(some.users.filter(({ ledger }) => ledger.size > 0)).toHaveLength(5);
  });

  it('gives an organization’s users alone', async () => {
    const members = everybody.filter((_, i) => i % 3 === 0);
    for (const limit of [1, 4, 500]) {
      const { users } = await read(limit, EVERYTHING, 'acme');
      expect(inOrder(users).toSorted()).toEqual(members.toSorted());
    }
    expect(await store().userPages.count('acme')).toBe(members.length);
    expect(await store().userPages.count('nobody-is-here')).toBe(0);
  });

  it('gives members in the order of organizations, those of one together', async () => {
    const others = Array.from({ length: 5 }, () => unique('member'));
    const [first, last] = [unique('A-org'), unique('z-org')];
    const profile = { roles: [], emailVerified: false, attributes: {} };
    await write(others, (tx) =>
      tx.users.putProfiles(others.map((userId, i) => ({ userId, organizationId: i < 3 ? first : last, ...profile }))),
    );
    const members = new Map(everybody.filter((_, i) => i % 3 === 0).map((id): [string, string] => [id, 'acme']));
    for (const [i, id] of others.entries()) members.set(id, i < 3 ? first : last);
    for (const limit of [1, 4, 500]) {
      const found: UserState[] = [];
      for (let after: UserCursor | undefined = FIRST_MEMBER; after !== undefined; ) {
        const request = { after, limit, organizationId: '', needs: EVERYTHING, order: 'members' } as const;
        const page = await store().userPages.read(request);
        found.push(...page.users);
        after = page.next;
      }
      const own = found.filter(({ id }) => members.has(id));
      expect(new Map(own.map(({ id, organizationId }) => [id, organizationId]))).toEqual(members);
      expect(own).toHaveLength(members.size);
      // Who is in none is left out, and an organization is never come back to.
      const organizations = found.map(({ organizationId }) => organizationId);
      expect(organizations).not.toContain('');
      const turns = organizations.filter((id, i) => id !== organizations[i - 1]);
      expect(turns).toHaveLength(new Set(organizations).size);
    }
    const alone = {
      after: FIRST_MEMBER,
      limit: 2,
      organizationId: first,
      needs: EVERYTHING,
      order: 'members',
    } as const;
    const page = await store().userPages.read(alone);
    const rest = await store().userPages.read({ ...alone, after: page.next! });
    expect(inOrder([...page.users, ...rest.users]).toSorted()).toEqual(others.slice(0, 3).toSorted());
    expect(rest.next).toBeUndefined();
    await store().transaction((tx) => tx.users.lock(others).then(() => tx.users.leave(others)));
  });

  it('passes over who was deleted or was only looked at, and not over who came back', async () => {
    const [gone, back, earned, seen, zoned] = ['gone', 'back', 'earned', 'seen', 'zoned'].map(unique) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const profile = { organizationId: '', roles: [], emailVerified: false, attributes: {}, joinedAt: 1 };
    for (const userId of [gone, back, earned, zoned]) {
      await write([userId], (tx) => tx.users.putProfiles([{ userId, ...profile }]));
      await write([userId], async (tx) => void (await tx.users.remove(userId, { at: 50, limit: 100 })));
    }
    const { joinedAt: _, ...nothing } = profile;
    await write([zoned], (tx) => tx.users.putProfiles([{ userId: zoned, ...nothing, timeZone: 'UTC' }]));
    await write([back], (tx) => tx.users.putTotals([{ userId: back, action: 'a', ...total }]));
    await write([earned], (tx) => tx.users.appendLedger([{ userId: earned, ...ledgerEntry() }]));
    await store().transaction(async (tx) => void (await tx.users.lock([seen])));
    const ids = inOrder((await read(500, NOTHING)).users);
    expect([gone, back, earned, seen, zoned].map((id) => ids.includes(id))).toEqual([false, true, true, false, true]);
    expect(await store().userPages.count('')).toBe(ids.length);
  });

  it('goes on after a user who has left meanwhile', async () => {
    const first = await store().userPages.read({ after: FIRST_USER, limit: 5, organizationId: '', needs: NOTHING });
    const after = { ...first.next!, userId: `${first.next!.userId}!` };
    const rest = await store().userPages.read({ after, limit: 500, organizationId: '', needs: NOTHING });
    expect(first.users.length + rest.users.length).toBe((await read(500, NOTHING)).users.length);
  });
}
