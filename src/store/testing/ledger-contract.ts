import { expect, it } from '@jest/globals';
import { unknownUser } from '../../core/states/user-state.js';
import { MAX_LENGTH } from '../../core/values/names.js';
import type { Store, Transaction } from '../store.js';
import type { DeletedTotals, UserLedgerEntry } from '../user-store.js';
import { AWKWARD_IDS, accessRow, allPages, ledgerEntry, sampleEvent, unique } from './samples.js';

/** The ledger by flag, and the removal of users. */
export function ledgerContract(store: () => Store): void {
  const change = (ids: readonly string[], work: (tx: Transaction) => Promise<void>): Promise<void> =>
    store().transaction(async (tx) => {
      await tx.users.lock(ids);
      await work(tx);
    });
  const pagesOf = (flagId: string, order: 'oldest' | 'newest', limit: number) =>
    allPages(limit, (page) => store().history.flagLedger(flagId, page, order));

  it('lists a flag’s entries across users by when they were recorded, either way round', async () => {
    const flagId = unique('flg');
    const ruleId = 'R'.repeat(MAX_LENGTH.ruleId);
    const users = AWKWARD_IDS.slice(0, 12);
    const entries: UserLedgerEntry[] = users.flatMap((userId, i) =>
      // Several of one instant, so that pages end between them.
      (['unlocked', 'revoked', 'rearmed'] as const).map((kind, j) => ({
        ...{ userId, ...ledgerEntry({ flagId, ruleId, kind, ruleVersion: j, recordedAt: 100 + (i % 3) + j * 10 }) },
        cause: { type: 'manual', actor: "o'", reason: '👩‍🚀' } as const,
      })),
    );
    await change(users, (tx) => tx.users.appendLedger([...entries, { userId: users[0]!, ...ledgerEntry() }]));
    const listed = await pagesOf(flagId, 'oldest', 1_000);
    expect(listed).toHaveLength(entries.length);
    expect(listed).toEqual(expect.arrayContaining(entries));
    expect(listed.map(({ recordedAt }) => recordedAt)).toEqual(listed.map(({ recordedAt }) => recordedAt).toSorted());
    for (const limit of [1, 4, 5, 36]) {
      expect(await pagesOf(flagId, 'oldest', limit)).toEqual(listed);
      expect(await pagesOf(flagId, 'newest', limit)).toEqual(listed.toReversed());
    }
    expect(await pagesOf(unique('flg'), 'newest', 5)).toEqual([]);
    expect((await store().history.flagLedger(flagId, { limit: 5, after: 'no position' }, 'oldest')).items).toEqual(
      listed.slice(0, 5),
    );
  });

  it('neither repeats nor hides entries of a flag when others are recorded between two pages', async () => {
    const [flagId, user] = [unique('flg'), unique('user')];
    const entry = (recordedAt: number) => ({ userId: user, ...ledgerEntry({ flagId, recordedAt }) });
    await change([user], (tx) => tx.users.appendLedger([entry(10), entry(20), entry(30)]));
    const { items, next } = await store().history.flagLedger(flagId, { limit: 2 }, 'oldest');
    await change([user], (tx) => tx.users.appendLedger([entry(5), entry(40)]));
    const rest = await store().history.flagLedger(flagId, { limit: 9, after: next! }, 'oldest');
    expect([...items, ...rest.items].map(({ recordedAt }) => recordedAt)).toEqual([10, 20, 30, 40]);
  });

  const fill = (ids: readonly string[], flagId: string, action: string) =>
    change(ids, async (tx) => {
      for (const userId of ids) {
        await tx.users.putProfiles([
          {
            ...{ userId, organizationId: 'acme', roles: ['r'], joinedAt: 1, emailVerified: true },
            ...{ attributes: { a: 1 }, timeZone: 'Asia/Kolkata' },
          },
        ]);
        await tx.users.putStage(userId, { stage: 'tour', changedAt: 7 });
        await tx.users.putDayZone(userId, { zone: 'Asia/Kolkata', since: 7 });
      }
      await tx.users.putAccess(ids.map((userId) => accessRow({ userId })));
      await tx.users.putTotals(
        ids.map((userId) => ({
          ...{ userId, action, count: 3, sum: 1_500_000n, activeDays: 1, firstAt: 1, lastAt: 2, recentDays: 1n },
        })),
      );
      await tx.users.addDays(ids.map((userId) => ({ userId, action, day: 1, count: 3, sum: 1_500_000n })));
      await tx.users.appendLedger(
        ids.flatMap((userId) =>
          (['unlocked', 'revoked', 'rearmed', 'unlocked'] as const).map((kind) => ({
            userId,
            ...ledgerEntry({ flagId, kind }),
          })),
        ),
      );
      await tx.timers.put(ids.map((userId) => ({ userId, dueAt: 5 })));
      const flips = { batch: 'b', at: 1, revision: 1, unlocked: ['x'], locked: [], cause: { type: 'time' } } as const;
      await tx.outbox.append(ids.map((userId) => ({ userId, ...flips })));
      await tx.users.advance(ids);
    });

  /** Everything that can be read of a user. */
  const readAll = async (id: string, events: readonly ReturnType<typeof sampleEvent>[]) => ({
    state: (await store().states.users([id])).get(id)!,
    ledger: (await store().history.ledger(id, { limit: 100 })).items.length,
    stages: (await store().history.progress(id, { limit: 100 })).items.length,
    events: (await store().events.states(events)).map(({ state }) => state),
    outbox: (await store().outbox.changes(['b'], [id])).length,
    timers: (await store().timers.due(5, 1_000)).filter(({ userId }) => userId === id).length,
    access: (await store().configuration.access('flg_x', { limit: 1_000 })).items.filter(({ userId }) => userId === id)
      .length,
  });

  it('removes all that is stored about a user and nobody else, keeping the revision and the totals', async () => {
    const [id, other] = [unique('User'), unique('user')];
    const [flagId, action] = [unique('flg'), unique('action')];
    await fill([id, other], flagId, action);
    const own = ['pending', 'done', 'dead'].map((source) => sampleEvent({ userId: id, source }));
    const others = [sampleEvent({ userId: other })];
    await store().inbox.append([...own, ...others]);
    await store().transaction(async (tx) => {
      await tx.inbox.finish([own[1]!], 'b');
      await tx.inbox.bury(own[2]!, 'why');
    });
    const before = await readAll(other, others);
    const totalsBefore = await store().history.deletedTotals();

    let gone = 0;
    let rounds = 0;
    for (let removed = 2; removed === 2; rounds++) {
      await change([id], async (tx) => {
        removed = await tx.users.remove(id, { at: 77, limit: 2 });
        if (rounds === 0) await tx.users.countDeleted();
        await tx.users.advance([id], new Map([[id, 78]]));
      });
      gone += removed;
    }
    expect(gone).toBe(1 + 1 + 1 + 4 + 1 + 1 + 1 + 1 + 3 + 1);
    expect(await readAll(id, own)).toEqual({
      state: { ...unknownUser(id), revision: 1 + rounds, deletedAt: 77, writtenAt: 78 },
      ...{ ledger: 0, stages: 0, events: ['unknown', 'unknown', 'unknown'], outbox: 0, timers: 0, access: 0 },
    });
    expect(await readAll(other, others)).toEqual(before);
    expect(before).toMatchObject({ ledger: 4, stages: 1, events: ['pending'], outbox: 1, timers: 1, access: 1 });

    const totals: DeletedTotals = await store().history.deletedTotals();
    expect(totals.users).toBe(totalsBefore.users + 1);
    expect(totals.unlocks.get(flagId)).toBe(2);
    expect(totals.actions.get(action)).toEqual({ count: 3, sum: 1.5 });
  });

  it('adds up what several deleted users had, and keeps nothing of a removal that was rolled back', async () => {
    const ids = [unique('user'), unique('user'), unique('user')];
    const [flagId, action] = [unique('flg'), unique('action')];
    await fill(ids, flagId, action);
    for (const id of ids.slice(1))
      await change([id], (tx) => tx.users.remove(id, { at: 1, limit: 100 }).then(() => undefined));
    const failing = change(ids, async (tx) => {
      await tx.users.remove(ids[0]!, { at: 1, limit: 100 });
      throw new Error('given up');
    });
    await expect(failing).rejects.toThrow('given up');
    const { unlocks, actions } = await store().history.deletedTotals();
    expect(unlocks.get(flagId)).toBe(4);
    expect(actions.get(action)).toEqual({ count: 6, sum: 3 });
    expect((await store().states.users(ids)).get(ids[0]!)?.organizationId).toBe('acme');
  });

  it('lets a removed user be stored anew, at higher revisions', async () => {
    const id = unique('user');
    await fill([id], 'flg_y', 'a');
    await change([id], async (tx) => {
      await tx.users.remove(id, { at: 9, limit: 100 });
      await tx.users.advance([id]);
    });
    await fill([id], 'flg_y', 'a');
    const state = (await store().states.users([id])).get(id)!;
    expect(state).toMatchObject({ revision: 3, deletedAt: 9, organizationId: 'acme', stage: 'tour' });
    expect(state.ledger.get('flg_y')?.get('rul_x')?.state).toBe('UNLOCKED');
  });
}
