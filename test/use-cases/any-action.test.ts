import { beforeEach, expect, it } from '@jest/globals';
import { anyAction } from '../../src/configuration/any-action.js';
import { ANY_ACTION } from '../../src/core/values/names.js';
import { DAY_MS } from '../../src/core/values/time/time.js';
import { BackfillWorker } from '../../src/worker/backfills/backfill-worker.js';
import { settleDerived } from '../../src/worker/upkeep/settle-derived.js';
import { withinOnePeriod } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { previewed } from './stands/previewed.js';
import { atLeast, latching, ledgerOf, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

const any = (fact: string, operator: string, value: number, params: object = {}) => ({ fact, params, operator, value });
const live = (...all: readonly object[]) => ({ rules: [{ conditions: { all } as never }] });
const giveWay = () => Promise.resolve();

async function backfill({ store, services, notifier }: UseCaseStand): Promise<void> {
  const observer = {
    lookedAt: () => undefined,
    failed: (_: string, error: unknown) => {
      throw error;
    },
    done: () => undefined,
  };
  await new BackfillWorker({ store, keeper: services.keeper, notifier, observer, giveWay }).run();
}

describeOnEachEngine('any action', (engine) => {
  // What is done today is done on the same day until the end of the test.
  beforeEach(() => withinOnePeriod(DAY_MS, 10_000));
  it('is counted while a rule reads it: what is kept, then what comes; and it is nobody’s declaration', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { keeper } = stand.services;
    const declared = async () =>
      (await stand.services.actions.list(OPERATOR, { limit: 1_000 })).items.map(({ name }) => name);
    const totalOf = async (userId: string) =>
      (await stand.store.states.users([userId])).get(userId)!.actions.get(ANY_ACTION);
    const now = await stand.store.now();
    await stand.services.actions.declare(OPERATOR, [
      { name: 'big', clientTrackable: false, derivation: { from: ['draw'] } },
    ]);
    const did = (id: string, action: string, ago: number, value = 1) => ({
      ...{ id, user_id: 'any1', action, value, occurred_at: now - ago * DAY_MS },
    });
    await stand.track([did('1', 'draw', 2), did('2', 'save', 1, 5), { id: '1', user_id: 'any2', action: 'draw' }]);
    await stand.drain();
    expect(await totalOf('any1')).toBeUndefined();

    const input = latching(any('actionSum', 'greaterThanInclusive', 6), any('streak', 'equal', 2));
    const { result } = await previewed(stand, 'doer', { input });
    expect(result.counts).toMatchObject({ wouldUnlock: 1 });
    expect(result.samples.wouldUnlock[0]?.after.rules[0]?.requirement.children[0]).toMatchObject({
      ...{ label: 'sum of any action', comparison: { params: {}, current: 6 } },
    });
    // An event counts once, whatever it is derived to.
    await stand.setFlag('doer', input);
    expect(await totalOf('any1')).toMatchObject({ count: 2, sum: 6_000_000n, activeDays: 2 });
    await backfill(stand);
    expect(await ledgerOf(stand.store, 'any1')).toMatchObject([{ kind: 'unlocked', cause: { type: 'backfill' } }]);

    await stand.setFlag(
      'busy',
      latching(any('actionCount', 'greaterThanInclusive', 3, { period: 'month' }), atLeast(1, 'rest')),
    );
    await stand.setFlag('seen', live(any('hoursSinceAction', 'lessThan', 1)));
    expect(await stand.on('any2')).toEqual(['seen']);
    await stand.track([
      { id: '2', user_id: 'any2', action: 'rest' },
      { id: '3', user_id: 'any2', action: 'never_seen' },
    ]);
    await stand.drain();
    expect((await ledgerOf(stand.store, 'any2')).map(({ cause }) => cause)).toMatchObject([{ eventId: '3' }]);
    expect(await totalOf('any2')).toMatchObject({ count: 3 });

    expect(await declared()).not.toContain(ANY_ACTION);
    await expect(
      stand.services.actions.declare(OPERATOR, [{ name: ANY_ACTION, clientTrackable: true }]),
    ).rejects.toMatchObject({
      ...{ code: 'INVALID' },
    });
    const { rejected } = await stand.track([{ id: '9', user_id: 'any2', action: ANY_ACTION }]);
    expect(rejected).toHaveLength(1);

    // Nothing is counted, and nothing is kept, once no rule reads it.
    for (const key of ['doer', 'busy', 'seen']) await stand.setFlag(key, live());
    expect(keeper.snapshot.derivations.all.has(ANY_ACTION)).toBe(false);
    await stand.track([{ id: '4', user_id: 'any2', action: 'rest' }]);
    await stand.drain();
    expect([await totalOf('any1'), await totalOf('any2')]).toEqual([undefined, undefined]);
    // And anew when one does again, with what has happened meanwhile.
    await stand.setFlag('doer', live(any('actionCount', 'greaterThan', 3)));
    expect(await stand.on('any2')).toContain('doer');
    expect(await settleDerived({ store: stand.store, keeper, giveWay })).toBe(true);
    expect(await totalOf('any2')).toMatchObject({ count: 4 });
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'any2', comment: 'asked for' });
    expect(await totalOf('any2')).toBeUndefined();
    // Nor is it told of those who are deleted.
    const { actions } = await stand.services.userDeletion.totals(OPERATOR);
    expect([...actions.keys()].toSorted()).toEqual(['big', 'draw', 'never_seen', 'rest']);
  });

  it('is read by way of segments, too, and says since when it is counted where events have gone', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.services.segments.set(OPERATOR, {
      ...{ key: 'active', expectedVersion: undefined, comment: '' },
      conditions: { all: [any('activeDays', 'greaterThan', 0, { windowDays: 7 })] } as never,
    });
    const { keeper } = stand.services;
    expect(keeper.snapshot.derivations.all.has(ANY_ACTION)).toBe(false);
    await stand.track([{ id: '1', user_id: 'any3', action: 'hum' }]);
    await stand.drain();
    await stand.setFlag('around', live({ condition: 'active' }));
    expect(keeper.snapshot.derivations.all.has(ANY_ACTION)).toBe(true);
    expect(await stand.on('any3')).toEqual(['around']);
    const known = { countedSince: 0, summedSince: 0, keptFrom: new Map<string, number>(), othersKeptFrom: 20_000 };
    expect(anyAction(known).derivation.countsSince).toBe(20_003 * DAY_MS);
    expect(anyAction({ ...known, countedSince: 20_003 * DAY_MS }).derivation.countsSince).toBe(0);
    expect(anyAction({ ...known, othersKeptFrom: 0 }).derivation.countsSince).toBe(0);
  });
});
