import { expect, it } from '@jest/globals';
import { DAY_MS } from '../../src/core/values/time/time.js';
import type { SqlStore } from '../../src/store/sql/sql-store.js';
import type { Store } from '../../src/store/store.js';
import { TimerWorker } from '../../src/worker/timers/timer-worker.js';
import { describeOnEachEngine } from './stands/engines.js';
import { atInstant, atLeast, daysIn, latching, ledgerOf, verified } from './stands/use-case-stand.js';

const live = (value: string) => ({
  rules: [{ conditions: { all: [{ fact: 'roles', operator: 'contains', value }] } }],
});

describeOnEachEngine('what a write unlocks', (engine) => {
  it('is every flag that came on through it, by whatever line of the decision', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('by-row', {}, { access: [{ role: 'manager' }] });
    await stand.setFlag('by-live-rule', live('manager'));
    await stand.setFlag('by-latch', latching(verified));
    await stand.setFlag('switched-off', { ...latching(verified), active: false });
    await stand.setFlag('for-all', { isEnabledGlobally: true });
    const { newlyUnlocked, user } = await stand.identify('maria', { roles: ['manager'], emailVerified: true });
    expect([...newlyUnlocked].sort()).toEqual(['by-latch', 'by-live-rule', 'by-row']);
    // A switched-off flag latches all the same: it gives what was earned once it is on.
    const flagIds = (await ledgerOf(stand.store, 'maria')).map(({ flagId }) => flagId);
    expect(flagIds).toHaveLength(2);
    await stand.setFlag('switched-off', { active: true });
    expect(await stand.on('maria')).toContain('switched-off');
    expect((await stand.identify('maria', { roles: ['manager'] })).newlyUnlocked).toEqual([]);

    const demoted = await stand.identify('maria', { roles: ['employee'], emailVerified: false });
    expect(demoted.newlyUnlocked).toEqual([]);
    expect([...(await stand.on('maria'))].sort()).toEqual(['by-latch', 'for-all', 'switched-off']);
    expect(user.id).toBe('maria');
  });

  it('answers with the user as stored: the revision, and the new unlocks', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('stored', latching(verified));
    for (const emailVerified of [false, true]) {
      const { user } = await stand.identify('stored', { emailVerified });
      const stored = (await stand.store.states.users(['stored'])).get('stored')!;
      expect(user.revision).toBe(stored.revision);
      expect(user.ledger).toEqual(stored.ledger);
      expect(stand.published.at(-1)).toEqual({ kind: 'users', users: [{ id: 'stored', revision: stored.revision }] });
    }
    const again = await stand.identify('stored', { emailVerified: true });
    expect(again.user.revision).toBe(2);
    expect((await stand.store.states.users(['stored'])).get('stored')?.revision).toBe(2);
  });

  it('unlocks a chain in one transaction', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const unlocked = (flag: string) => ({ fact: 'unlocked', params: { flag }, operator: 'equal', value: true });
    await stand.setFlag('c-first', latching(verified));
    await stand.setFlag('b-second', latching(unlocked('c-first')));
    await stand.setFlag('a-third', latching(unlocked('b-second'), atLeast(1, 'never')));
    await stand.setFlag('z-third', latching(unlocked('b-second'), unlocked('c-first')));
    const { newlyUnlocked, user } = await stand.identify('chain', { emailVerified: true });
    expect([...newlyUnlocked].sort()).toEqual(['b-second', 'c-first', 'z-third']);
    const ledger = await ledgerOf(stand.store, 'chain');
    expect(ledger.map(({ cause }) => cause.type)).toEqual(['identify', 'identify', 'identify']);
    expect(new Set(ledger.map(({ earnedAt }) => earnedAt)).size).toBe(1);
    expect(user.revision).toBe(1);
  });

  it('comes with rows for users on a flag that is created by the same call', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const changes: { unlocked: readonly string[]; locked: readonly string[] }[] = [];
    const watched = await engine.compose({
      around: (store) => ({
        ...store,
        transaction: (work) =>
          store.transaction((tx) =>
            work({
              ...tx,
              outbox: {
                append: async (all) => {
                  changes.push(...all.map(({ unlocked, locked }) => ({ unlocked, locked })));
                  await tx.outbox.append(all);
                },
              },
            }),
          ),
      }),
    });
    await stand.identify('guest', {});
    await watched.setFlag('with-guest', {}, { access: [{ userId: 'guest' }] });
    expect(changes.splice(0)).toEqual([{ unlocked: ['with-guest'], locked: [] }]);
    await watched.setFlag('with-guest', {}, { access: [{ userId: 'guest', effect: 'DENY' }] });
    expect(changes.splice(0)).toEqual([{ unlocked: [], locked: ['with-guest'] }]);
    await watched.setFlag('with-guest', {}, { removeAccess: [{ userId: 'guest' }] });
    expect(changes.splice(0)).toEqual([]);
    // Demotion is announced as well.
    await watched.setFlag('tools', live('manager'));
    await watched.identify('guest', { roles: ['manager'] });
    expect(changes.splice(0)).toEqual([{ unlocked: ['tools'], locked: [] }]);
    await watched.identify('guest', { roles: [] });
    expect(changes.splice(0)).toEqual([{ unlocked: [], locked: ['tools'] }]);
  });
});

