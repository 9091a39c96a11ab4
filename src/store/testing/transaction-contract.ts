import { expect, it } from '@jest/globals';
import { type Store, StoreUnavailable, type Transaction } from '../store.js';
import { changing, gate, ledgerEntry, sampleEvent, sampleFlag, unique } from './samples.js';

export function transactionContract(store: () => Store, unreachable: () => Promise<Store>): void {
  it('answers a ping, the epoch and the time of its own clock', async () => {
    await store().ping();
    expect(await store().epoch()).toMatch(/^[0-9a-f-]{36}$/);
    expect(await store().epoch()).toBe(await store().epoch());
    for (const ask of [() => store().now(), () => store().transaction((tx) => tx.now())]) {
      const before = Date.now();
      const now = await ask();
      expect(Number.isInteger(now)).toBe(true);
      // Both clocks are of this machine; each may be rounded in its own way.
      expect(now).toBeGreaterThanOrEqual(before - 50);
      expect(now).toBeLessThanOrEqual(Date.now() + 50);
    }
  });

  it('gives what the work gives, and passes its rejection on with nothing changed', async () => {
    const [id, flag] = [unique('user'), sampleFlag()];
    expect(await store().transaction(async () => 'done')).toBe('done');
    const failure = new Error('the work failed');
    const failing = store().transaction(async (tx) => {
      await tx.users.lock([id]);
      await tx.users.advance([id]);
      await tx.configuration.advance();
      await tx.configuration.putFlag(flag);
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect((await store().states.users([id])).get(id)?.revision).toBe(0);
    expect(await store().configuration.flag(flag.id)).toBeUndefined();
  });

  it('takes calls in the order in which they are made, whether or not they are waited for', async () => {
    const id = unique('user');
    await store().transaction(async (tx) => {
      const total = (count: number) => ({ count, sum: 0n, activeDays: 1, firstAt: 1, lastAt: 1, recentDays: 1n });
      const calls: Promise<unknown>[] = [tx.users.lock([id])];
      for (let count = 1; count <= 20; count++) {
        calls.push(tx.users.putTotals([{ userId: id, action: 'a', ...total(count) }]));
        calls.push(tx.users.addDays([{ userId: id, action: 'a', day: 1, count: 1, sum: 500_000n }]));
        calls.push(tx.timers.put([{ userId: id, dueAt: count % 2 === 0 ? count : undefined }]));
      }
      const seen = tx.users.lock([id]);
      calls.push(tx.users.putTotals([{ userId: id, action: 'a', ...total(99) }]), tx.users.advance([id]));
      await Promise.all(calls);
      expect((await seen).get(id)?.actions.get('a')?.count).toBe(20);
    });
    const user = (await store().states.users([id])).get(id)!;
    expect([user.revision, user.actions.get('a')?.count]).toEqual([1, 99]);
    expect(user.actionDays.get('a')).toEqual([{ day: 1, count: 20, sum: 10_000_000n }]);
    const due = (await store().timers.due(1_000, 1_000)).find(({ userId }) => userId === id);
    expect(due?.dueAt).toBe(20);
    await store().transaction((tx) => tx.timers.put([{ userId: id, dueAt: undefined }]));
  });

  it('fails as a whole where one of several calls fails that nobody waited between', async () => {
    const [id, flag] = [unique('user'), sampleFlag()];
    await changing(store(), (tx) => tx.configuration.putFlag(flag));
    const failing = store().transaction(async (tx) => {
      await Promise.all([
        tx.users.lock([id]),
        tx.users.advance([id]),
        tx.configuration.advance(),
        tx.configuration.putFlag({ ...flag, id: `${flag.id}-other` }),
        tx.users.advance([id]),
      ]);
    });
    await expect(failing).rejects.toThrow('is taken');
    expect((await store().states.users([id])).get(id)?.revision).toBe(0);
  });

  it('knows what it has itself written of a locked user', async () => {
    const id = unique('user');
    await store().transaction(async (tx) => {
      await tx.users.lock([id]);
      await tx.users.appendLedger([{ userId: id, ...ledgerEntry() }]);
      await tx.timers.put([{ userId: id, dueAt: 50 }]);
      expect(await tx.timers.dueAt([id])).toEqual(new Map([[id, 50]]));
      await tx.users.appendLedger([{ userId: id, ...ledgerEntry({ kind: 'revoked' }) }]);
      await tx.users.advance([id]);
    });
    await store().transaction(async (tx) => {
      await tx.users.lock([id]);
      await tx.timers.put([{ userId: id, dueAt: 50 }]);
      await tx.users.appendLedger([{ userId: id, ...ledgerEntry({ kind: 'rearmed' }) }]);
      expect(await tx.timers.dueAt([id])).toEqual(new Map([[id, 50]]));
    });
    const kinds = async () => (await store().history.ledger(id, { limit: 10 })).items.map(({ kind }) => kind);
    expect(await kinds()).toEqual(['unlocked', 'revoked', 'rearmed']);
    await store().transaction(async (tx) => {
      await tx.users.lock([id]);
      await tx.users.remove(id, { at: 1, limit: 100 });
      expect(await tx.timers.dueAt([id])).toEqual(new Map());
      await tx.users.appendLedger([{ userId: id, ...ledgerEntry({ kind: 'granted' }) }]);
      await tx.timers.put([{ userId: id, dueAt: 50 }]);
      expect(await tx.timers.dueAt([id])).toEqual(new Map([[id, 50]]));
      await tx.timers.put([{ userId: id, dueAt: undefined }]);
    });
    expect(await kinds()).toEqual(['granted']);
    expect((await store().timers.due(1_000, 1_000)).map(({ userId }) => userId)).not.toContain(id);
  });

  it('shows nothing of a transaction before its commit, and lets readers through meanwhile', async () => {
    const id = unique('user');
    const written = gate();
    const finish = gate();
    const writing = store().transaction(async (tx) => {
      await tx.users.lock([id]);
      await tx.users.advance([id]);
      written.open();
      await finish.opened;
    });
    await written.opened;
    expect((await store().states.users([id])).get(id)?.revision).toBe(0);
    await store().configuration.load();
    finish.open();
    await writing;
    expect((await store().states.users([id])).get(id)?.revision).toBe(1);
  });

  it('runs the work again from the start after a deadlock', async () => {
    const [one, two] = [unique('user'), unique('user')];
    let runs = 0;
    const cross = (first: string, second: string): Promise<void> =>
      store().transaction(async (tx) => {
        runs += 1;
        await tx.users.lock([first]);
        await tx.users.advance([first]);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await tx.users.lock([second]);
        await tx.users.advance([second]);
      });
    await Promise.all([cross(one, two), cross(two, one), cross(one, two), cross(two, one)]);
    const states = await store().states.users([one, two]);
    expect([...states.values()].map(({ revision }) => revision)).toEqual([4, 4]);
    expect(runs).toBeGreaterThanOrEqual(4);
  });

  it('commits nothing of a transaction whose deadlock was overlooked by the work', async () => {
    const [one, two] = [unique('user'), unique('user')];
    const cross = (first: string, second: string): Promise<void> =>
      store().transaction(async (tx) => {
        await tx.users.lock([first]);
        await tx.users.advance([first]);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await tx.users.lock([second]).catch(() => undefined);
        await tx.users.advance([second]).catch(() => undefined);
      });
    await Promise.all([cross(one, two), cross(two, one)]);
    const states = await store().states.users([one, two]);
    expect([...states.values()].map(({ revision }) => revision)).toEqual([2, 2]);
  });

  it('refuses what comes after the end of a transaction', async () => {
    let leaked: Transaction | undefined;
    await store().transaction(async (tx) => {
      leaked = tx;
    });
    await expect(leaked!.now()).rejects.toThrow('the transaction has ended');
  });

  it('says that it is unavailable when it cannot be reached', async () => {
    const away = await unreachable();
    try {
      const calls: readonly (() => Promise<unknown>)[] = [
        () => away.ping(),
        () => away.now(),
        () => away.states.users(['alice']),
        () => away.configuration.load(),
        () => away.inbox.append([sampleEvent()]),
        () => away.transaction((tx) => tx.now()),
      ];
      for (const call of calls) await expect(call()).rejects.toBeInstanceOf(StoreUnavailable);
    } finally {
      await away.close();
    }
  });
}
