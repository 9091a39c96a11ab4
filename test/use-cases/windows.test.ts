import { beforeEach, expect, it } from '@jest/globals';
import type { Requirement } from '../../src/core/requirements/requirement.js';
import { DAY_MS, dayNumber } from '../../src/core/values/time/time.js';
import { StoreUnavailable } from '../../src/store/store.js';
import { BackfillWorker } from '../../src/worker/backfills/backfill-worker.js';
import { keepHouse } from '../../src/worker/upkeep/housekeeping.js';
import { withinOnePeriod } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { previewed } from './stands/previewed.js';
import { atLeast, latching, ledgerOf, OPERATOR, type UseCaseStand, verified } from './stands/use-case-stand.js';

const live = (...all: readonly object[]) => ({ rules: [{ conditions: { all } as never }] });
const windowed = (fact: string, value: number, action: string, windowDays: number) => ({
  ...{ fact, params: { action, windowDays }, operator: 'greaterThanInclusive', value },
});

async function backfill({ store, services, notifier }: UseCaseStand): Promise<void> {
  const observer = {
    lookedAt: () => undefined,
    failed: (_: string, error: unknown) => {
      throw error;
    },
    done: () => undefined,
  };
  await new BackfillWorker({
    ...{ store, keeper: services.keeper, notifier, observer },
    giveWay: () => Promise.resolve(),
  }).run();
}

/** Whether a flag is on: from the cache where nothing else is asked for. */
async function isOn(stand: UseCaseStand, userId: string, flagKey: string, full = false): Promise<boolean> {
  const input = { userId, context: {}, flagKey, consistencyToken: '', full };
  return (await stand.services.evaluation.evaluate(OPERATOR, input)).decision.enabled;
}

/** The one comparison of a flag with one rule, as requirements show it. */
async function comparison(stand: UseCaseStand, userId: string, flagKey: string) {
  const input = { userId, flagKey, consistencyToken: '', full: false };
  const { requirements } = await stand.services.requirements.get(OPERATOR, input);
  let node: Requirement = requirements.rules[0]!.requirement;
  while (node.comparison === undefined) node = node.children[0]!;
  return node.comparison;
}