describeOnEachEngine('what time unlocks', (engine) => {
  it('comes by itself at the instant it is due, and once', async () => {
    const server = await engine.start();
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('week', latching(daysIn(7)));
    const joinedAt = (await stand.store.now()) - 7 * DAY_MS + 1_200;
    await stand.identify('week', { joinedAt });
    expect(await ledgerOf(stand.store, 'week')).toEqual([]);
    const started = performance.now();
    let ledger = await ledgerOf(stand.store, 'week');
    while (ledger.length === 0) {
      if (performance.now() - started > 8_000) throw new Error('the timer did not fire');
      await new Promise((resolve) => setTimeout(resolve, 50));
      ledger = await ledgerOf(stand.store, 'week');
    }
    expect(ledger).toMatchObject([{ cause: { type: 'time' }, earnedAt: joinedAt + 7 * DAY_MS }]);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await ledgerOf(stand.store, 'week')).toHaveLength(1);
    expect(await stand.store.timers.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    await server.stop(1_000);
  });

  it('is judged at each due instant, however late, and by one of two workers', async () => {
    const [stand, other] = [await engine.compose(), await engine.compose()];
    await stand.clear();
    const now = await stand.store.now();
    const users = Array.from({ length: 30 }, (_, i) => `late-${i}`);
    // As if all workers had been away: the timers were set when the users joined, and nobody came.
    const past = await engine.compose({ around: (store) => atInstant(store, now - 2.5 * DAY_MS) });
    await past.setFlag('day-1', latching(daysIn(1)));
    await past.setFlag('day-2', latching(daysIn(2)));
    for (const [i, id] of users.entries()) await past.identify(id, { joinedAt: now - 2.5 * DAY_MS - i });
    await past.identify('verified', { emailVerified: true, joinedAt: now - 2.5 * DAY_MS });
    await Promise.all([stand, other, stand].map((one) => one.fireTimers()));
    for (const [i, id] of users.entries()) {
      const ledger = await ledgerOf(stand.store, id);
      const joined = now - 2.5 * DAY_MS - i;
      expect(ledger.map(({ earnedAt }) => earnedAt)).toEqual([joined + DAY_MS, joined + 2 * DAY_MS]);
      expect(ledger.every(({ cause }) => cause.type === 'time')).toBe(true);
    }
  });

  it('is judged by rules that changed while nobody came, at the instants that came after the change', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const now = await stand.store.now();
    const joinedAt = now - 10 * DAY_MS;
    const past = await engine.compose({ around: (store) => atInstant(store, joinedAt) });
    await past.setFlag('first-day', latching(daysIn(1)));
    await past.identify('patient', { joinedAt });
    const change = await engine.compose({ around: (store) => atInstant(store, joinedAt + 5 * DAY_MS) });
    await change.services.keeper.refresh();
    const before = { fact: 'daysSinceJoin', operator: 'lessThan', value: 7 };
    const flags = [
      await change.setFlag('day-6-only', latching(daysIn(6), before)),
      await change.setFlag('day-8', latching(daysIn(8))),
    ];
    expect(await stand.fireTimers()).toBe(1);
    const ledger = await ledgerOf(stand.store, 'patient');
    expect(ledger.map(({ earnedAt }) => (earnedAt - joinedAt) / DAY_MS)).toEqual([1, 6, 8]);
    expect(ledger.slice(1).map(({ flagId }) => flagId)).toEqual(flags.map(({ flag }) => flag.id));
    expect(await stand.store.timers.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });

  it('is not lost to a change that comes between its instant and the worker', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const manager = { fact: 'roles', operator: 'contains', value: 'manager' };
    const now = await stand.store.now();
    const past = await engine.compose({ around: (store) => atInstant(store, now - DAY_MS) });
    await past.setFlag('veteran', latching(daysIn(1), manager));
    const joinedAt = now - DAY_MS - 1_000;
    await past.identify('demoted', { joinedAt: now - DAY_MS - 1_000 + 500, roles: ['manager'] });
    // Due half a second ago; the demotion comes first.
    const { newlyUnlocked } = await stand.identify('demoted', { roles: [] });
    expect(newlyUnlocked).toEqual([]);
    expect(await ledgerOf(stand.store, 'demoted')).toMatchObject([
      { kind: 'unlocked', earnedAt: joinedAt + 500 + DAY_MS, cause: { type: 'time' } },
    ]);
    expect(await stand.fireTimers()).toBe(0);
    expect(await stand.on('demoted')).toContain('veteran');
  });

  it('comes to the others when one user cannot be judged', async () => {
    const stand = await engine.compose({
      around: (store) => ({
        ...store,
        transaction: (work) =>
          store.transaction((tx) => {
            const appendLedger: typeof tx.users.appendLedger = (entries) =>
              entries.some(({ userId }) => userId === 'cursed')
                ? Promise.reject(new Error('no entry for the cursed'))
                : tx.users.appendLedger(entries);
            return work({ ...tx, users: { ...tx.users, appendLedger } });
          }),
      }),
    });
    await stand.clear();
    const now = await stand.store.now();
    const past = await engine.compose({ around: (store) => atInstant(store, now - DAY_MS) });
    await past.setFlag('one-day', latching(daysIn(1)));
    const others = ['calm-1', 'calm-2', 'calm-3'];
    for (const id of [...others, 'cursed']) await past.identify(id, { joinedAt: now - DAY_MS });
    expect(await stand.fireTimers()).toBe(others.length);
    expect(stand.failed).toMatchObject([{ userId: 'cursed', error: { message: 'no entry for the cursed' } }]);
    for (const id of others) expect(await ledgerOf(stand.store, id)).toHaveLength(1);
    expect(await stand.store.timers.due(now, 10)).toMatchObject([{ userId: 'cursed' }]);
    await past.fireTimers();
  });

  it('comes to those whose timers are due later, however many before them cannot be judged', async () => {
    const around = (store: SqlStore): Store => ({
      ...store,
      transaction: (work) =>
        store.transaction((tx) => {
          const appendLedger: typeof tx.users.appendLedger = (entries) =>
            entries.some(({ userId }) => userId.startsWith('stuck'))
              ? Promise.reject(new Error('no entry for those'))
              : tx.users.appendLedger(entries);
          return work({ ...tx, users: { ...tx.users, appendLedger } });
        }),
    });
    const stand = await engine.compose({ around });
    await stand.clear();
    await stand.fireTimers();
    const now = await stand.store.now();
    const past = await engine.compose({ around: (store) => atInstant(store, now - DAY_MS) });
    await past.setFlag('a-whole-day', latching(daysIn(1)));
    const stuck = Array.from({ length: 12 }, (_, i) => `stuck-${i}`);
    for (const [i, id] of [...stuck, 'hidden-1', 'hidden-2'].entries())
      await past.identify(id, { joinedAt: now - DAY_MS - 100 + i });
    const failed: string[] = [];
    const { store, notifier, services } = stand;
    const worker = new TimerWorker({
      ...{ store, notifier, keeper: services.keeper, pageSize: 4 },
      onError: (userId) => void failed.push(userId),
    });
    expect(await worker.run()).toBe(2);
    for (const id of ['hidden-1', 'hidden-2']) expect(await ledgerOf(stand.store, id)).toHaveLength(1);
    expect(new Set(failed)).toEqual(new Set(stuck));
    // They are not tried again at once, and lose nothing.
    expect(await worker.run()).toBe(0);
    expect(failed).toHaveLength(stuck.length);
    expect(await past.sqlStore.timers.due(now, 100)).toHaveLength(stuck.length);
    const healed = await engine.compose();
    expect(await healed.fireTimers()).toBe(stuck.length);
  });

  it('drops timers that no rule waits for any more', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('soon', latching(daysIn(1)));
    const now = await stand.store.now();
    const past = await engine.compose({ around: (store) => atInstant(store, now - DAY_MS) });
    await past.identify('dropped', { joinedAt: now - DAY_MS - 5_000 + 10 });
    await stand.setFlag('soon', { archived: true });
    await stand.fireTimers();
    expect(await stand.store.timers.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    expect(await ledgerOf(stand.store, 'dropped')).toEqual([]);
  });
});
