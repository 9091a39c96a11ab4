import { expect, it } from '@jest/globals';
import { describeOnEachEngine } from './stands/engines.js';
import { latching, ledgerOf, machine, OPERATOR, person, type UseCaseStand } from './stands/use-case-stand.js';

const NAMES = ['signup', 'profile', 'report', 'done'];

async function to(stand: UseCaseStand, stage: string, { allowBackward = false, call = OPERATOR, userId = 'p' } = {}) {
  return stand.services.progress.update(call, { userId, stage, allowBackward });
}

const names = (reached: readonly { readonly stage: string }[]) => reached.map(({ stage }) => stage);

describeOnEachEngine('progress', (engine) => {
  it('takes any stage while none is defined', async () => {
    const stand = await engine.compose();
    expect((await to(stand, 'whatever', { userId: 'free' })).user.stage).toBe('whatever');
    expect((await to(stand, 'before that', { userId: 'free' })).user.stage).toBe('before that');
    await expect(to(stand, ' padded', { userId: 'free' })).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('takes defined stages only, once there are some, and names them', async () => {
    const stand = await engine.compose();
    const stages = NAMES.map((name) => ({ name, selfSettable: name !== 'done' }));
    await stand.services.stages.set(OPERATOR, { stages });
    await expect(to(stand, 'Signup')).rejects.toMatchObject({
      code: 'INVALID',
      message: 'the stage "Signup" is none of: signup, profile, report, done',
    });
    // Nothing is left of a refused call.
    expect((await stand.store.states.users(['p'])).get('p')).toMatchObject({ revision: 0, stage: '' });
  });

  it('goes forward, back only when told, and keeps every stage reached', async () => {
    const stand = await engine.compose();
    await stand.setFlag('reporter', latching({ fact: 'stage', operator: 'equal', value: 'report' }));
    await stand.setFlag('far', {
      rules: [{ conditions: { all: [{ fact: 'stageIndex', operator: 'greaterThan', value: 1 }] } }],
    });
    expect((await to(stand, 'profile')).newlyUnlocked).toEqual([]);
    const { user, newlyUnlocked } = await to(stand, 'report');
    expect([...newlyUnlocked].toSorted()).toEqual(['far', 'reporter']);
    expect(await ledgerOf(stand.store, 'p')).toMatchObject([{ cause: { type: 'progress', stage: 'report' } }]);

    const unchanged = await to(stand, 'signup');
    expect(unchanged).toMatchObject({ newlyUnlocked: [], user: { stage: 'report', revision: user.revision } });
    expect(unchanged.user.stagesReached).toEqual(user.stagesReached);
    expect((await to(stand, 'report')).user.revision).toBe(user.revision);

    const back = (await to(stand, 'signup', { allowBackward: true })).user;
    expect(back.stage).toBe('signup');
    expect(names(back.stagesReached)).toEqual(['profile', 'report', 'signup']);
    expect([...(await stand.on('p'))]).toEqual(['reporter']);
    const again = (await to(stand, 'report')).user;
    expect(names(again.stagesReached)).toEqual(['profile', 'report', 'signup']);
    const history = await stand.store.history.progress('p', { limit: 10 });
    expect(names(history.items)).toEqual(['profile', 'report', 'signup', 'report']);
    expect(await stand.services.progress.get(OPERATOR, 'p')).toEqual(again);
  });

  it('lets people reach by themselves what is theirs to reach, for themselves', async () => {
    const stand = await engine.compose();
    const self = person('anna');
    expect((await to(stand, 'profile', { call: self, userId: 'anna' })).user.stage).toBe('profile');
    await expect(to(stand, 'done', { call: self, userId: 'anna' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(to(stand, 'profile', { call: self, userId: 'p' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(stand.services.progress.get(self, 'p')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await to(stand, 'done', { userId: 'anna' })).user.stage).toBe('done');
    const evaluator = machine(['evaluate']);
    await expect(to(stand, 'report', { call: evaluator })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await stand.services.progress.get(evaluator, 'p')).stage).toBe('report');
  });

  it('keeps a stage that is no longer defined, and moves on from it', async () => {
    const stand = await engine.compose();
    await to(stand, 'done', { userId: 'old' });
    const left = ['signup', 'report'].map((name) => ({ name, selfSettable: true }));
    await stand.services.stages.set(OPERATOR, { stages: left });
    expect((await stand.services.progress.get(OPERATOR, 'old')).stage).toBe('done');
    expect((await to(stand, 'signup', { userId: 'old' })).user.stage).toBe('signup');
  });
});
