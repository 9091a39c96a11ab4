import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FoundOrganization } from '../finder.js';
import type { Page } from '../page.js';
import type { Store } from '../store.js';
import { accessRow, unique } from './samples.js';

/** Texts that a wildcard, a quote, an escape, a collation or a half of a character could take for something else. */
const PIECES = [
  'a',
  'A',
  'b',
  '%',
  '_',
  '+',
  "'",
  '"',
  '\\',
  '!',
  'é',
  'e\u0301',
  'ß',
  '漢',
  '👩',
  '👩‍🚀',
  '.',
  '-',
  'z',
];

const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join(''));

/** All items of a list whose pages may be short. */
async function everyPage<T>(read: (after: string | undefined) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = [];
  for (let after: string | undefined, pages = 0; ; pages++) {
    const page = await read(after);
    items.push(...page.items);
    if (page.next === undefined) return items;
    if (pages > 10_000) throw new Error('the list does not end');
    after = page.next;
  }
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

export function finderContract(store: () => Store): void {
  describe('organizations', () => organizationsFound(store));
}

function organizationsFound(store: () => Store): void {
  const family = unique('found');
  const kinds = ['described', 'named', 'both', 'rows', 'earned', 'asked for', 'deleted'] as const;
  const known = new Map<string, (typeof kinds)[number]>();
  const members = new Map<string, number>();

  beforeAll(async () => {
    const ids = fc.sample(text, { numRuns: 120, seed: 7 }).map((end) => `${family}${end}`);
    for (const [i, id] of [...new Set(ids)].entries()) known.set(id, kinds[i % kinds.length]!);
    const of = (...some: readonly string[]): string[] =>
      [...known].filter(([, kind]) => some.includes(kind)).map(([id]) => id);
    const users = of('named', 'both', 'deleted').flatMap((organizationId, i) => {
      members.set(organizationId, (i % 3) + 1);
      return Array.from({ length: (i % 3) + 1 }, () => ({ userId: unique('member'), organizationId }));
    });
    await store().transaction(async (tx) => {
      await tx.organizations.lock(of('described', 'both', 'rows', 'earned', 'asked for'));
      await tx.earners.lock(of('earned'), new Set());
      await tx.users.lock(users.map(({ userId }) => userId));
      for (const id of of('described', 'both')) {
        const roles = [{ name: 'r', inherits: [] }];
        await tx.organizations.put({ id, attributes: {}, strictRoles: true, roles, version: 3 });
      }
      await tx.organizations.putAccess(of('rows').map((organizationId) => accessRow({ organizationId })));
      const total = { action: 'a', count: 1, sum: 1n, activeDays: 1, firstAt: 1, lastAt: 1, recentDays: 1n };
      await tx.earners.putTotals(of('earned').map((userId) => ({ userId, ...total })));
      const profile = { roles: [], emailVerified: true, attributes: {} };
      await tx.users.putProfiles(users.map((user) => ({ ...user, ...profile })));
      await tx.users.advance(users.map(({ userId }) => userId));
    });
    const gone = users.filter(({ organizationId }) => known.get(organizationId) === 'deleted');
    await store().transaction(async (tx) => {
      await tx.users.lock(gone.map(({ userId }) => userId));
      for (const { userId } of gone) await tx.users.remove(userId, { at: 1, limit: 1_000 });
    });
  });

  const listed = (prefix: string, limit: number, countMembers = false): Promise<readonly FoundOrganization[]> =>
    everyPage((after) =>
      store().finder.organizations({ prefix, limit, countMembers, ...(after !== undefined && { after }) }),
    );
  const expected = (prefix: string): readonly string[] =>
    [...known]
      .filter(([id, kind]) => id.startsWith(prefix) && kind !== 'asked for' && kind !== 'deleted')
      .map(([id]) => id)
      .toSorted(byBytes);

  it('lists those of which anything is known once each, in one order, whatever the size of a page', async () => {
    expect(expected(family).length).toBeGreaterThan(40);
    for (const limit of [1, 2, 7, 1_000]) {
      expect((await listed(family, limit)).map(({ id }) => id)).toEqual(expected(family));
    }
  });

  it('finds those that begin with a text, which it takes as it is', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (end, limit) => {
        const prefix = `${family}${end}`;
        expect((await listed(prefix, limit)).map(({ id }) => id)).toEqual(expected(prefix));
      }),
      { numRuns: 60 },
    );
  });

  it('tells what is described, and how many members there are where that is asked', async () => {
    for (const { id, ...told } of await listed(family, 10, true)) {
      const isDescribed = ['described', 'both'].includes(known.get(id)!);
      const more = isDescribed ? { version: 3, strictRoles: true, ownRoles: 1 } : { version: 0, strictRoles: false };
      const count = known.get(id) === 'deleted' ? 0 : (members.get(id) ?? 0);
      expect(told).toEqual({ ownRoles: 0, ...more, members: count });
    }
  });
}
