import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

const PROGRESS = '/api/user/progress/';

let stand: RestStand;
let machine: string;
beforeAll(async () => {
  stand = await startRestStand();
  machine = await stand.machine(['identify']);
});
afterAll(() => stand.close());

function patch(body: unknown, token: string, query = '') {
  return stand.ask(`${PROGRESS}${query}`, { method: 'PATCH', body, token });
}

describe('progress before stages are defined', () => {
  it('is empty for somebody new', async () => {
    const { status, json } = await stand.ask(PROGRESS, { token: await personToken({ sub: 'new' }) });
    expect({ status, json }).toEqual({ status: 200, json: { user_id: 'new', stage: '', stages_reached: [] } });
  });

  it('goes to any stage, and is kept', async () => {
    const token = await personToken({ sub: 'anna' });
    const written = await patch({ stage: 'signup_complete' }, token);
    expect(written).toMatchObject({
      status: 200,
      json: {
        user_id: 'anna',
        stage: 'signup_complete',
        stages_reached: [{ stage: 'signup_complete', reached_at: expect.any(String) }],
        updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
        newly_unlocked: [],
        newly_locked: [],
        consistency_token: expect.stringMatching(/^v1\./),
      },
    });
    const read = await stand.ask('/api/user/progress', { token });
    expect(read).toMatchObject({ status: 200, json: { stage: 'signup_complete' } });
  });
});

describe('progress through defined stages', () => {
  beforeAll(async () => {
    const names = ['signup', 'profile', 'tour', 'certified'];
    const stages = names.map((name) => ({ name, selfSettable: name !== 'certified' }));
    await stand.latchkey.services.stages.set(stand.latchkey.operator, { stages });
    const conditions = { all: [{ fact: 'stage', operator: 'equal', value: 'profile' }] };
    await stand.flag('avatar', { rules: [{ conditions, policy: 'LATCHING' }] });
    await stand.flag('shadow', { clientVisible: false, rules: [{ conditions, policy: 'LATCHING' }] });
  });

  it('tells what it unlocked, and to people only of what is theirs to see', async () => {
    const mine = await patch({ stage: 'profile' }, await personToken({ sub: 'bert' }));
    expect(mine).toMatchObject({ status: 200, json: { newly_unlocked: ['avatar'] } });
    const theirs = await patch({ stage: 'profile' }, machine, '?user_id=carl');
    expect(theirs).toMatchObject({ status: 200, json: { newly_unlocked: ['avatar', 'shadow'] } });
  });

  it('tells what it locked, and to people only of what is theirs to see', async () => {
    const conditions = { all: [{ fact: 'stage', operator: 'equal', value: 'tour' }] };
    await stand.flag('tour', { rules: [{ conditions }] });
    await stand.flag('tour-shadow', { clientVisible: false, rules: [{ conditions }] });
    const token = await personToken({ sub: 'dora' });
    for (const [query, bearer, locked] of [
      ['', token, ['tour']],
      ['?user_id=emil', machine, ['tour', 'tour-shadow']],
    ] as const) {
      await patch({ stage: 'tour' }, bearer, query);
      const back = await patch({ stage: 'signup', allow_backward: true }, bearer, query);
      expect(back).toMatchObject({ status: 200, json: { newly_unlocked: [], newly_locked: locked } });
    }
  });

  it('does not go back unless that is allowed', async () => {
    const token = await personToken({ sub: 'dora' });
    await patch({ stage: 'tour' }, token);
    expect(await patch({ stage: 'signup' }, token)).toMatchObject({ status: 200, json: { stage: 'tour' } });
    const back = await patch({ stage: 'signup', allow_backward: true }, token);
    expect(back).toMatchObject({ status: 200, json: { stage: 'signup', stages_reached: [{}, {}] } });
  });

  it('knows no other stage, and says which it knows', async () => {
    const answer = await patch({ stage: 'porfile' }, await personToken({ sub: 'emil' }));
    expect(answer).toMatchObject({
      status: 400,
      json: { code: 'INVALID', detail: 'the stage "porfile" is none of: signup, profile, tour, certified' },
    });
  });

  it('reaches by a person’s own call only what is self-settable', async () => {
    expect(await patch({ stage: 'certified' }, await personToken({ sub: 'fred' }))).toMatchObject({ status: 403 });
    expect(await patch({ stage: 'certified' }, machine, '?user_id=fred')).toMatchObject({ status: 200 });
  });

  it.each<[string, unknown, string]>([
    ['no stage', {}, 'needs a member "stage"'],
    ['a stage that is a number', { stage: 7 }, '/stage must be string, not 7'],
    ['an unknown member', { stage: 'tour', user_id: 'gina' }, 'has no member "user_id"'],
    ['a text for a boolean', { stage: 'tour', allow_backward: 'true' }, '/allow_backward must be boolean'],
    ['a stage with a space at its end', { stage: 'tour ' }, 'no spaces at its ends'],
    ['an empty stage', { stage: '' }, 'must not be empty'],
    ['SQL for a stage', { stage: "x'; DROP TABLE users; --" }, 'is none of'],
    ['a prototype for a stage', { stage: '__proto__' }, 'is none of'],
  ])('refuses %s', async (_what, body, detail) => {
    const answer = await patch(body, await personToken({ sub: 'gina' }));
    expect(answer).toMatchObject({ status: 400, json: { detail: expect.stringContaining(detail) } });
  });
});

describe('whose progress it is', () => {
  it('is a person’s own, whatever they name', async () => {
    const token = await personToken({ sub: 'hans', roles: ['admin'], groups: ['latchkey-operators'] });
    expect(await stand.ask(`${PROGRESS}?user_id=anna`, { token })).toMatchObject({ status: 404 });
    expect(await patch({ stage: 'tour' }, token, '?user_id=anna')).toMatchObject({ status: 404 });
    expect(await patch({ stage: 'tour' }, token, '?user_id=hans')).toMatchObject({ status: 200 });
  });

  it('is said by a machine, within its organization', async () => {
    await stand.latchkey.services.users.identify(stand.latchkey.operator, { userId: 'ida', organizationId: 'acme' });
    const [own, other] = [await stand.machine(['identify'], 'acme'), await stand.machine(['identify'], 'other')];
    expect(await patch({ stage: 'tour' }, own, '?user_id=ida')).toMatchObject({ status: 200 });
    expect(await patch({ stage: 'tour' }, other, '?user_id=ida')).toMatchObject({ status: 404 });
    expect(await stand.ask(`${PROGRESS}?user_id=ida`, { token: other })).toMatchObject({ status: 404 });
    expect(await stand.ask(PROGRESS, { token: own })).toMatchObject({ status: 400 });
    expect(await stand.ask(`${PROGRESS}?user_id=`, { token: own })).toMatchObject({ status: 400 });
    expect(await stand.ask(`${PROGRESS}?user_id=a&user_id=b`, { token: own })).toMatchObject({ status: 400 });
  });

  it('is read with the scope evaluate, and written with identify only', async () => {
    const reader = await stand.machine(['evaluate']);
    expect(await stand.ask(`${PROGRESS}?user_id=anna`, { token: reader })).toMatchObject({ status: 200 });
    expect(await patch({ stage: 'tour' }, reader, '?user_id=anna')).toMatchObject({ status: 403 });
  });
});
