import { expect, it } from '@jest/globals';
import { unknownUser } from '../../src/core/states/user-state.js';
import { UserDeletion } from '../../src/services/users/user-deletion.js';
import type { Store } from '../../src/store/store.js';
import { gate } from '../../src/store/testing/samples.js';
import { describeOnEachEngine } from './stands/engines.js';
import {
  atLeast,
  latching,
  ledgerOf,
  machine,
  OPERATOR,
  type UseCaseStand,
  verified,
} from './stands/use-case-stand.js';

const comment = 'the account was closed';
const stateOf = async (stand: UseCaseStand, id: string) => (await stand.store.states.users([id])).get(id)!;
const SILENT = {
  publish: () => Promise.resolve(),
  subscribe: () => Promise.resolve(() => Promise.resolve()),
  close: () => Promise.resolve(),
};

/** A user with something in every place. */
async function settle(stand: UseCaseStand, userId: string, flagKey: string): Promise<void> {
  await stand.setFlag(flagKey, latching(verified, atLeast(1, 'step')), { access: [{ userId, effect: 'DENY' }] });
  await stand.track([
    { id: `${userId}-1`, user_id: userId, action: 'step', value: 2.5 },
    { id: `${userId}-2`, user_id: userId, action: 'step', value: 1 },
  ]);
  await stand.drain();
  await stand.services.progress.update(OPERATOR, { userId, stage: 'tour', allowBackward: false });
  await stand.identify(userId, { emailVerified: true, organizationId: 'acme', roles: ['manager'] });
}

