import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keptForSearch, searchedValues } from '../../core/states/searched-attributes.js';
import { foldedText } from '../../core/values/folded-text.js';
import { PARTITIONS, partitionOf } from '../../core/values/partition.js';
import type { FoundOrganization, FoundUser, UsersRequest } from '../finder.js';
import type { Page } from '../page.js';
import type { Store } from '../store.js';
import { accessRow, changing, ledgerEntry, unique } from './samples.js';

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
  describe('users', () => usersFound(store));
}

interface Known extends FoundUser {
  readonly isThere: boolean;
  /** In which order users unlocked the flag; undefined for who never did. */
  readonly entered?: number;
  /** Whether an unlock, or a grant, of it still counts. */
  readonly holds: boolean;
}

function usersFound(store: () => Store): void {
  const family = unique('user-found');
  const flagId = unique('flg_found');
  const attributes = ['email', 'profile.name'];
  const known: Known[] = [];

  const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number, seed: number): readonly T[] =>
    fc.sample(arbitrary, { numRuns, seed });
  const profileOf = ({ userId, organizationId, roles, attributes, joinedAt }: FoundUser) => ({
    ...{ userId, organizationId, roles, attributes, emailVerified: true },
    ...(joinedAt !== undefined && { joinedAt }),
  });

  beforeAll(async () => {
    const ids = [...new Set(sample(text, 260, 3).map((end) => `${family}${end}`))];
    const [emails, names] = [sample(text, ids.length, 4), sample(text, ids.length, 5)];
    for (const [i, userId] of ids.entries()) {
      const stage = ['', 'tour', 'Tour'][i % 3]!;
      known.push({
        ...{ userId, organizationId: ['', 'found-acme', 'found-Acme'][i % 7] ?? '', emailVerified: true, stage },
        ...(stage !== '' && { stageEnteredAt: i }),
        ...(i % 4 === 0 && { joinedAt: 1_700_000_000_000 + i }),
        roles: [[], ['r'], ['r', 'R']][i % 5] ?? [],
        attributes: {
          // Some values are longer than what is kept of them.
          email: `${family}${emails[i]}${i % 10 === 0 ? 'é'.repeat(150) : ''}${emails[i]}`,
          profile: { name: i % 6 === 0 ? i : `${family}${names[i]}` },
        },
        isThere: i % 11 !== 0,
        ...(i % 4 === 1 && { entered: i }),
        holds: i % 8 === 1,
      });
    }
    const there = known.filter(({ isThere }) => isThere);
    await changing(store(), (tx) => tx.configuration.putSearchAttributes(attributes));
    // As of the setting before, which found nobody: the fill brings these to it.
    await store().transaction(async (tx) => {
      await tx.users.lock(ids);
      await tx.users.putProfiles(known.map(profileOf));
      for (const { userId, stage, stageEnteredAt: changedAt } of known)
        if (changedAt !== undefined) await tx.users.putStage(userId, { stage, changedAt });
      const entries = there.flatMap(({ userId, entered, holds }) => {
        if (entered === undefined) return [];
        const entry = { userId, ...ledgerEntry({ flagId, recordedAt: 1_000 + entered, ruleVersion: 2 }) };
        const again = { ...entry, recordedAt: 5_000 };
        return holds
          ? [entry, { ...again, ruleId: 'other' }]
          : [
              { ...entry, ruleVersion: 1 },
              { ...again, kind: 'rearmed' as const, ruleId: 'other' },
            ];
      });
      await tx.users.appendLedger(entries);
      await tx.users.advance(ids);
    });
    await fillWhole();
    await store().transaction(async (tx) => {
      await tx.users.lock(ids);
      for (const { userId, isThere } of known) if (!isThere) await tx.users.remove(userId, { at: 1, limit: 1_000 });
    });
  });

  const fillWhole = async (): Promise<void> => {
    while (await store().searchFill.step(100));
    expect(await store().searchFill.isComplete()).toBe(true);
  };

  type Filter = Omit<UsersRequest, 'limit' | 'after' | 'attributes'>;
  const ANY: Filter = { text: '', organizationId: '', role: '', stage: '' };
  const unlocked = { flagId, floors: new Map([['rul_x', 2]]) };
  const listed = (filter: Filter, limit: number): Promise<readonly FoundUser[]> =>
    everyPage((after) => store().finder.users({ ...filter, attributes, limit, ...(after !== undefined && { after }) }));

  /** What the list is by its description, found by looking at everybody. */
  const expected = (filter: Filter): readonly string[] => {
    const fit = known.filter(
      ({ isThere, organizationId, roles, stage, holds }) =>
        isThere &&
        (filter.organizationId === '' || organizationId === filter.organizationId) &&
        (filter.role === '' || roles.includes(filter.role)) &&
        (filter.stage === '' || stage === filter.stage) &&
        (filter.unlocked === undefined || holds),
    );
    const ids = (some: readonly Known[]): readonly string[] => some.map(({ userId }) => userId);
    const inOrder = (some: readonly string[]): readonly string[] => some.toSorted(byBytes);
    if (filter.text !== '') {
      const sought = foldedText(filter.text).trimStart();
      const byValue = attributes.flatMap((attribute) => {
        const valued = fit.flatMap(({ userId, attributes: own }) => {
          const value = searchedValues(own, [attribute]).get(attribute) ?? '';
          return value.startsWith(sought) ? [{ userId, value: keptForSearch(value) }] : [];
        });
        return valued
          .toSorted((a, b) => byBytes(a.value, b.value) || byBytes(a.userId, b.userId))
          .map(({ userId }) => userId);
      });
      return [...new Set([...inOrder(ids(fit).filter((id) => id.startsWith(filter.text))), ...byValue])];
    }
    if (filter.organizationId !== '' && filter.role !== '') {
      const inPartitions = (a: string, b: string): number => partitionOf(a) - partitionOf(b) || byBytes(a, b);
      return ids(fit).toSorted(inPartitions);
    }
    const byEntry = filter.unlocked !== undefined && filter.organizationId === '' && filter.stage === '';
    return byEntry ? ids(fit.toSorted((a, b) => a.entered! - b.entered!)) : inOrder(ids(fit));
  };
  const own = (users: readonly FoundUser[]): readonly string[] =>
    users.map(({ userId }) => userId).filter((id) => id.startsWith(family));

  const filter = fc.record({
    text: fc.oneof(
      text.map((end) => `${family}${end}`),
      text.map((end) => `${family.toUpperCase()}${end}`),
      fc.nat(400).map((i) => known[i % known.length]!.userId),
      fc.nat(400).map((i) => String((known[i % known.length]!.attributes as { email: string }).email)),
      fc.nat(60).map(String),
    ),
    organizationId: fc.constantFrom('', '', 'found-acme', 'found-Acme'),
    role: fc.constantFrom('', '', 'r', 'R'),
    stage: fc.constantFrom('', '', 'tour', 'Tour'),
  });

  it('finds those whose id or attribute begins with a text, once each, as whoever looks at everybody', async () => {
    await fc.assert(
      fc.asyncProperty(filter, fc.boolean(), fc.integer({ min: 1, max: 40 }), async (asked, held, limit) => {
        const request = held ? { ...asked, unlocked } : asked;
        expect(own(await listed(request, limit))).toEqual(expected(request));
      }),
      { numRuns: 80 },
    );
  });

  it('compares all of a value that is longer than what is kept of it', async () => {
    const long = known.find(({ isThere, attributes: { email } }) => isThere && String(email).length > 160)!;
    const email = String(long.attributes.email);
    for (const [sought, found] of [
      [email.slice(0, 140), true],
      [`${email.slice(0, 130)}x`, false],
    ] as const) {
      const ids = own(await listed({ ...ANY, text: sought }, 5));
      expect({ sought, found: ids.includes(long.userId) }).toEqual({ sought, found });
    }
  });

  it('lists those of an organization, a role, a stage, a flag', async () => {
    for (const limit of [1, 7, 1_000]) {
      for (const organizationId of ['found-acme', 'found-Acme']) {
        for (const more of [{}, { role: 'R' }, { stage: 'tour' }, { unlocked }, { role: 'r', unlocked }]) {
          const request = { ...ANY, organizationId, ...more };
          expect(own(await listed(request, limit))).toEqual(expected(request));
        }
      }
    }
    for (const more of [{}, { stage: 'Tour' }, { unlocked }, { stage: 'tour', unlocked }, { role: 'R', unlocked }]) {
      const request = { ...ANY, ...more };
      expect(own(await listed(request, 50))).toEqual(expected(request));
    }
  });

  it('tells what is stored of them', async () => {
    for (const { isThere, entered, holds, ...user } of known.filter(({ isThere }) => isThere)) {
      const [found] = await listed({ ...ANY, text: user.userId }, 1);
      expect(found).toEqual(user);
    }
  });

  it('follows what is written, and where the setting changes what everybody has', async () => {
    const [user] = known.filter(({ isThere, userId }) => isThere && userId !== family);
    const value = `${family} Moved`;
    const put = (organizationId: string) =>
      store().transaction(async (tx) => {
        await tx.users.lock([user!.userId]);
        await tx.users.putProfiles([
          { ...profileOf(user!), organizationId, attributes: { email: value, city: value } },
        ]);
        await tx.users.putSearched(user!.userId, { organizationId, values: new Map([['email', foldedText(value)]]) });
      });
    const found = async (organizationId: string, by = attributes): Promise<readonly string[]> => {
      const ask = { ...ANY, text: value.toUpperCase(), organizationId, attributes: by, limit: 5 };
      return own((await store().finder.users(ask)).items);
    };
    await put('found-moved');
    expect(await found('found-moved')).toEqual([user!.userId]);
    await store().transaction(async (tx) => {
      await tx.users.lock([user!.userId]);
      await tx.users.leave([user!.userId]);
    });
    expect(await found('found-moved')).toEqual([]);
    expect(await found('')).toEqual([user!.userId]);
    await changing(store(), (tx) => tx.configuration.putSearchAttributes(['city']));
    expect(await store().searchFill.isComplete()).toBe(false);
    expect(await store().searchFill.partitionsDone()).toBe(0);
    expect(await found('', ['city'])).toEqual([]);
    // What a stop leaves half-way goes on, whoever goes on with it.
    const ways: number[] = [];
    for (let more = true; more; ways.push(await store().searchFill.partitionsDone())) {
      more = await store().searchFill.step(1);
    }
    expect([ways.toSorted((a, b) => a - b), ways.at(-1), ways[0]! < PARTITIONS]).toEqual([ways, PARTITIONS, true]);
    await fillWhole();
    expect(await found('', ['city'])).toEqual([user!.userId]);
    expect(await found('', ['email'])).toEqual([]);
    await changing(store(), (tx) => tx.configuration.putSearchAttributes([]));
    await fillWhole();
    expect(await found('', ['city'])).toEqual([]);
  });
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
