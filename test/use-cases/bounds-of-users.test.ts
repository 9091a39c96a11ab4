import { expect, it } from '@jest/globals';
import { MAX_ACTIONS, MAX_STAGES_REACHED } from '../../src/core/states/user-state.js';
import { describeOnEachEngine } from './stands/engines.js';
import { atLeast, latching, OPERATOR, person, type UseCaseStand } from './stands/use-case-stand.js';

const stateOf = async (stand: UseCaseStand, id: string) => (await stand.store.states.users([id])).get(id)!;
const events = (userId: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({
    ...{ id: `${userId}-${from + i}`, user_id: userId, action: `action-${from + i}` },
  }));
const move = (stand: UseCaseStand, userId: string, stage: string) =>
  stand.services.progress.update(person(userId), { userId, stage, allowBackward: true });

describeOnEachEngine('what one user can make grow', (engine) => {
  it('are 200 stages while any name is one; one that was reached, or is defined, is still to be reached', async () => {
    const stand = await engine.compose();
    await stand.clear();
    for (let i = 0; i < MAX_STAGES_REACHED; i++) await move(stand, 'inventor', `stage-${i}`);
    const { revision } = await stateOf(stand, 'inventor');
    await expect(move(stand, 'inventor', 'one more')).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('"one more" would be one more'),
      faults: [{ pointer: '/stage' }],
    });
    expect((await stateOf(stand, 'inventor')).revision).toBe(revision);
    expect((await move(stand, 'inventor', 'stage-3')).user.stage).toBe('stage-3');
    await stand.services.stages.set(OPERATOR, { stages: [{ name: 'defined', selfSettable: true }] });
    await stand.services.keeper.refresh();
    expect((await move(stand, 'inventor', 'defined')).user.stagesReached).toHaveLength(MAX_STAGES_REACHED + 1);
    await stand.services.stages.set(OPERATOR, { stages: [] });
  });

  it('are the last 1,000 changes of stage that are kept', async () => {
    const stand = await engine.compose();
    await stand.sqlStore.transaction(async (tx) => {
      await tx.users.lock(['restless']);
      for (let i = 0; i < 1_010; i++) await tx.users.putStage('restless', { stage: i % 2 ? 'a' : 'b', changedAt: i });
    });
    const { items, next } = await stand.store.history.progress('restless', { limit: 1_000 });
    expect([items.length, next, items[0]?.changedAt]).toEqual([1_000, undefined, 10]);
    expect((await stateOf(stand, 'restless')).stagesReached).toHaveLength(2);
  });

  it('are 1,000 actions: one more is rejected where the user is held, event by event', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.track(events('busy', 0, MAX_ACTIONS - 1));
    await stand.drain();
    await stand.states.users.load(['busy'], {});
    const tracked = await stand.track([...events('busy', MAX_ACTIONS - 1, MAX_ACTIONS + 2), ...events('idle', 0, 2)]);
    expect([tracked.accepted, tracked.rejected]).toEqual([
      3,
      ['action-1000', 'action-1001'].map((action) => ({
        id: `busy-${action.slice(7)}`,
        error: expect.stringContaining(`"${action}" would be one more`),
      })),
    ]);
    await stand.drain();
    const again = { id: 'again', user_id: 'busy', action: 'action-0' };
    expect((await stand.track([again])).rejected).toEqual([]);
    await stand.drain();
    const { actions } = await stateOf(stand, 'busy');
    expect([actions.size, actions.get('action-0')?.count]).toEqual([MAX_ACTIONS, 2]);
    expect(stand.buried).toEqual([]);
  });

  it('are dead letters where they are not held, and the events beside them are counted', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('busy', latching(atLeast(2, 'action-0')));
    await stand.track(events('unheld', 0, MAX_ACTIONS));
    await stand.drain();
    const one = { id: 'one more', user_id: 'unheld', action: 'one more' };
    const beside = { id: 'beside', user_id: 'unheld', action: 'action-0' };
    expect((await stand.track([one, beside, ...events('other', 0, 3)])).rejected).toEqual([]);
    await stand.drain();
    expect(stand.buried).toEqual([
      { userId: 'unheld', source: '', id: 'one more', reason: expect.stringContaining('"one more" would be one more') },
    ]);
    const { actions } = await stateOf(stand, 'unheld');
    expect([actions.size, actions.get('action-0')?.count]).toEqual([MAX_ACTIONS, 2]);
    expect((await stateOf(stand, 'other')).actions.size).toBe(3);
    expect(await stand.on('unheld')).toEqual(['busy']);
    // Replayed, it is put aside again.
    await stand.services.deadLetters.replay(OPERATOR, [{ userId: 'unheld', source: '', id: 'one more' }]);
    await stand.drain();
    expect(stand.buried).toHaveLength(2);
  });
});
