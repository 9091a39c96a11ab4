import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigurationKeeper } from '../../src/configuration/configuration-keeper.js';
import { latch, nextLatchAt } from '../../src/core/unlocking/latch.js';
import { forgottenUnlocks } from '../../src/core/unlocking/ledger-change.js';
import { DAY_MS } from '../../src/core/values/time/time.js';
import type { Backfill } from '../../src/store/backfill-store.js';
import { type Store, StoreUnavailable } from '../../src/store/store.js';
import { BackfillWorker, type BackfillWorkerOptions } from '../../src/worker/backfills/backfill-worker.js';
import { endBackfills } from '../../src/worker/backfills/end-backfills.js';
import { tidyFlagMarks } from '../../src/worker/upkeep/flag-marks.js';
import { pause, until } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { atLeast, daysIn, latching, ledgerOf, OPERATOR, type UseCaseStand, verified } from './stands/use-case-stand.js';

let made = 0;
const name = (what: string): string => `${what}-${made++}`;
const names = (what: string, count: number): readonly string[] => Array.from({ length: count }, () => name(what));
const inRole = (role: string) => ({ fact: 'roles', operator: 'contains', value: role });

describeOnEachEngine('a backfill', (engine) => {
  /** A worker of its own on this stand, as in another process, and whom it could not bring up to date. */
  const workerOn = (
    { store, services, notices: _, ...stand }: UseCaseStand,
    options: Partial<BackfillWorkerOptions> = {},
  ) => {
    const failed: string[] = [];
    const done: Backfill[] = [];
    const worker = new BackfillWorker({
      ...{ store, keeper: services.keeper, giveWay: () => Promise.resolve() },
      notifier: { ...SILENT, publish: async (notice) => void (stand.published as unknown[]).push(notice) },
      observer: {
        lookedAt: () => undefined,
        failed: (userId) => void failed.push(userId),
        done: (backfill) => void done.push(backfill),
      },
      ...options,
    });
    return Object.assign(worker, { failed, done });
  };
  const progress = (stand: UseCaseStand, id: string | undefined) => stand.services.backfills.get(OPERATOR, id!);

  it('unlocks a new rule for everybody who has earned it, once, and leaves the others as they are', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const [verifiedUsers, others] = [names('v', 7), names('o', 6)];
    for (const id of verifiedUsers) await stand.identify(id, { emailVerified: true });
    for (const id of others) await stand.identify(id);
    const revisions = await stand.store.states.users([...verifiedUsers, ...others]);
    const { backfillId, flag } = await stand.setFlag('earned-before', latching(verified));
    expect(await progress(stand, backfillId)).toMatchObject({
      state: 'pending',
      flagKey: 'earned-before',
      reason: 'flag',
    });
    // Evaluation waits for no backfill.
    expect(await stand.on(verifiedUsers[0]!)).toContain('earned-before');

    const worker = workerOn(stand, { pageSize: 4 });
    expect(await worker.run()).toBeGreaterThanOrEqual(13);
    const { state, total, done, unlocked, relocked, failed, leftMs } = await progress(stand, backfillId);
    expect({ state, unlocked, relocked, failed, leftMs }).toEqual({
      ...{ state: 'done', unlocked: 7, relocked: 0, failed: 0, leftMs: undefined },
    });
    expect(done).toBe(total);
    expect(done).toBe(await stand.store.userPages.count(''));
    expect(worker.done.map(({ id }) => id)).toEqual([backfillId]);
    const after = await stand.store.states.users([...verifiedUsers, ...others]);
    for (const id of verifiedUsers) {
      const entries = (await ledgerOf(stand.store, id)).filter(({ flagId }) => flagId === flag.id);
      expect(entries).toMatchObject([{ kind: 'unlocked', ruleVersion: 1, cause: { type: 'backfill' } }]);
      expect(after.get(id)!.revision).toBe(revisions.get(id)!.revision + 1);
    }
    for (const id of others) expect(after.get(id)).toEqual(revisions.get(id));
    expect(await worker.run()).toBe(0);
  });

  it('judges nobody as of an instant before the change that it was started for', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await workerOn(stand).run();
    const userId = name('early');
    await stand.identify(userId, { emailVerified: true });
    // The worker looks at the clock, and before it claims anything a rule is changed.
    let changing: Promise<{ readonly backfillId?: string | undefined }> | undefined;
    const store: Store = {
      ...stand.store,
      now: async () => {
        const now = await stand.store.now();
        if (changing === undefined) {
          while ((await stand.store.now()) <= now) await pause(1);
          changing = stand.setFlag(name('later'), latching(verified));
          await changing;
        }
        return now;
      },
    };
    const worker = workerOn(stand, { store });
    while ((await worker.step()) !== undefined);
    const { backfillId } = await changing!;
    expect(await progress(stand, backfillId)).toMatchObject({ state: 'done' });
    expect(await ledgerOf(stand.store, userId)).toMatchObject([{ kind: 'unlocked', cause: { type: 'backfill' } }]);
  });

  it('tells how far it is, and how long it will take, until it has ended', async () => {
    const stand = await engine.compose();
    await stand.clear();
    for (const id of names('p', 6)) await stand.identify(id, { emailVerified: true });
    const { backfillId } = await stand.setFlag(name('told'), latching(verified));
    const worker = workerOn(stand, { pageSize: 2 });
    const told = [];
    for await (const one of stand.services.backfills.watch(OPERATOR, backfillId!)) {
      told.push(one);
      if (told.length === 1) await worker.step();
      if (told.length === 2) await worker.run();
    }
    expect(told.map(({ state }) => state)).toEqual(['pending', 'running', 'done']);
    const [before, underway, ended] = told;
    expect([before!.leftMs, ended!.leftMs]).toEqual([undefined, undefined]);
    expect(underway!.done).toBe(2);
    expect(underway!.total).toBe(ended!.done);
    expect(underway!.leftMs).toBe(Math.round((underway!.busyMs / 2) * (underway!.total! - 2)));
    const list = await stand.services.backfills.list(
      OPERATOR,
      { flag: underway!.flagKey, unfinished: false },
      { limit: 5 },
    );
    expect(list.items.map(({ id }) => id)).toEqual([backfillId]);
  });

  it('goes on where a killed worker stopped, once its lease is over, and counts nothing twice', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const users = names('k', 9);
    for (const id of users) await stand.identify(id, { emailVerified: true });
    const { backfillId, flag } = await stand.setFlag(name('resumed'), latching(verified));
    const before = await stand.store.userPages.count('');
    // Killed between what it recorded and the note of how far it is.
    let calls = 0;
    const dying: Store = {
      ...stand.store,
      transaction: (work) => {
        calls++;
        return calls === 6 ? Promise.reject(new StoreUnavailable('killed')) : stand.store.transaction(work);
      },
    };
    await expect(workerOn(stand, { store: dying, pageSize: 3 }).run()).rejects.toThrow('killed');
    const stopped = await progress(stand, backfillId);
    expect(stopped).toMatchObject({ state: 'running' });
    expect(stopped.done).toBeLessThan(before);
    const successor = workerOn(stand, { pageSize: 3 });
    expect(await successor.run()).toBe(0);
    const later: Store = { ...stand.store, now: async () => (await stand.store.now()) + 6_000 };
    await workerOn(stand, { store: later, pageSize: 3 }).run();
    const entries = await Promise.all(users.map((id) => ledgerOf(stand.store, id)));
    for (const one of entries) expect(one.filter(({ flagId }) => flagId === flag.id)).toHaveLength(1);
    expect(await progress(stand, backfillId)).toMatchObject({ state: 'done', done: before, total: before });
    expect((await progress(stand, backfillId)).unlocked).toBe(await flagUnlocks(stand, flag.id));
  });

  it('stays right beside live events, deletions, two workers and a second change of the same rule', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('event', 'identify', 'delete', 'page', 'page', 'other page', 'change'), {
          minLength: 12,
          maxLength: 24,
        }),
        fc.boolean(),
        async (steps, relock) => {
          await stand.clear();
          const action = name('act');
          const users = names('i', 8);
          for (const id of users) await stand.identify(id, { roles: ['user'] });
          await stand.track(users.map((user_id, i) => ({ id: name('e'), user_id, action, value: i })).slice(0, 5));
          await stand.drain();
          const key = name('flag');
          const first = await stand.setFlag(key, latching(atLeast(1, action)));
          const [one, other] = [workerOn(stand, { pageSize: 3 }), workerOn(stand, { pageSize: 2 })];
          let changed: string | undefined;
          for (const [i, step] of steps.entries()) {
            const user = users[i % users.length]!;
            if (step === 'event') {
              await stand.track([{ id: name('e'), user_id: user, action }]);
              await stand.drain();
            }
            if (step === 'identify') await stand.identify(user, { emailVerified: true });
            if (step === 'delete') {
              await stand.services.userDeletion.delete(OPERATOR, { userId: user, comment: 'asked for it' });
            }
            if (step === 'page') await one.step();
            if (step === 'other page') await other.step();
            if (step === 'change' && changed === undefined) {
              const [rule] = first.flag.rules;
              const { rules } = latching(verified);
              const onRuleChange = relock ? 'RELOCK' : 'KEEP';
              const again = await stand.setFlag(key, { rules: [{ ...rules[0]!, id: rule!.id }] }, { onRuleChange });
              changed = again.backfillId;
            }
          }
          await Promise.all([one.run(), other.run()]);
          await one.run();
          const last = await progress(stand, changed ?? first.backfillId);
          expect(last).toMatchObject({ state: 'done', failed: 0 });
          if (changed !== undefined) {
            expect(['done', 'superseded']).toContain((await progress(stand, first.backfillId)).state);
          }
          await expectUpToDate(stand, users);
          for (const id of users) await expectEachOnce(stand, id, first.flag.id);
        },
      ),
      { numRuns: engine.name.startsWith('SQLite') ? 25 : 12 },
    );
    // Dozens of whole backfills, which take a few seconds on a quiet machine and many on a busy one.
  }, 240_000);

  it('takes back what RELOCK has forgotten, and gives it anew to whoever has earned it', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const [keeps, loses, guest, lead] = ['keeps', 'loses', 'guest', 'lead'].map(name) as [
      string,
      string,
      string,
      string,
    ];
    await stand.identify(keeps, { roles: [guest, lead] });
    await stand.identify(loses, { roles: [guest] });
    const { flag } = await stand.setFlag(name('relocked'), latching(inRole(guest)));
    const worker = workerOn(stand);
    await worker.run();
    const rules = [{ ...latching(inRole(lead)).rules[0]!, id: flag.rules[0]!.id }];
    const { backfillId } = await stand.setFlag(flag.key, { rules }, { onRuleChange: 'RELOCK' });
    expect(await stand.on(loses)).not.toContain(flag.key);
    await worker.run();
    expect(await progress(stand, backfillId)).toMatchObject({ state: 'done', relocked: 2, unlocked: 1 });
    const kinds = async (id: string) =>
      (await ledgerOf(stand.store, id))
        .filter(({ flagId }) => flagId === flag.id)
        .map(({ kind, ruleVersion }) => [kind, ruleVersion]);
    expect(await kinds(keeps)).toEqual([
      ['unlocked', 1],
      ['relocked', 1],
      ['unlocked', 2],
    ]);
    expect(await kinds(loses)).toEqual([
      ['unlocked', 1],
      ['relocked', 1],
    ]);
    // A rule that goes with its unlocks is forgotten for everybody.
    const gone = await stand.setFlag(flag.key, { rules: [] }, { onRuleChange: 'RELOCK' });
    await worker.run();
    expect(await progress(stand, gone.backfillId)).toMatchObject({ state: 'done', relocked: 1, unlocked: 0 });
    expect((await kinds(keeps)).at(-1)).toEqual(['relocked', 2]);
  });

  it('sets the timers anew of those whom a changed rule keeps waiting, and nothing else of theirs', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const joinedAt = (await stand.store.now()) - DAY_MS;
    const users = names('t', 3);
    for (const id of users) await stand.identify(id, { joinedAt });
    const dueAt = async () =>
      new Map(
        (await stand.store.timers.due(Number.MAX_SAFE_INTEGER, 1_000))
          .filter(({ userId }) => users.includes(userId))
          .map(({ userId, dueAt }) => [userId, dueAt]),
      );
    const worker = workerOn(stand);
    const { flag } = await stand.setFlag(name('timed'), latching(daysIn(7)));
    await worker.run();
    expect(await dueAt()).toEqual(new Map(users.map((id) => [id, joinedAt + 7 * DAY_MS])));
    const revisions = await stand.store.states.users(users);
    const sooner = [{ ...latching(daysIn(3)).rules[0]!, id: flag.rules[0]!.id }];
    await stand.setFlag(flag.key, { rules: sooner });
    await worker.run();
    expect(await dueAt()).toEqual(new Map(users.map((id) => [id, joinedAt + 3 * DAY_MS])));
    expect(await stand.store.states.users(users)).toEqual(revisions);
  });

  it('dates nothing before the rule meant what it means, however late a timer is', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const [waiting] = names('waiting', 1) as [string];
    const dueAt = (await stand.store.now()) + 700;
    const { flag: week } = await stand.setFlag(name('week'), latching(daysIn(7)));
    const { flag: early } = await stand.setFlag(name('early'), latching(daysIn(6)));
    await stand.identify(waiting, { joinedAt: dueAt - 7 * DAY_MS });
    await new Promise((resolve) => setTimeout(resolve, 800));
    // Nobody has fired the timer, and the operator is at it.
    const relocked = [{ ...latching(daysIn(5)).rules[0]!, id: early.rules[0]!.id }];
    await stand.setFlag(early.key, { rules: relocked }, { onRuleChange: 'RELOCK' });
    const { flag: late } = await stand.setFlag(name('late'), latching(daysIn(3)));
    const changedAt = await stand.store.now();
    await workerOn(stand).run();
    await stand.identify(waiting, { emailVerified: true });
    const entries = await ledgerOf(stand.store, waiting);
    const of = (flagId: string) => entries.filter((entry) => entry.flagId === flagId);
    expect(of(week.id)).toMatchObject([{ kind: 'unlocked', earnedAt: dueAt, cause: { type: 'time' } }]);
    expect(of(early.id).map(({ kind, ruleVersion }) => [kind, ruleVersion])).toEqual([
      ['unlocked', 1],
      ['relocked', 1],
      ['unlocked', 2],
    ]);
    for (const { earnedAt } of [of(early.id)[2]!, of(late.id)[0]!]) {
      expect(earnedAt).toBeGreaterThan(dueAt + 100);
      expect(earnedAt).toBeLessThan(changedAt + 60_000);
    }
  });

  it('follows a segment, the list of stages and an organization’s roles', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { organizations, segments, stages } = stand.services;
    const [acme, elsewhere] = [name('acme'), name('else')];
    const [member, stranger] = [name('member'), name('stranger')];
    await stand.identify(member, { organizationId: acme, roles: ['chief'], emailVerified: true });
    await stand.identify(stranger, { organizationId: elsewhere, roles: ['chief'] });
    await stand.services.progress.update(OPERATOR, { userId: member, stage: 'tour', allowBackward: false });
    const segment = name('segment');
    const put = (conditions: object) =>
      segments.set(OPERATOR, {
        key: segment,
        conditions: conditions as never,
        expectedVersion: undefined,
        comment: '',
      });
    await put({ all: [{ fact: 'emailVerified', operator: 'equal', value: 'never' }] });
    const keys = { segment: name('by-segment'), stages: name('by-stage'), organization: name('by-role') };
    await stand.setFlag(keys.segment, latching({ condition: segment }));
    await stand.setFlag(keys.stages, latching({ fact: 'stageIndex', operator: 'greaterThanInclusive', value: 1 }));
    await stand.setFlag(keys.organization, latching(inRole('boss')));
    const worker = workerOn(stand);
    await worker.run();
    expect(await stand.on(member)).toEqual([]);

    const written = {
      segment: await put({ all: [verified] }),
      stages: await stages.set(OPERATOR, {
        stages: ['welcome', 'tour'].map((stage) => ({ name: stage, selfSettable: true })),
      }),
      roles: await organizations.set(OPERATOR, {
        ...{ id: acme, comment: '' },
        roles: [
          { name: 'boss', inherits: [] },
          { name: 'chief', inherits: ['boss'] },
        ],
      }),
    };
    for (const [reason, { backfillIds }] of Object.entries(written)) {
      expect(backfillIds).toHaveLength(1);
      expect(await progress(stand, backfillIds[0])).toMatchObject({ reason, state: 'pending' });
    }
    expect(await progress(stand, written.roles.backfillIds[0])).toMatchObject({ organizationId: acme });
    await worker.run();
    const unlocked = async (id: string) => (await ledgerOf(stand.store, id)).filter(({ kind }) => kind === 'unlocked');
    expect(await unlocked(member)).toHaveLength(3);
    const causes = (await unlocked(member)).map(({ cause }) => cause);
    expect(causes).toContainEqual({ type: 'role', roles: [] });
    expect(causes.filter(({ type }) => type === 'backfill')).toHaveLength(2);
    expect(await unlocked(stranger)).toEqual([]);
    const { done, total } = await progress(stand, written.roles.backfillIds[0]);
    expect([done, total]).toEqual([1, 1]);
    // Nothing that a rule reads has changed.
    const again = await organizations.set(OPERATOR, { id: acme, strictRoles: true, comment: '' });
    expect(again.backfillIds).toEqual([]);
    await stages.set(OPERATOR, { stages: [] });
    await worker.run();
  });

  it('can be cancelled, and started again', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const users = names('c', 5);
    for (const id of users) await stand.identify(id, { emailVerified: true });
    const { backfillId, flag } = await stand.setFlag(name('stopped'), latching(verified));
    const worker = workerOn(stand, { pageSize: 2 });
    await worker.step();
    const { backfills } = stand.services;
    const cancelled = await backfills.cancel(OPERATOR, backfillId!, 'a mistake');
    // Of a page's keys, some may be of users who were deleted.
    expect(cancelled.state).toBe('cancelled');
    expect(cancelled.done).toBeLessThanOrEqual(2);
    expect(await worker.run()).toBe(0);
    const unlocked = await flagUnlocks(stand, flag.id);
    expect(unlocked).toBeLessThan(users.length);
    // Who was not reached unlocks with the next write, which is about nothing that the rule reads.
    const unsettled = async () => (await stand.store.configuration.flag(flag.id))?.unsettledSince;
    expect(await unsettled()).toBeDefined();
    for (const id of users)
      await stand.identify(id, { attributes: { replace: false, set: { seen: true }, remove: [] } });
    expect(await flagUnlocks(stand, flag.id)).toBeGreaterThanOrEqual(users.length);
    const started = await backfills.start(OPERATOR, flag.key, 'after all');
    expect(started).toMatchObject({ reason: 'manual', state: 'pending', flagId: flag.id });
    await worker.run();
    expect(await progress(stand, started.id)).toMatchObject({ state: 'done' });
    expect(await unsettled()).toBeUndefined();
    expect(stand.services.keeper.snapshot.flagsById.get(flag.id)?.flag).toMatchObject({ version: flag.version });
    const audit = await stand.store.audit.list({ limit: 5 }, {});
    expect(audit.items.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['backfill.start', 'backfill.cancel']),
    );
  });

  it('gives nothing to who is deleted between the look and the lock', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const [gone] = names('gone', 1) as [string];
    await stand.identify(gone, { emailVerified: true });
    const { flag } = await stand.setFlag(name('for-all'), latching());
    const store: Store = {
      ...stand.store,
      userPages: {
        ...stand.store.userPages,
        read: async (request) => {
          const page = await stand.store.userPages.read(request);
          await stand.services.userDeletion.delete(OPERATOR, { userId: gone, comment: 'asked for it' });
          return page;
        },
      },
    };
    await workerOn(stand, { store }).run();
    expect(await ledgerOf(stand.store, gone)).toEqual([]);
    expect(await flagUnlocks(stand, flag.id)).toBeGreaterThan(0);
  });

  it('follows an organization only when whoever read it as it was has committed', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const organization = name('org');
    await stand.setFlag(name('by-role'), latching(inRole('boss')));
    const order: string[] = [];
    const underWay = Promise.withResolvers<void>();
    const reading = stand.store.transaction(async (tx) => {
      await tx.configuration.confirmRevision();
      underWay.resolve();
      await new Promise((resolve) => setTimeout(resolve, 150));
      order.push('read');
    });
    await underWay.promise;
    const roles = [{ name: 'boss', inherits: [] }];
    const setting = stand.services.organizations.set(OPERATOR, { id: organization, roles, comment: '' });
    await Promise.all([reading, setting.then(({ backfillIds }) => order.push(`set ${backfillIds.length}`))]);
    expect(order).toEqual(['read', 'set 1']);
    await workerOn(stand).run();
  });

  it('refuses what makes no sense, and says what would', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { backfills } = stand.services;
    await expect(backfills.get(OPERATOR, 'bkf_none')).rejects.toThrow('no backfill "bkf_none"');
    await expect(backfills.cancel(OPERATOR, 'bkf_none', 'why')).rejects.toThrow('no backfill "bkf_none"');
    await expect(backfills.watch(OPERATOR, 'bkf_none').next()).rejects.toThrow('no backfill "bkf_none"');
    await expect(backfills.cancel(OPERATOR, 'bkf_none', ' ')).rejects.toThrow('comment is missing');
    await expect(backfills.start(OPERATOR, 'no-such-flag', 'why')).rejects.toThrow('no flag "no-such-flag"');
    const key = name('live');
    const { backfillId } = await stand.setFlag(key, { rules: [{ conditions: { all: [verified] } as never }] });
    expect(backfillId).toBeUndefined();
    await expect(backfills.start(OPERATOR, key, 'why')).rejects.toThrow('has no latching rule');
  });

  it('goes past a user who cannot be brought up to date', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const users = names('f', 5);
    for (const id of users) await stand.identify(id, { emailVerified: true });
    const { backfillId, flag } = await stand.setFlag(name('poisoned'), latching(verified));
    const poisoned: Store = {
      ...stand.store,
      transaction: (work) =>
        stand.store.transaction((tx) =>
          work({
            ...tx,
            users: {
              ...tx.users,
              lock: (ids) => (ids.includes(users[2]!) ? Promise.reject(new Error('unreadable')) : tx.users.lock(ids)),
            },
          }),
        ),
    };
    const worker = workerOn(stand, { store: poisoned });
    await worker.run();
    expect(worker.failed).toEqual([users[2]]);
    expect(await progress(stand, backfillId)).toMatchObject({ state: 'done', failed: 1 });
    for (const id of users) {
      const unlocks = (await ledgerOf(stand.store, id)).filter(({ flagId }) => flagId === flag.id);
      expect(unlocks).toHaveLength(id === users[2] ? 0 : 1);
    }
    // It is made up for with the next write, whatever that is about.
    await stand.identify(users[2]!, { attributes: { replace: false, set: { seen: true }, remove: [] } });
    expect((await ledgerOf(stand.store, users[2]!)).map(({ flagId }) => flagId)).toContain(flag.id);
  });

  it('marks a flag that not everybody was judged by, until a backfill of everybody has come to its end', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { backfills, organizations, keeper } = stand.services;
    const organization = name('org');
    const { flag } = await stand.setFlag(name('marked'), latching(inRole('boss')));
    const worker = workerOn(stand);
    await worker.run();
    const unsettled = async () => (await stand.store.configuration.flag(flag.id))?.unsettledSince !== undefined;
    const redefine = async (inherits: readonly string[]) => {
      const roles = [...inherits, 'boss'].map((role) => ({ name: role, inherits: role === 'boss' ? inherits : [] }));
      return (await organizations.set(OPERATOR, { id: organization, roles, comment: '' })).backfillIds[0]!;
    };
    expect(await unsettled()).toBe(false);
    await backfills.cancel(OPERATOR, await redefine(['a']), 'a mistake');
    expect(await unsettled()).toBe(true);
    expect(keeper.snapshot.flagsById.get(flag.id)?.flag.unsettledSince).toBeDefined();
    // One that has ended sets no mark, and one of an organization's users does not take it off.
    const ended = await redefine(['b']);
    await worker.run();
    expect(await unsettled()).toBe(true);
    const revision = await stand.store.configuration.revision();
    expect(await backfills.cancel(OPERATOR, ended, 'too late')).toMatchObject({ state: 'done' });
    expect(await stand.store.configuration.revision()).toBe(revision);
    await backfills.start(OPERATOR, flag.key, 'for everybody');
    await worker.run();
    expect(await unsettled()).toBe(false);
    expect(keeper.snapshot.flagsById.get(flag.id)?.flag).toMatchObject({ version: flag.version });
    expect(await stand.store.configuration.revision()).toBe(revision + 1);
  });

  it('marks a flag that this server cannot compile, and judges nobody by as it is', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { keeper } = stand.services;
    const { flag } = await stand.setFlag(name('newer'), latching(verified));
    const worker = workerOn(stand);
    await worker.run();
    const [rule] = flag.rules;
    const conditions = { all: [{ fact: 'moonPhase', operator: 'equal', value: 'full' }] };
    const put = (changed: typeof flag) =>
      stand.store.transaction(async (tx) => {
        await tx.configuration.advance();
        await tx.configuration.putFlag(changed);
      });
    const newer = { ...flag, version: 2, rules: [{ ...rule!, version: 2, conditions }] };
    const stored = () => stand.store.configuration.flag(flag.id);
    await put(newer);
    const older = new ConfigurationKeeper({ reader: stand.store.configuration });
    expect((await older.refresh()).failures).toMatchObject([{ flagKey: flag.key }]);
    const options = { store: stand.store, keeper: older, notifier: SILENT };
    expect(await tidyFlagMarks(options)).toBe(1);
    expect(await stored()).toEqual({ ...newer, unsettledSince: await stand.store.configuration.revision() });
    expect(await tidyFlagMarks(options)).toBe(0);
    // A whole server does so as soon as it finds it out.
    await put(newer);
    await keeper.refresh();
    await until(async () => (await stored())?.unsettledSince !== undefined);
    // What a backfill would take off is set anew while it is under way, once.
    const started = await stand.services.backfills.start(OPERATOR, flag.key, 'in vain');
    expect((await stored())?.unsettledSince).toBeLessThanOrEqual(started.revision);
    await tidyFlagMarks(options);
    expect((await stored())?.unsettledSince).toBeGreaterThan(started.revision);
    expect(await tidyFlagMarks(options)).toBe(0);
    // Its own backfill does not take the mark off.
    await worker.run();
    expect((await stored())?.unsettledSince).toBeDefined();
    await put({ ...flag, version: 3, unsettledSince: 1 });
    await stand.services.backfills.start(OPERATOR, flag.key, 'by a server that can');
    await worker.run();
    expect((await stand.store.configuration.flag(flag.id))?.unsettledSince).toBeUndefined();
  });

  it.each(['unmarked', 'marked'])(
    'keeps a mark that is set while a backfill of everybody runs, where the flag was %s',
    async (before) => {
      const stand = await engine.compose();
      await stand.clear();
      const { backfills, organizations } = stand.services;
      const organization = name('org');
      const users = names('passed', 9);
      const redefine = async (inherits: readonly string[]) => {
        const roles = ['lead', ...inherits].map((role) => ({ name: role, inherits: role === 'lead' ? inherits : [] }));
        return (await organizations.set(OPERATOR, { id: organization, roles, comment: '' })).backfillIds[0]!;
      };
      for (const id of users) await stand.identify(id, { organizationId: organization, roles: ['lead'] });
      const { flag } = await stand.setFlag(name('kept'), latching(inRole('boss')));
      const worker = workerOn(stand, { pageSize: 4 });
      await worker.run();
      if (before === 'marked') await backfills.cancel(OPERATOR, await redefine(['other']), 'a mistake');
      const unsettledSince = async () => (await stand.store.configuration.flag(flag.id))?.unsettledSince;
      const unlocked = async () => {
        const ledgers = await Promise.all(users.map((id) => ledgerOf(stand.store, id)));
        return ledgers.flat().filter(({ flagId }) => flagId === flag.id).length;
      };
      expect((await unsettledSince()) !== undefined).toBe(before === 'marked');

      const full = await backfills.start(OPERATOR, flag.key, 'for everybody');
      // To the last page.
      const total = await stand.store.userPages.count('');
      while ((await progress(stand, full.id)).done < total - 4) await worker.step();
      expect(await progress(stand, full.id)).toMatchObject({ state: 'running' });
      // Those whom it has passed have earned the flag now, and nobody comes to them.
      await backfills.cancel(OPERATOR, await redefine(['boss']), 'a mistake');
      await worker.run();
      expect(await progress(stand, full.id)).toMatchObject({ state: 'done', failed: 0 });
      expect(await unlocked()).toBeLessThan(users.length);
      expect(await unsettledSince()).toBeGreaterThan(full.revision);
      for (const id of users)
        await stand.identify(id, { attributes: { replace: false, set: { seen: true }, remove: [] } });
      expect(await unlocked()).toBe(users.length);
      await backfills.start(OPERATOR, flag.key, 'for everybody');
      await worker.run();
      expect(await unsettledSince()).toBeUndefined();
    },
  );

  it('marks by the flag as it is stored, not by what its server holds', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { store } = stand;
    const { flag } = await stand.setFlag(name('held'), latching(verified));
    await workerOn(stand).run();
    const mark = async (unsettledSince?: number) =>
      store.transaction(async (tx) => {
        const revision = await tx.configuration.advance();
        await tx.configuration.putFlag(unsettledSince === undefined ? flag : { ...flag, unsettledSince });
        return revision;
      });
    const unsettledSince = async () => (await store.configuration.flag(flag.id))?.unsettledSince;
    /** The end of a backfill on a server that holds the flag as it was before `meanwhile`. */
    const end = async (failed: number, meanwhile: () => Promise<unknown>) => {
      const keeper = new ConfigurationKeeper({ reader: store.configuration });
      const started = await stand.services.backfills.start(OPERATOR, flag.key, 'for everybody');
      await keeper.refresh();
      await meanwhile();
      const worker = name('worker');
      const now = await store.now();
      const group = await store.transaction((tx) => tx.backfills.claim({ worker, now, leasedUntil: now + 60_000 }));
      expect(group.map(({ id }) => id)).toEqual([started.id]);
      const step = { ...{ worker, done: 1, failed, busyMs: 1 }, cursor: undefined, now };
      await endBackfills({ store, keeper, notifier: SILENT }, group, step);
      expect(await progress(stand, started.id)).toMatchObject({ state: 'done' });
      return started;
    };
    await mark(1);
    const failed = await end(1, () => mark());
    expect(await unsettledSince()).toBeGreaterThan(failed.revision);
    const again = await end(1, async () => undefined);
    expect(await unsettledSince()).toBeGreaterThan(again.revision);
    let newer: number | undefined;
    await end(0, async () => {
      newer = (await store.configuration.revision()) + 1;
      await mark(newer);
    });
    expect(await unsettledSince()).toBe(newer);
    await end(0, async () => undefined);
    expect(await unsettledSince()).toBeUndefined();
  });
});

