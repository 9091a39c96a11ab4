import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { partitionOf } from '../../core/values/partition.js';
import type { Store } from '../store.js';
import { unique } from './samples.js';

/** Members of organizations by the roles that they were given. */
export function memberContract(store: () => Store): void {
  const profile = { emailVerified: false, attributes: {} };

  const put = (
    users: readonly { readonly userId: string; readonly organizationId: string; readonly roles: string[] }[],
  ) =>
    store().transaction(async (tx) => {
      const ids = users.map(({ userId }) => userId);
      await tx.users.lock(ids);
      await tx.users.putProfiles(users.map((user) => ({ ...user, ...profile })));
      await tx.users.advance(ids);
    });

  const listed = async (organizationId: string, limit: number, role?: string): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const page = await store().members.list(organizationId, { limit, ...(after !== undefined && { after }) }, role);
      ids.push(...page.items);
      after = page.next;
      more = after !== undefined;
    }
    return ids;
  };
  const inOrder = (ids: readonly string[]) =>
    ids.toSorted(
      (a, b) => partitionOf(a) - partitionOf(b) || (Buffer.compare(Buffer.from(a), Buffer.from(b)) as number),
    );

  it('are listed, and counted by their roles, as their profiles are', async () => {
    const role = fc.constantFrom('employee', 'lead', 'Lead', '__proto__', "o'r");
    const place = fc.integer({ min: 0, max: 2 });
    const write = fc.record({ user: fc.integer({ min: 0, max: 5 }), place, roles: fc.array(role, { maxLength: 4 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), async (writes) => {
        const places = ['', unique('org'), unique('org')];
        const users = Array.from({ length: 6 }, () => unique('member'));
        const now = new Map<string, { organizationId: string; roles: string[] }>();
        for (const { user, place: at, roles } of writes) {
          const profileOfUser = { organizationId: places[at]!, roles };
          now.set(users[user]!, profileOfUser);
          await put([{ userId: users[user]!, ...profileOfUser }]);
        }
        for (const organizationId of places.slice(1)) {
          const members = [...now].filter(([, user]) => user.organizationId === organizationId);
          expect(await listed(organizationId, 2)).toEqual(inOrder(members.map(([id]) => id)));
          const names = [...new Set(members.flatMap(([, user]) => user.roles))];
          const having = (name: string) => members.filter(([, user]) => user.roles.includes(name)).map(([id]) => id);
          const counts = await store().members.holding(organizationId, [...names, 'nobody']);
          expect(counts).toEqual(new Map(names.map((name) => [name, having(name).length])));
          for (const name of names) expect(await listed(organizationId, 1, name)).toEqual(inOrder(having(name)));
          const others = await store().members.holdingOthers(organizationId, ['lead'], 100);
          const left = names.filter((name) => name !== 'lead');
          expect(new Map(others.map(({ role: name, members: count }) => [name, count]))).toEqual(
            new Map(left.map((name) => [name, having(name).length])),
          );
        }
      }),
      { numRuns: 15 },
    );
  });

  it('are none any more when they leave, or are removed', async () => {
    const organizationId = unique('org');
    const [leaver, removed, stays] = [unique('member'), unique('member'), unique('member')];
    await put([leaver, removed, stays].map((userId) => ({ userId, organizationId, roles: ['lead'] })));
    await store().transaction(async (tx) => {
      await tx.users.lock([leaver, removed]);
      await tx.users.leave([leaver]);
      await tx.users.remove(removed, { at: 1, limit: 100 });
      expect(await tx.members.holding(organizationId, ['lead'])).toEqual(new Map([['lead', 1]]));
    });
    expect(await listed(organizationId, 10, 'lead')).toEqual([stays]);
    expect(await listed(organizationId, 10)).toEqual([stays]);
  });

  it('tells the first of the other roles by name', async () => {
    const organizationId = unique('org');
    await put([{ userId: unique('member'), organizationId, roles: ['c', 'a', 'b', 'd'] }]);
    expect(await store().members.holdingOthers(organizationId, ['a'], 2)).toEqual([
      { role: 'b', members: 1 },
      { role: 'c', members: 1 },
    ]);
    expect(await store().members.holdingOthers(organizationId, [], 1)).toEqual([{ role: 'a', members: 1 }]);
    expect(await store().members.holding(organizationId, [])).toEqual(new Map());
  });
}
