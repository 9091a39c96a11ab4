import { expect, it } from '@jest/globals';
import { describeOnEachEngine } from './stands/engines.js';
import { composeUseCaseStand, OPERATOR } from './stands/use-case-stand.js';

interface KeptRow {
  readonly event_id: string;
  readonly action: string;
  readonly occurred_at: number;
  readonly value: number;
  readonly properties: string | null;
  readonly state: number;
}

const DONE = 1;

describeOnEachEngine('events that were counted', (engine) => {
  const kept = (userId: string) =>
    engine.rows<KeptRow>(
      'SELECT event_id, action, occurred_at, value, properties, state FROM events ' +
        `WHERE user_id = '${userId}' ORDER BY event_id`,
    );
  const event = (user_id: string, id: string, more: object = {}) => ({
    ...{ id, user_id, action: 'buy', value: 2.5, properties: { plan: 'pro' } },
    ...more,
  });

  it('are kept with action, time, value and properties', async () => {
    const stand = await engine.compose();
    const occurred_at = (await stand.store.now()) - 60_000;
    await stand.track([event('keeper', '1', { occurred_at })]);
    await stand.drain();
    const whole = { action: 'buy', occurred_at, value: 2_500_000, properties: '{"plan":"pro"}', state: DONE };
    expect(await kept('keeper')).toEqual([{ event_id: '1', ...whole }]);
    expect(await stand.track([event('keeper', '1')])).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('are kept without properties where these are to be dropped, and counted all the same', async () => {
    const stand = await composeUseCaseStand(await engine.openStore({ dropProperties: true }));
    await stand.track([event('dropper', '1')]);
    await stand.track([event('dropper', '2', { value: 1 })]);
    await stand.drain();
    expect(await kept('dropper')).toMatchObject([
      { action: 'buy', value: 2_500_000, properties: null, state: DONE },
      { action: 'buy', value: 1_000_000, properties: null, state: DONE },
    ]);
    const { actions } = (await stand.store.states.users(['dropper'])).get('dropper')!;
    expect(actions.get('buy')).toMatchObject({ count: 2, sum: 3_500_000n });
  });

  it('go with their user, and of events from before that only keys stay', async () => {
    const stand = await engine.compose();
    const occurred_at = (await stand.store.now()) - 60_000;
    await stand.track(Array.from({ length: 7 }, (_, i) => event('leaver', `${i}`, { occurred_at })));
    await stand.drain();
    expect(await kept('leaver')).toHaveLength(7);
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'leaver', comment: 'the account was closed' });
    expect(await kept('leaver')).toEqual([]);
    expect(await engine.rows("SELECT action FROM action_days WHERE user_id = 'leaver'")).toEqual([]);

    await stand.track([event('leaver', 'late', { occurred_at })]);
    await stand.drain();
    expect(await kept('leaver')).toMatchObject([{ event_id: 'late', action: '', value: 0, properties: null }]);
    expect(await engine.rows("SELECT action FROM action_days WHERE user_id = 'leaver'")).toEqual([]);
  });
});
