import { expect, it } from '@jest/globals';
import { gate } from '../../src/store/testing/samples.js';
import { describeOnEachEngine } from './stands/engines.js';
import { atLeast, latching, ledgerOf, type UseCaseStand, verified } from './stands/use-case-stand.js';

const USERS = Array.from({ length: 12 }, (_, i) => `u${i}`);

async function unlocksOf(stand: UseCaseStand, userId: string): Promise<number> {
  return (await ledgerOf(stand.store, userId)).filter(({ kind }) => kind === 'unlocked').length;
}

describeOnEachEngine('races', (engine) => {
  it('count every event once when two workers are forced onto one lane', async () => {
    const [one, other] = [await engine.compose({ lanes: 1 }), await engine.compose({ lanes: 1 })];
    await one.setFlag('hundred', latching(atLeast(100, 'step')));
    const rounds = 20;
    for (let round = 0; round < rounds; round++) {
      const events = USERS.flatMap((user_id) =>
        Array.from({ length: 5 }, (_, i) => ({ id: `${round}-${i}`, user_id, action: 'step', value: 1 })),
      );
      await one.track(events);
      if (round % 4 === 3) await Promise.all([one, other, one, other].map(({ worker }) => worker.process(0)));
    }
    expect(await one.worker.process(0)).toBe(0);
    const states = await one.store.states.users(USERS);
    for (const userId of USERS) {
      expect(states.get(userId)?.actions.get('step')).toMatchObject({
        count: rounds * 5,
        sum: BigInt(rounds) * 5_000_000n,
      });
      expect(await unlocksOf(one, userId)).toBe(1);
    }
  });

  it('unlock once when identify and the event together satisfy a rule', async () => {
    const [one, other] = [await engine.compose(), await engine.compose()];
    await one.setFlag('both', latching(verified, atLeast(1, 'join')));
    const rounds = 6;
    for (let round = 0; round < rounds; round++) {
      await Promise.all([
        ...USERS.map((user) => other.identify(`${user}-${round}`, { emailVerified: true })),
        one
          .track(USERS.map((user) => ({ id: `join-${round}`, user_id: `${user}-${round}`, action: 'join' })))
          .then(() => Promise.all([one.drain(), other.drain()])),
      ]);
    }
    await one.drain();
    for (let round = 0; round < rounds; round++) {
      for (const user of USERS) expect(await unlocksOf(one, `${user}-${round}`)).toBe(1);
    }
  });

  it('leave nobody between a rule and the event that was in flight when it was saved', async () => {
    const [one, other] = [await engine.compose(), await engine.compose()];
    await one.setFlag('first');
    // A worker's transaction, confirmed and not yet committed.
    const [confirmed, goOn] = [gate(), gate()];
    const worker = other.store.transaction(async (tx) => {
      await tx.users.lock(['flight']);
      const { revision } = await tx.configuration.confirmRevision();
      confirmed.open();
      await goOn.opened;
      return revision;
    });
    await confirmed.opened;
    let saved = false;
    const saving = one.setFlag('late', latching(atLeast(1, 'fly'))).then(() => {
      saved = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(saved).toBe(false);
    goOn.open();
    const revision = await worker;
    await saving;
    expect(await one.store.configuration.revision()).toBe(revision + 1);

    // `other` has not heard of the rule; its worker must find out by itself.
    await one.track([{ id: 'fly', user_id: 'flight', action: 'fly' }]);
    expect(other.services.keeper.snapshot.flags.has('late')).toBe(false);
    await other.drain();
    expect(await unlocksOf(one, 'flight')).toBe(1);
  });

  it('never latch by a rule of which the save was rolled back', async () => {
    const stand = await engine.compose();
    await stand.setFlag('base');
    const stale = await engine.compose();
    await stand.setFlag('newer');
    const failing = await engine.compose({
      around: (store) => ({
        ...store,
        transaction: (work) =>
          store.transaction(async (tx) => {
            await work(tx);
            throw new Error('the commit failed');
          }),
      }),
    });
    // One whose keeper is behind, so that it reads the configuration inside the transaction that changes it.
    await stand.setFlag('newest');
    const write = failing.setFlag('never', latching(verified), { access: [{ userId: 'rolled-back' }] });
    await expect(write).rejects.toThrow('the commit failed');
    expect(failing.services.keeper.snapshot.flags.has('never')).toBe(false);
    expect(stale.services.keeper.snapshot.flags.has('never')).toBe(false);
    await stand.identify('rolled-back', { emailVerified: true });
    expect(await ledgerOf(stand.store, 'rolled-back')).toEqual([]);
  });
});
