import { expect, it } from '@jest/globals';
import type { JsonValue } from '../../core/values/json.js';
import { type AuditFilter, type NewAuditEntry, REACH } from '../audit-store.js';
import type { Store } from '../store.js';
import type { StoredVersion } from '../version-store.js';
import { AWKWARD_IDS, allPages, unique } from './samples.js';

export function auditContract(store: () => Store): void {
  /** Later than all that other tests write, so that these entries are the newest ones by instant, too. */
  let at = 4_000_000_000_000;
  const entry = (more: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
    ...{ at: at++, actor: 'token:tok_1', actorOrganization: '', action: 'flag.set', target: 'x', requestId: 'r' },
    ...{ comment: "it's 👩‍🚀", before: null, after: { list: ['x', false] }, subjects: [] },
    ...more,
  });
  const append = async (...entries: readonly NewAuditEntry[]): Promise<void> => {
    for (const one of entries) await store().transaction((tx) => tx.audit.append(one));
  };
  const stored = ({ subjects, ...rest }: NewAuditEntry) => ({ ...rest, id: expect.any(Number) });
  const list = (filter: AuditFilter, limit = 100) => allPages(limit, (page) => store().audit.list(page, filter));
  const erase = async (userId: string, limit: number): Promise<number> => {
    let rounds = 0;
    while ((await store().transaction((tx) => tx.audit.erasePerson(userId, limit))) > 0) rounds++;
    return rounds;
  };

  it('is kept newest first, and only of what was committed', async () => {
    const target = unique('target');
    const entries = [0, 1, 2].map(() => entry({ target }));
    await append(...entries, entry({ target: target.toUpperCase() }));
    const failed = store().transaction(async (tx) => {
      await tx.audit.append(entry({ target }));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    for (const limit of [1, 2, 10]) expect(await list({ target }, limit)).toEqual(entries.toReversed().map(stored));
    const newest = await store().audit.list({ limit: 2 }, {});
    expect(newest.items[0]).toMatchObject({ target: target.toUpperCase() });
    expect(await store().audit.list({ limit: 2, after: 'no position' }, {})).toEqual(newest);
    const oldest = await allPages(2, (page) => store().audit.list({ ...page, order: 'oldest' }, { target }));
    expect(oldest).toEqual(entries.map(stored));
  });

  it('is found by any of its subjects, by its actor, by time and by text, and by all of them together', async () => {
    const [flag, user, organization, actor] = ['flag', 'user', 'organization', 'actor'].map(unique) as [
      ...[string, string, string, string],
    ];
    const about = (...subjects: readonly (readonly [string, string])[]) => subjects.map(([kind, id]) => ({ kind, id }));
    const entries = [
      entry({ actor, subjects: about(['flag', flag]) }),
      entry({ actor: `${actor}2`, subjects: about(['flag', flag], ['user', user]) }),
      entry({ actor, subjects: about(['flag', flag], ['organization', organization], [REACH, organization]) }),
      entry({ actor, subjects: about(['user', user], ['organization', organization]), comment: 'Say "HÉllo\\"' }),
      entry({ actor, subjects: about(['user', user]), after: { said: 'a "quoted\\" word' } }),
    ];
    await append(...entries);
    const ids = new Map(
      (await list({ actor })).concat(await list({ actor: `${actor}2` })).map((one) => [one.at, one.id]),
    );
    const filters: readonly (readonly [AuditFilter, readonly number[]])[] = [
      [{ subject: { kind: 'flag', id: flag } }, [0, 1, 2]],
      [{ subject: { kind: 'user', id: user } }, [1, 3, 4]],
      [{ subject: { kind: 'user', id: user.toUpperCase() } }, []],
      [{ organizationId: organization }, [2, 3]],
      [{ reach: organization }, [2]],
      [{ actor }, [0, 2, 3, 4]],
      [{ actor, organizationId: organization }, [2, 3]],
      [{ subject: { kind: 'user', id: user }, organizationId: organization }, [3]],
      [{ actor, from: entries[2]!.at }, [2, 3, 4]],
      [{ actor, to: entries[2]!.at }, [0]],
      [{ actor, from: entries[1]!.at, to: entries[4]!.at }, [2, 3]],
      [{ from: entries[0]!.at, to: at, text: 'say "hé' }, [3]],
      [{ from: entries[0]!.at, to: at, text: 'QUOTED\\" W' }, [4]],
      [{ from: entries[0]!.at, to: at, text: '%' }, []],
      [{ from: at }, []],
    ];
    for (const [filter, expected] of filters) {
      const found = await list(filter, 2);
      expect([filter, found.map((one) => one.id)]).toEqual([
        filter,
        expected.map((i) => ids.get(entries[i]!.at)).toReversed(),
      ]);
    }
    const [own, others] = [ids.get(entries[2]!.at)!, ids.get(entries[3]!.at)!];
    expect(await store().audit.get(own, organization)).toMatchObject({ at: entries[2]!.at });
    expect(await store().audit.get(others, organization)).toBeUndefined();
    expect(await store().audit.get(others)).toMatchObject({ at: entries[3]!.at });
    expect(await store().audit.get(Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  it('is read in pages of a bounded number of entries where a filter leaves few', async () => {
    const actor = unique('busy');
    const subject = { kind: 'flag', id: unique('rare') };
    await append(entry({ actor, subjects: [subject] }));
    await store().transaction(async (tx) => {
      for (let i = 0; i < 2_100; i++) await tx.audit.append(entry({ actor }));
    });
    const filter = { actor, text: 'nobody says this', from: 0, to: at } as const;
    const page = await store().audit.list({ limit: 10 }, filter);
    expect(page).toEqual({ items: [], next: expect.any(String) });
    expect(await store().audit.list({ limit: 10, after: page.next! }, filter)).toEqual({ items: [] });
    expect(await list({ actor, subject }, 10)).toHaveLength(1);
  });

  it.each(AWKWARD_IDS)('forgets a person like %j, whatever they did and whatever was done to them', async (awkward) => {
    const user = unique(awkward);
    const flag = unique('of-erased');
    const named: JsonValue = {
      access: [
        { userId: user, effect: 'ALLOW' },
        { userId: `${user}2`, effect: 'DENY' },
      ],
    };
    const subjects = [
      { kind: 'user', id: user },
      { kind: 'flag', id: flag },
    ];
    await append(
      entry({ subjects, action: 'user.claim', target: user, before: { userId: user, total: 7 }, after: null }),
      entry({ subjects, target: user, before: { [user]: [user] }, comment: `asked by ${user}.` }),
      entry({ subjects, after: named }),
      entry({ subjects: [{ kind: 'flag', id: flag }], actor: `user:${user}`, after: { owner: user }, comment: 'mine' }),
    );
    const version: StoredVersion = {
      ...{ kind: 'flag', id: unique('flg'), version: 1, at: 1, actor: `user:${user}`, actorOrganization: '' },
      ...{ requestId: 'r', comment: `by ${user}`, state: { owner: 'kim' } },
    };
    await store().transaction((tx) => tx.versions.append(version));
    // Interrupted anywhere, it goes on: each round by itself leaves fewer.
    expect(await erase(user, 1)).toBeGreaterThan(2);
    expect(await erase(user, 100)).toBe(0);
    const entries = await list({ subject: { kind: 'flag', id: flag } });
    expect(entries).toMatchObject([
      { actor: 'user:[erased]', after: { owner: '[erased]' }, comment: 'mine' },
      { after: { access: [{ userId: '[erased]' }, { userId: `${user}2`, effect: 'DENY' }] } },
      { target: user, before: { [user]: [user] }, comment: 'asked by [erased].' },
      { target: '[erased]', before: { userId: '[erased]' }, after: null },
    ]);
    expect(await store().versions.get(version, 1)).toMatchObject({ actor: 'user:[erased]', comment: 'by [erased]' });
    expect(await list({ subject: { kind: 'user', id: user } })).toEqual([]);
    expect(await list({ actor: `user:${user}` })).toEqual([]);
  });

  it('has nothing more to forget of a person who has the name of everybody who was erased', async () => {
    const erased = '[erased]';
    const subjects = [{ kind: 'user', id: erased }];
    await append(entry({ actor: `user:${erased}` }), entry({ subjects, target: erased, comment: `by ${erased}` }));
    expect(await store().transaction((tx) => tx.audit.erasePerson(erased, 100))).toBe(0);
  });

  it('is purged with its subjects, the oldest first', async () => {
    const subject = { kind: 'flag', id: unique('purged') };
    const before = (await store().audit.list({ limit: 1, order: 'oldest' }, {})).items[0]!;
    await append(entry({ subjects: [subject] }));
    expect(await store().audit.purge(before.at, 1_000)).toBe(0);
    while ((await store().audit.purge(at, 1_000)) > 0);
    expect(await list({ subject })).toEqual([]);
    expect(await store().audit.list({ limit: 9 }, {})).toEqual({ items: [] });
  });

  const made = (thing: Pick<StoredVersion, 'kind' | 'id'>, version: number): StoredVersion => ({
    ...{ ...thing, version, at: version, actor: 'token:tok_1', actorOrganization: 'acme', requestId: 'r' },
    ...{ comment: '👩‍🚀', state: { n: version, secret: 'a"b' } },
  });

  it('keeps versions of each thing apart, newest first, up to a number', async () => {
    const thing = { kind: 'segment', id: unique('seg') } as const;
    const other = { kind: 'flag', id: thing.id } as const;
    await store().transaction(async (tx) => {
      await tx.versions.append(made(other, 1));
      for (const version of [1, 2, 5]) await tx.versions.append(made(thing, version));
    });
    for (const limit of [1, 2, 9]) {
      const versions = await allPages(limit, (page) => store().versions.list(thing, page));
      expect(versions).toEqual([5, 2, 1].map((version) => made(thing, version)));
    }
    expect(await store().versions.get(thing, 5)).toEqual(made(thing, 5));
    expect(await store().versions.get(thing, 4)).toBeUndefined();
    expect(await store().versions.before(thing, 5)).toEqual(made(thing, 2));
    expect(await store().versions.before(thing, 1)).toBeUndefined();
    await store().transaction((tx) => tx.versions.append(made(thing, 502)));
    expect((await store().versions.list(thing, { limit: 9 })).items.map(({ version }) => version)).toEqual([502, 5]);
    await store().transaction((tx) => tx.versions.drop(thing));
    expect(await store().versions.list(thing, { limit: 9 })).toEqual({ items: [] });
    expect(await store().versions.get(other, 1)).toEqual(made(other, 1));
  });
}