describeOnEachEngine('deleting a user', (engine) => {
  it('removes all there was, keeps sums, and is audited', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await settle(stand, 'leaver', 'sums');
    await settle(stand, 'stayer', 'sums');
    const stayer = await stateOf(stand, 'stayer');
    const { revision } = await stateOf(stand, 'leaver');
    const before = await stand.services.userDeletion.totals(OPERATOR);

    const { deleted } = await stand.services.userDeletion.delete(OPERATOR, { userId: 'leaver', comment });
    expect(deleted).toBe(true);
    const { deletedAt, writtenAt, ...rest } = await stateOf(stand, 'leaver');
    expect(rest).toEqual({ ...unknownUser('leaver'), revision: revision + 1 });
    expect(Math.abs(deletedAt! - (await stand.store.now()))).toBeLessThan(5_000);
    expect(await ledgerOf(stand.store, 'leaver')).toEqual([]);
    expect((await stand.store.history.progress('leaver', { limit: 9 })).items).toEqual([]);
    expect(await stateOf(stand, 'stayer')).toEqual(stayer);
    expect(stand.published.at(-1)).toEqual({ kind: 'users', users: [{ id: 'leaver', revision: revision + 1 }] });

    const totals = await stand.services.userDeletion.totals(OPERATOR);
    const { id } = (await stand.store.configuration.flag('sums'))!;
    expect(totals.users).toBe(before.users + 1);
    expect(totals.unlocks.get(id)).toBe(1);
    const { count = 0, sum = 0 } = before.actions.get('step') ?? {};
    expect(totals.actions.get('step')).toEqual({ count: count + 2, sum: sum + 3.5 });
    const audited = async () => (await stand.store.audit.list({ limit: 9 }, { target: '[erased]' })).items;
    expect(await audited()).toMatchObject([{ action: 'user.delete', actor: 'token:tok_test', comment, after: null }]);

    // Again: there is nothing any more, and nothing is counted twice.
    const again = await stand.services.userDeletion.delete(OPERATOR, { userId: 'leaver', comment });
    expect(again.deleted).toBe(false);
    expect(await stand.services.userDeletion.totals(OPERATOR)).toEqual(totals);
    expect(await audited()).toHaveLength(1);
    expect((await stand.services.userDeletion.delete(OPERATOR, { userId: 'never-seen', comment })).deleted).toBe(false);
    expect(await stand.services.userDeletion.totals(OPERATOR)).toEqual(totals);
  });

  it('is for the platform’s managers, and wants a reason', async () => {
    const { services } = await engine.compose();
    const { userDeletion } = services;
    const forbidden = { code: 'FORBIDDEN' };
    await expect(userDeletion.delete(machine(['identify']), { userId: 'x', comment })).rejects.toMatchObject(forbidden);
    const bound = machine(['manage', 'admin'], 'acme');
    await expect(userDeletion.delete(bound, { userId: 'x', comment })).rejects.toMatchObject(forbidden);
    await expect(userDeletion.totals(machine(['evaluate']))).rejects.toMatchObject(forbidden);
    const unreasoned = userDeletion.delete(OPERATOR, { userId: 'x', comment: '' });
    await expect(unreasoned).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('reaches a server that holds the user, and the user’s next life has higher revisions there', async () => {
    const [here, there] = [await engine.compose(), await engine.compose()];
    await here.clear();
    await here.setFlag('seen', latching(verified));
    await here.identify('held', { emailVerified: true });
    for (let i = 0; i < 5; i++) await here.identify('held', { roles: [`${i}`] });
    await there.services.keeper.refresh();
    const evaluate = (consistencyToken: string) =>
      there.services.evaluation.evaluate(OPERATOR, {
        ...{ userId: 'held', context: {}, flagKey: 'seen', consistencyToken, full: false },
      });
    const held = await stateOf(here, 'held');
    expect((await evaluate('')).decision.enabled).toBe(true);
    expect(there.states.users.peek('held')?.state.revision).toBe(held.revision);

    // No notice arrives there: the token alone says that there is something newer.
    const { consistencyToken } = await here.services.userDeletion.delete(OPERATOR, { userId: 'held', comment });
    expect((await evaluate(consistencyToken)).decision.enabled).toBe(false);
    expect(there.states.users.peek('held')?.state).toMatchObject({ revision: held.revision + 1, emailVerified: false });
    expect((await evaluate('')).decision.enabled).toBe(false);

    const reborn = await here.identify('held', { emailVerified: true });
    expect(reborn.user.revision).toBe(held.revision + 2);
    expect((await evaluate(reborn.consistencyToken)).decision.enabled).toBe(true);
    expect((await ledgerOf(here.store, 'held')).map(({ kind }) => kind)).toEqual(['unlocked']);
  });

  it('keeps events of the life that was deleted from bringing it back, however late they come', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('late', latching(atLeast(1, 'step')));
    const occurred_at = new Date((await stand.store.now()) - 60_000).toISOString();
    const old = { id: 'old', user_id: 'ghost', action: 'step', occurred_at };
    const pending = { id: 'pending', user_id: 'ghost', action: 'step' };
    await stand.track([old]);
    await stand.drain();
    await stand.track([pending]);
    expect((await stand.services.userDeletion.delete(OPERATOR, { userId: 'ghost', comment })).deleted).toBe(true);
    await stand.drain();

    // Its key is gone, so it is taken as new; but it occurred before.
    expect((await stand.track([old, { ...old, id: 'older' }])).accepted).toBe(2);
    expect(await stand.drain()).toBe(2);
    expect(await ledgerOf(stand.store, 'ghost')).toEqual([]);
    const { revision, actions } = await stateOf(stand, 'ghost');
    expect(actions.size).toBe(0);
    expect(stand.buried).toEqual([]);

    // One that comes together with a new one leaves that one alone.
    const later = new Date((await stand.store.now()) + 1_000).toISOString();
    await stand.track([
      { ...old, id: 'oldest' },
      { id: 'new', user_id: 'ghost', action: 'step', occurred_at: later },
    ]);
    await stand.drain();
    const reborn = await stateOf(stand, 'ghost');
    expect(reborn.actions.get('step')?.count).toBe(1);
    expect(reborn.revision).toBe(revision + 1);
    expect(await stand.on('ghost')).toEqual(['late']);
  });

  it('goes on where it was interrupted, and counts everything once', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await settle(stand, 'large', 'large');
    const before = await stand.services.userDeletion.totals(OPERATOR);
    let transactions = 0;
    const failing: Store = {
      ...stand.store,
      transaction: (work) => {
        if (transactions++ === 2) throw new Error('killed');
        return stand.store.transaction(work);
      },
    };
    const interrupted = new UserDeletion({ store: failing, notifier: SILENT, rowsPerTransaction: 1 });
    await expect(interrupted.delete(OPERATOR, { userId: 'large', comment })).rejects.toThrow('killed');
    const halfway = await stateOf(stand, 'large');
    // The profile went at once; rows follow.
    expect(halfway).toMatchObject({ organizationId: '', roles: [], emailVerified: false });

    const whole = new UserDeletion({ store: stand.store, notifier: SILENT, rowsPerTransaction: 3 });
    await whole.delete(OPERATOR, { userId: 'large', comment });
    const { deletedAt, writtenAt, revision, ...rest } = await stateOf(stand, 'large');
    expect({ ...rest, revision: 0 }).toEqual(unknownUser('large'));
    expect([deletedAt! > 0, revision > halfway.revision]).toEqual([true, true]);
    const totals = await stand.services.userDeletion.totals(OPERATOR);
    const id = (await stand.store.configuration.flag('large'))!.id;
    expect(totals.unlocks.get(id)).toBe(1);
    const { count = 0, sum = 0 } = before.actions.get('step') ?? {};
    expect(totals.actions.get('step')).toEqual({ count: count + 2, sum: sum + 3.5 });
  });

  it('leaves nothing of events that are being counted meanwhile', async () => {
    const [one, other] = [await engine.compose(), await engine.compose()];
    await one.clear();
    await one.setFlag('busy', latching(atLeast(3, 'run')));
    const users = Array.from({ length: 12 }, (_, i) => `runner-${i}`);
    const track = (round: number) =>
      one.track(users.map((user_id) => ({ id: `${round}`, user_id, action: 'run', value: 1 })));
    for (let round = 0; round < 3; round++) await track(round);
    await Promise.all([
      one.drain(),
      ...users.map((userId) => other.services.userDeletion.delete(OPERATOR, { userId, comment })),
      other.drain(),
    ]);
    await one.drain();
    const states = await one.store.states.users(users);
    for (const userId of users) {
      const { revision, deletedAt, writtenAt, ...rest } = states.get(userId)!;
      expect({ ...rest, revision: 0 }).toEqual(unknownUser(userId));
      expect(await ledgerOf(one.store, userId)).toEqual([]);
    }
    expect(one.buried).toEqual([]);
  });

  it('waits for whoever has the user, and removes what they made', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const [locked, goOn] = [gate(), gate()];
    const slow = await engine.compose({
      around: (store) => ({
        ...store,
        transaction: (work) =>
          store.transaction(async (tx) => {
            const made = await work(tx);
            locked.open();
            await goOn.opened;
            return made;
          }),
      }),
    });
    const identifying = slow.identify('busy-one', { emailVerified: true });
    await locked.opened;
    const deleting = stand.services.userDeletion.delete(OPERATOR, { userId: 'busy-one', comment });
    await new Promise((resolve) => setTimeout(resolve, 150));
    goOn.open();
    await identifying;
    expect((await deleting).deleted).toBe(true);
    expect(await stateOf(stand, 'busy-one')).toMatchObject({ revision: 2, emailVerified: false });
  });
});