describeOnEachEngine('windows of days', (engine) => {
  // What is done today is done on the same day until the end of the test.
  beforeEach(() => withinOnePeriod(DAY_MS, 10_000));
  /** Since when this database is: nothing is known of the time before. */
  const sinceOf = async (stand: UseCaseStand) => (await stand.store.days.known()).countedSince;
  const today = (action: string, user_id: string, values: readonly unknown[]) =>
    values.map((value, i) => ({ id: `${action}-${i}`, user_id, action, value }));

  it('count what happened before the rule was saved, for everybody who asks', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.track(today('report', 'w1', [1, 2, 3]));
    await stand.drain();
    const input = latching(atLeast(3, 'report', { windowDays: 30 }));
    const { result } = await previewed(stand, 'win30', { input });
    expect(result.counts).toMatchObject({ wouldUnlock: 1, stayOff: 0 });
    expect(result.samples.wouldUnlock[0]?.after.rules[0]?.met).toBe(true);

    const { warnings } = await stand.setFlag('win30', input);
    const since = new Date(await sinceOf(stand)).toISOString();
    const warning = { pointer: '/rules/0/conditions/all/0/params/windowDays', message: expect.stringContaining(since) };
    expect(warnings).toEqual([warning]);
    expect(result.warnings).toEqual([warning]);
    expect(await isOn(stand, 'w1', 'win30')).toBe(true);
    expect(await isOn(stand, 'w1', 'win30', true)).toBe(true);
    await backfill(stand);
    expect((await ledgerOf(stand.store, 'w1')).map(({ kind, cause }) => [kind, cause.type])).toEqual([
      ['unlocked', 'backfill'],
    ]);
    const shown = { current: 3, remaining: 0, countedSince: await sinceOf(stand) };
    expect(await comparison(stand, 'w1', 'win30')).toMatchObject(shown);
  });

  it('count sums and active days likewise, and by way of a segment that is changed', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.track(today('spend', 'w2', [0.1, 0.2]));
    await stand.drain();
    await stand.setFlag('sum', live(windowed('actionSum', 0.3, 'spend', 7)));
    await stand.setFlag('days', live(windowed('activeDays', 1, 'spend', 7)));
    const set = (conditions: object) =>
      stand.services.segments.set(OPERATOR, {
        ...{ key: 'spenders', conditions: conditions as never, expectedVersion: undefined, comment: '' },
      });
    await set({ all: [atLeast(9, 'spend')] });
    await stand.setFlag('segment', live({ condition: 'spenders' }));
    expect(await stand.on('w2')).toEqual(['days', 'sum']);
    const { warnings } = await set({ all: [atLeast(2, 'spend', { windowDays: 2 })] });
    expect(warnings.map(({ pointer }) => pointer)).toEqual(['/conditions/all/0/params/windowDays']);
    const again = await stand.setFlag('refers', live({ not: { condition: 'spenders' } }));
    expect(again.warnings.map(({ pointer }) => pointer)).toEqual(['/rules/0/conditions/all/0/not/condition']);
    await stand.setFlag('refers', { archived: true });
    expect(await stand.on('w2')).toEqual(['days', 'segment', 'sum']);
  });

  it('may be the present day, week or month, of which days are kept as long', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const now = await stand.store.now();
    const monday = dayNumber(now) - ((dayNumber(now) + 3) % 7);
    const at = (day: number) => ({ user_id: 'w8', action: 'move', occurred_at: day * DAY_MS + 1 });
    await stand.track([monday - 1, monday, dayNumber(now)].map((day, i) => ({ id: `${i}`, ...at(day) })));
    await stand.drain();
    const moved = (period: string, operator: string, value: number) => ({
      ...{ fact: 'actionCount', params: { action: 'move', period }, operator, value },
    });
    const input = latching(moved('week', 'greaterThanInclusive', 2));
    const { result } = await previewed(stand, 'weekly', { input });
    expect(result.counts).toMatchObject({ wouldUnlock: 1 });
    const { warnings } = await stand.setFlag('weekly', input);
    expect(warnings.map(({ pointer }) => pointer)).toEqual(['/rules/0/conditions/all/0/params/period']);
    await backfill(stand);
    expect(await ledgerOf(stand.store, 'w8')).toMatchObject([{ kind: 'unlocked', cause: { type: 'backfill' } }]);
    await stand.setFlag('limited', live(moved('week', 'lessThan', 5)));
    const usage = { remaining: 3, limit: 5, resetsAt: (monday + 7) * DAY_MS };
    expect(await comparison(stand, 'w8', 'limited')).toMatchObject({ current: 2, usage });
    const asked = { userId: 'w8', context: {}, flagKey: 'limited', consistencyToken: '', full: false };
    expect((await stand.services.evaluation.evaluate(OPERATOR, asked)).decision).toMatchObject({
      ...{ enabled: true, usage, validUntil: usage.resetsAt },
    });
    // Nothing has been done yet in the week that comes: time alone unlocks it.
    await stand.setFlag('rested', latching(moved('week', 'equal', 0)));
    const input8 = { userId: 'w8', flagKey: 'rested', consistencyToken: '', full: false };
    const { requirements } = await stand.services.requirements.get(OPERATOR, input8);
    expect(requirements.rules[0]!.requirement).toMatchObject({ met: false, metAt: usage.resetsAt });
    await stand.track([{ id: 'last', ...at(dayNumber(now)) }]);
    await stand.drain();
    expect([...(await stand.store.transaction((tx) => tx.timers.dueAt(['w8']))).values()]).toEqual([usage.resetsAt]);
    expect(stand.services.keeper.snapshot.windowedActions.get('move')).toBe(7);
  });

  it('count more when they are made longer', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const now = await stand.store.now();
    const ago = (days: number) => ({ id: `${days}`, user_id: 'w7', action: 'late', occurred_at: now - days * DAY_MS });
    await stand.track([0, 5, 20].map(ago));
    await stand.drain();
    await stand.setFlag('longer', live(windowed('actionCount', 3, 'late', 7)));
    expect((await comparison(stand, 'w7', 'longer')).current).toBe(2);
    expect(await isOn(stand, 'w7', 'longer')).toBe(false);
    await stand.setFlag('longer', live(windowed('actionCount', 3, 'late', 90)));
    expect(await isOn(stand, 'w7', 'longer')).toBe(true);
    expect((await comparison(stand, 'w7', 'longer')).current).toBe(3);
  });

  it('are read anew of users who were cached before, on every server', async () => {
    const [here, there] = [await engine.compose(), await engine.compose()];
    await here.clear();
    await there.services.keeper.refresh();
    await here.setFlag('known', live(verified));
    await here.track(today('open', 'w3', [1, 1]));
    await here.drain();
    for (const stand of [here, there]) {
      await stand.services.keeper.refresh();
      expect(await isOn(stand, 'w3', 'known')).toBe(false);
      expect(stand.states.users.peek('w3')?.state.actionDays.size).toBe(0);
    }
    await here.setFlag('opened', live(windowed('actionCount', 2, 'open', 7)));
    await there.services.keeper.refresh();
    for (const stand of [here, there]) expect(await isOn(stand, 'w3', 'opened')).toBe(true);

    // A worker that has not heard of the rule yet reads what it windows when it confirms the configuration.
    const late = await engine.compose();
    await here.setFlag('closed', latching(atLeast(3, 'close', { windowDays: 7 })));
    await here.track(today('close', 'w3', [1, 1]));
    await here.drain();
    const stale = await engine.compose();
    await here.setFlag('shut', latching(atLeast(3, 'shut', { windowDays: 7 })));
    await here.track([...today('shut', 'w4', [1, 1])]);
    await late.drain();
    await here.setFlag('shut', latching(atLeast(3, 'shut', { windowDays: 7 }), atLeast(1, 'shut')));
    await here.track([{ id: 'third', user_id: 'w4', action: 'shut' }]);
    await stale.drain();
    expect((await ledgerOf(here.store, 'w4')).map(({ cause }) => cause.type)).toEqual(['event']);
    expect(await comparison(here, 'w3', 'closed')).toMatchObject({ current: 2 });
  });

  it('are answered from states that lack them for no flag, while the store is away', async () => {
    let away: boolean = false;
    const stand = await engine.compose({
      around: (store) => ({
        ...store,
        states: {
          ...store.states,
          users: (ids, daysOf) =>
            away ? Promise.reject(new StoreUnavailable('away')) : store.states.users(ids, daysOf),
        },
      }),
    });
    await stand.clear();
    await stand.setFlag('plain', live(atLeast(1, 'go')));
    await stand.track(today('go', 'w5', [1, 1]));
    await stand.drain();
    expect(await isOn(stand, 'w5', 'plain')).toBe(true);
    await stand.setFlag('within', live(windowed('actionCount', 2, 'go', 7)));
    await stand.setFlag('behind', { isEnabledGlobally: true, prerequisites: [{ flagKey: 'within', variant: '' }] });
    away = true;
    expect(await isOn(stand, 'w5', 'plain')).toBe(true);
    for (const flagKey of ['within', 'behind']) {
      await expect(isOn(stand, 'w5', flagKey)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(comparison(stand, 'w5', flagKey)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    }
    away = false;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    for (const flagKey of ['plain', 'within', 'behind']) expect(await isOn(stand, 'w5', flagKey)).toBe(true);
  });

  it('keep days of every action for the retention, and say since when they are counted ever after', async () => {
    const stand = await engine.compose({ retentionDays: 3 });
    await stand.clear();
    const now = await stand.store.now();
    const at = (days: number) => now - days * DAY_MS;
    await stand.track([
      { id: '1', user_id: 'w6', action: 'kept', occurred_at: at(2) },
      { id: '2', user_id: 'w6', action: 'kept' },
      { id: '3', user_id: 'w6', action: 'other', occurred_at: at(2) },
      { id: '4', user_id: 'w6', action: 'other' },
    ]);
    await stand.drain();
    const { keeper } = stand.services;
    const housekeep = (days: number, retentionDays = 3) =>
      keepHouse({
        store: { ...stand.store, now: () => Promise.resolve(now + days * DAY_MS) },
        ...{ keeper, retentionDays, auditRetentionDays: undefined },
      });
    const daysOf = async (action: string) =>
      (await stand.store.states.users(['w6']))
        .get('w6')!
        .actionDays.get(action)
        ?.map(({ day }) => day);
    await housekeep(0);
    expect([(await daysOf('kept'))?.length, (await daysOf('other'))?.length]).toEqual([2, 2]);
    await stand.setFlag('kept', live(windowed('actionCount', 2, 'kept', 7)));
    // For a day more, since it may still be the day before where a user is.
    await housekeep(4);
    expect([(await daysOf('kept'))?.length, await daysOf('other')]).toEqual([2, [dayNumber(now)]]);
    expect(await isOn(stand, 'w6', 'kept')).toBe(true);

    // A rule that windows the other action is told from when on its days are kept, and so are requirements, ever after.
    const from = (dayNumber(now) + 4 - 5) * DAY_MS;
    const { countedSince } = await stand.store.days.known();
    const since = Math.max(from, countedSince);
    const { warnings } = await stand.setFlag('other', live(windowed('actionCount', 1, 'other', 30)));
    expect(warnings[0]?.message).toContain(new Date(since).toISOString());
    expect((await comparison(stand, 'w6', 'other')).countedSince).toBe(since);
    // With a longer retention nothing that was dropped is known again.
    await housekeep(5, 58);
    const known = await stand.store.days.known();
    expect(known.keptFrom.get('other')).toBe(dayNumber(now) + 4 - 5);
    expect(known.othersKeptFrom).toBe(dayNumber(now) + 4 - 5);
    expect(known.keptFrom.get('kept')).toBe(dayNumber(now) - 5);
  });
});

