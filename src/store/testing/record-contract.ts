import { expect, it } from '@jest/globals';
import type { UserChange } from '../outbox-store.js';
import type { Store, Transaction } from '../store.js';
import type { MachineToken } from '../token-store.js';
import type { UserTimer } from '../user-store.js';
import { AWKWARD_IDS, allPages, unique } from './samples.js';

function hashOf(n: number): string {
  return n.toString(16).padStart(64, '0');
}

export function recordContract(store: () => Store): void {
  it('keeps one timer for each user at most, and gives those due, soonest first', async () => {
    const [a, b, c] = [unique('timer'), unique('timer'), unique('timer')];
    const put = (timers: readonly { userId: string; dueAt: number | undefined }[]): Promise<void> =>
      store().transaction(async (tx) => {
        await tx.users.lock([a, b, c]);
        await tx.timers.put(timers);
      });
    await put([
      { userId: a, dueAt: 30 },
      { userId: b, dueAt: 10 },
      { userId: c, dueAt: 20 },
    ]);
    expect(await store().timers.due(20, 10)).toEqual([
      { userId: b, dueAt: 10 },
      { userId: c, dueAt: 20 },
    ]);
    expect(await store().timers.due(30, 1)).toEqual([{ userId: b, dueAt: 10 }]);
    expect(await store().timers.due(30, 1, { userId: b, dueAt: 10 })).toEqual([{ userId: c, dueAt: 20 }]);
    await put([a, b, c].map((userId) => ({ userId, dueAt: 20 })));
    const inPages: string[] = [];
    for (let after: UserTimer | undefined; ; ) {
      [after] = await store().timers.due(20, 1, after);
      if (after === undefined) break;
      inPages.push(after.userId);
    }
    expect(inPages).toHaveLength(3);
    expect(new Set(inPages)).toEqual(new Set([a, b, c]));
    await put([
      { userId: a, dueAt: 5 },
      { userId: b, dueAt: undefined },
      { userId: c, dueAt: 40 },
    ]);
    expect(await store().timers.due(39, 10)).toEqual([{ userId: a, dueAt: 5 }]);
    const dueAt = () => store().transaction((tx) => tx.timers.dueAt([a, b, c, a]));
    expect([...(await dueAt())].sort()).toEqual([
      [a, 5],
      [c, 40],
    ]);
    await put([a, b, c].map((userId) => ({ userId, dueAt: undefined })));
    expect(await store().timers.due(1000, 10)).toEqual([]);
  });

  it('gives the changes that batches made for users, and drops old ones', async () => {
    const [one, two] = [unique('batch'), unique('batch')];
    const change = (batch: string, userId: string, at: number): UserChange => ({
      ...{ userId, batch, at, revision: at + 1, unlocked: ['a', '__proto__'], locked: ["b'"] },
      cause: { type: 'manual', actor: 'token:tok_1', reason: '👩‍🚀' },
    });
    const changes = [
      ...AWKWARD_IDS.map((id) => change(one, id, 100)),
      change(two, 'alice', 200),
      change(two, 'bob', 300),
    ];
    await store().transaction(async (tx) => {
      await tx.outbox.append(changes);
      await tx.outbox.append([]);
    });
    expect(await store().outbox.changes([one], AWKWARD_IDS)).toEqual(changes.slice(0, AWKWARD_IDS.length));
    expect(await store().outbox.changes([two, one, two], ['alice', 'nobody'])).toEqual([
      change(one, 'alice', 100),
      change(two, 'alice', 200),
    ]);
    expect(await store().outbox.changes([], ['alice'])).toEqual([]);
    expect(await store().outbox.changes([one], [])).toEqual([]);
    expect(await store().outbox.purge(300, 5)).toBe(5);
    expect(await store().outbox.purge(300, 1000)).toBe(AWKWARD_IDS.length + 1 - 5);
    expect(await store().outbox.purge(300, 1000)).toBe(0);
    expect(await store().outbox.changes([one, two], ['bob', 'alice'])).toEqual([change(two, 'bob', 300)]);
  });

  it('gives users their changes after a position, in the order of their commits', async () => {
    const [a, b] = [unique('since'), unique('since')];
    const change = (userId: string, revision: number): UserChange => ({
      ...{ userId, revision, batch: unique('batch'), at: Date.now(), unlocked: ['x'], locked: [] },
      cause: { type: 'identify' },
    });
    const made = [change(a, 1), change(b, 1), change(a, 2), change(a, 3)];
    for (const one of made) await store().transaction((tx) => tx.outbox.append([one]));
    const all = await store().outbox.since(
      new Map([
        [a, 0],
        [b, 0],
      ]),
    );
    expect(all.map(({ userId, revision }) => [userId, revision])).toEqual([
      [a, 1],
      [b, 1],
      [a, 2],
      [a, 3],
    ]);
    const [first, , second] = all;
    const [newestOfB, newestOfA] = [all[1]!.position, all[3]!.position];
    const newest = await store().outbox.newest(made[0]!.at, 1_000);
    expect([newest?.get(a), newest?.get(b)]).toEqual([newestOfA, newestOfB]);
    expect((await store().outbox.newest(Date.now() + 60_000, 1_000))?.size).toBe(0);
    expect(await store().outbox.newest(made[0]!.at, 3)).toBeUndefined();
    const recent = await store().outbox.recent(made[0]!.at, 1_000);
    expect(recent).toEqual(recent.toSorted((x, y) => x.at - y.at || x.position - y.position));
    const ofThese = recent.filter(({ userId }) => [a, b].includes(userId));
    expect(ofThese.toSorted((x, y) => x.position - y.position)).toEqual(all);
    expect(await store().outbox.recent(made[0]!.at, 3)).toEqual(recent.slice(0, 3));
    expect(await store().outbox.recent(Date.now() + 60_000, 1_000)).toEqual([]);
    const later = await store().outbox.since(
      new Map([
        [a, second!.position],
        [b, 0],
      ]),
    );
    expect(later.map(({ userId, revision }) => [userId, revision])).toEqual([
      [b, 1],
      [a, 3],
    ]);
    expect(first!.position).toBeLessThan(second!.position);
    expect(await store().outbox.since(new Map([[unique('nobody'), 0]]))).toEqual([]);
    expect(await store().outbox.since(new Map())).toEqual([]);
    const many = new Map(Array.from({ length: 450 }, (_, i) => [i === 444 ? b : unique('many'), 0] as const));
    expect((await store().outbox.since(many)).map(({ userId }) => userId)).toEqual([b]);
  });

  it('keeps machine tokens, finds them by hash, and revokes them once', async () => {
    const token: MachineToken = {
      ...{ id: unique('tok_'), name: "ci's 👩‍🚀", hash: hashOf(1), scopes: ['evaluate', 'track'], organizationId: '' },
      createdAt: 100,
    };
    const bound: MachineToken = {
      ...{ ...token, id: unique('tok_'), hash: hashOf(2), organizationId: 'acme' },
      ...{ createdAt: 200, expiresAt: 300, lastUsedAt: 250 },
    };
    const add = (made: MachineToken) => store().transaction((tx) => tx.tokens.add(made));
    const revoke = (id: string, at: number) => store().transaction((tx) => tx.tokens.revoke(id, at));
    const versions = [await store().tokens.version()];
    const isAnother = async (): Promise<boolean> => {
      versions.push(await store().tokens.version());
      return versions.at(-1) !== versions.at(-2);
    };
    await add(token);
    expect(await isAnother()).toBe(true);
    await add(bound);
    await expect(add({ ...token, id: unique('tok_') })).rejects.toThrow();
    expect(await store().tokens.byHash(hashOf(1))).toStrictEqual(token);
    expect(await store().tokens.byHash(hashOf(2))).toStrictEqual(bound);
    expect(await store().tokens.byHash(hashOf(3))).toBeUndefined();
    const third = { ...bound, id: unique('tok_z'), hash: hashOf(4) };
    await add(third);
    expect(await allPages(1, (page) => store().tokens.list(page))).toEqual([bound, third, token]);
    expect(new Set(await store().tokens.all())).toEqual(new Set([bound, third, token]));

    await isAnother();
    expect(await revoke(token.id, 400)).toStrictEqual({ ...token, revokedAt: 400 });
    expect(await isAnother()).toBe(true);
    expect(await revoke(token.id, 500)).toStrictEqual({ ...token, revokedAt: 400 });
    expect(await revoke('tok_none', 500)).toBeUndefined();
    await store().tokens.touch(token.id, 600);
    await store().tokens.touch(token.id, 550);
    await isAnother();
    await store().tokens.touch(token.id, 590);
    expect(await isAnother()).toBe(false);
    expect((await store().tokens.byHash(hashOf(1)))?.lastUsedAt).toBe(600);

    // Expired at 300 and revoked at 400; a token that ends never stays.
    const lasting = { ...token, id: unique('tok_'), hash: hashOf(5) };
    await add(lasting);
    await isAnother();
    expect(await store().tokens.purge(300)).toBe(0);
    expect(await isAnother()).toBe(false);
    expect(await store().tokens.purge(400)).toBe(2);
    expect(await isAnother()).toBe(true);
    expect(await store().tokens.purge(401)).toBe(1);
    expect(await store().tokens.all()).toEqual([lasting]);
  });

  it('keeps sessions apart from tokens, and ends them with what they were exchanged for', async () => {
    const before = await store().tokens.all();
    const token: MachineToken = {
      ...{
        id: unique('tok_'),
        name: 'ci',
        hash: hashOf(11),
        scopes: ['manage'],
        organizationId: 'acme',
        createdAt: 100,
      },
    };
    const { id: parentId } = token;
    const session = (n: number, more: Partial<MachineToken> = {}): MachineToken => ({
      ...{
        ...token,
        id: unique('ses_'),
        hash: hashOf(20 + n),
        createdAt: 100 + n,
        expiresAt: 900,
        lastUsedAt: 200 - n,
      },
      ...{ session: { parentId, userId: '' }, ...more },
    });
    const [first, second] = [session(1), session(2)];
    const ofPerson = session(3, { scopes: [], session: { parentId: '', userId: 'ada' } });
    const write = <T>(work: (tx: Transaction) => Promise<T>) => store().transaction(work);
    await write(async (tx) => {
      for (const one of [token, first, second, ofPerson]) await tx.tokens.add(one);
    });
    expect(await store().tokens.byHash(first.hash)).toStrictEqual(first);
    const listed = async (of?: 'sessions') =>
      (await allPages(1, (page) => store().tokens.list(page, of))).filter(({ createdAt }) => createdAt < 110);
    expect(await listed('sessions')).toEqual([ofPerson, second, first]);
    const tokens = (await listed()).filter(({ id }) => id === parentId || id.startsWith('ses_'));
    expect(tokens).toStrictEqual([token]);
    expect((await store().tokens.all()).length).toBe(before.length + 4);
    const of = (userId: string, parent = parentId) => write((tx) => tx.tokens.sessionsOf({ parentId: parent, userId }));
    expect(await of('')).toEqual([second, first]);
    expect(await of('ada', '')).toEqual([ofPerson]);
    expect(await of('grace', '')).toEqual([]);

    const version = await store().tokens.version();
    await write((tx) => tx.tokens.revoke(first.id, 300));
    expect(await of('')).toEqual([second]);
    await write((tx) => tx.tokens.revoke(parentId, 400));
    expect(await store().tokens.version()).not.toBe(version);
    expect((await listed('sessions')).map(({ revokedAt }) => revokedAt)).toEqual([undefined, 400, 300]);
    await write((tx) => tx.tokens.forgetSessionsOf('ada'));
    expect(await of('ada', '')).toEqual([]);
    // The one was revoked at 300, the other at 400; neither was used after 200.
    expect(await store().tokens.purgeSessions(301, 0)).toBe(1);
    expect(await store().tokens.purgeSessions(301, 200)).toBe(1);
    expect(await store().tokens.byHash(token.hash)).toMatchObject({ id: parentId });
    await store().tokens.purge(401);
  });

  it('has an id of its deployment, and keeps it', async () => {
    const id = await store().deployment();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(await store().deployment()).toBe(id);
  });

  it('lets nobody make or revoke a token, or write the audit, outside of a transaction', () => {
    expect(new Set(Object.keys(store().tokens))).toEqual(
      new Set(['version', 'byHash', 'list', 'all', 'touch', 'purge', 'purgeSessions']),
    );
    expect(Object.keys(store().audit)).toEqual(['list', 'get', 'purge']);
  });
}
