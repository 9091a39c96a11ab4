import { expect, it } from '@jest/globals';
import { type Bench, latching, ledgerOf, machine, OPERATOR, person } from './bench.js';
import { describeOnEachEngine } from './engines.js';

const NAMES = ['signup', 'profile', 'report', 'done'];

async function to(bench: Bench, stage: string, { allowBackward = false, call = OPERATOR, userId = 'p' } = {}) {
  return bench.services.progress.update(call, { userId, stage, allowBackward });
}

const names = (reached: readonly { readonly stage: string }[]) => reached.map(({ stage }) => stage);

describeOnEachEngine('progress', (engine) => {
  it('takes any stage while none is defined', async () => {
    const bench = await engine.compose();
    expect((await to(bench, 'whatever', { userId: 'free' })).user.stage).toBe('whatever');
    expect((await to(bench, 'before that', { userId: 'free' })).user.stage).toBe('before that');
    await expect(to(bench, ' padded', { userId: 'free' })).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('takes defined stages only, once there are some, and names them', async () => {
    const bench = await engine.compose();
    const stages = NAMES.map((name) => ({ name, selfSettable: name !== 'done' }));
    await bench.services.onboarding.setStages(OPERATOR, stages, '');
    await expect(to(bench, 'Signup')).rejects.toMatchObject({
      code: 'INVALID',
      message: 'the stage "Signup" is none of: signup, profile, report, done',
    });
    // Nothing is left of a refused call.
    expect((await bench.store.states.users(['p'])).get('p')).toMatchObject({ revision: 0, stage: '' });
  });

  it('goes forward, back only when told, and keeps every stage reached', async () => {
    const bench = await engine.compose();
    await bench.setFlag('reporter', latching({ fact: 'stage', operator: 'equal', value: 'report' }));
    await bench.setFlag('far', {
      rules: [{ conditions: { all: [{ fact: 'stageIndex', operator: 'greaterThan', value: 1 }] } }],
    });
    expect((await to(bench, 'profile')).newlyUnlocked).toEqual([]);
    const { user, newlyUnlocked } = await to(bench, 'report');
    expect([...newlyUnlocked].toSorted()).toEqual(['far', 'reporter']);
    expect(await ledgerOf(bench.store, 'p')).toMatchObject([{ cause: { type: 'progress', stage: 'report' } }]);

    const unchanged = await to(bench, 'signup');
    expect(unchanged).toMatchObject({ newlyUnlocked: [], user: { stage: 'report', revision: user.revision } });
    expect(unchanged.user.stagesReached).toEqual(user.stagesReached);
    expect((await to(bench, 'report')).user.revision).toBe(user.revision);

    const back = (await to(bench, 'signup', { allowBackward: true })).user;
    expect(back.stage).toBe('signup');
    expect(names(back.stagesReached)).toEqual(['profile', 'report', 'signup']);
    expect([...(await bench.on('p'))]).toEqual(['reporter']);
    const again = (await to(bench, 'report')).user;
    expect(names(again.stagesReached)).toEqual(['profile', 'report', 'signup']);
    const history = await bench.store.history.progress('p', { limit: 10 });
    expect(names(history.items)).toEqual(['profile', 'report', 'signup', 'report']);
    expect(await bench.services.progress.get(OPERATOR, 'p')).toEqual(again);
  });

  it('lets people reach by themselves what is theirs to reach, for themselves', async () => {
    const bench = await engine.compose();
    const self = person('anna');
    expect((await to(bench, 'profile', { call: self, userId: 'anna' })).user.stage).toBe('profile');
    await expect(to(bench, 'done', { call: self, userId: 'anna' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(to(bench, 'profile', { call: self, userId: 'p' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(bench.services.progress.get(self, 'p')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await to(bench, 'done', { userId: 'anna' })).user.stage).toBe('done');
    const evaluator = machine(['evaluate']);
    await expect(to(bench, 'report', { call: evaluator })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await bench.services.progress.get(evaluator, 'p')).stage).toBe('report');
  });

  it('keeps a stage that is no longer defined, and moves on from it', async () => {
    const bench = await engine.compose();
    await to(bench, 'done', { userId: 'old' });
    await bench.services.onboarding.setStages(OPERATOR, [{ name: 'signup', selfSettable: true }], '');
    expect((await bench.services.progress.get(OPERATOR, 'old')).stage).toBe('done');
    expect((await to(bench, 'signup', { userId: 'old' })).user.stage).toBe('signup');
  });
});