const SILENT = {
  publish: () => Promise.resolve(),
  subscribe: () => Promise.resolve(() => Promise.resolve()),
  close: () => Promise.resolve(),
};

async function flagUnlocks(stand: UseCaseStand, flagId: string): Promise<number> {
  const { items } = await stand.store.history.flagLedger(flagId, { limit: 1_000 }, 'oldest');
  return items.filter(({ kind }) => kind === 'unlocked').length;
}

/** Nothing is left to latch, to take back or to wait for, for any of these users. */
async function expectUpToDate(stand: UseCaseStand, users: readonly string[]): Promise<void> {
  const snapshot = await stand.services.keeper.refresh();
  const now = await stand.store.now();
  const due = new Map(
    (await stand.store.timers.due(Number.MAX_SAFE_INTEGER, 1_000)).map((one) => [one.userId, one.dueAt]),
  );
  for (const user of (await stand.store.states.users(users)).values()) {
    if (user.deletedAt !== undefined && user.ledger.size + user.actions.size === 0 && !user.emailVerified) continue;
    expect(latch(snapshot, user, undefined, now).unlocks).toEqual([]);
    expect(forgottenUnlocks(snapshot, user.ledger)).toEqual([]);
    expect(due.get(user.id) ?? Infinity).toBe(nextLatchAt(snapshot, user, undefined, now));
  }
}

/** Of each version of a rule the user has one unlock at most between two that take it back. */
async function expectEachOnce(stand: UseCaseStand, userId: string, flagId: string): Promise<void> {
  let held = false;
  for (const entry of (await ledgerOf(stand.store, userId)).filter((one) => one.flagId === flagId)) {
    expect(held).toBe(entry.kind === 'relocked');
    held = entry.kind === 'unlocked';
  }
}