describeOnEachEngine('days of windows', (engine) => {
  it('of organizations are kept for as long as rules window them', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const all = [windowed('actionCount', 2, 'own', 7)];
    await stand.setFlag('brief', live(windowed('actionCount', 2, 'own', 1)));
    await stand.setFlag('together', { rules: [{ earnedBy: 'ORGANIZATION', conditions: { all } as never }] });
    await stand.setFlag('joint', live(atLeast(2, 'joint', { of: 'organization', windowDays: 7 })));
    const now = await stand.store.now();
    const did = (action: string, ago: number) => ({
      ...{
        id: `${action}-${ago}`,
        user_id: 'w9',
        action,
        occurred_at: now - ago * DAY_MS,
        organization_id: 'kept-org',
      },
    });
    await stand.track(['own', 'joint', 'unread'].flatMap((action) => [did(action, 2), did(action, 0)]));
    await stand.drain();
    await keepHouse({
      store: { ...stand.store, now: () => Promise.resolve(now + 5 * DAY_MS) },
      ...{ keeper: stand.services.keeper, retentionDays: 3, auditRetentionDays: undefined },
    });
    const read = new Set(['own', 'joint']);
    const { earner } = (await stand.store.states.organizations(['kept-org'], read)).get('kept-org')!;
    expect(Array.from(read, (action) => earner!.actionDays.get(action)?.length)).toEqual([2, 2]);
  });
});
