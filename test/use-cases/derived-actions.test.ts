import { expect, it } from '@jest/globals';
import type { Call } from '../../src/calls/caller.js';
import type { Action } from '../../src/core/flags/flag.js';
import type { Requirement } from '../../src/core/requirements/requirement.js';
import { DAY_MS, HOUR_MS } from '../../src/core/values/time/time.js';
import type { ActionDraft } from '../../src/services/events/draft-actions.js';
import { readEvents } from '../../src/services/events/events.js';
import { BackfillWorker } from '../../src/worker/backfills/backfill-worker.js';
import { keepHouse } from '../../src/worker/upkeep/housekeeping.js';
import { settleDerived } from '../../src/worker/upkeep/settle-derived.js';
import { describeOnEachEngine } from './stands/engines.js';
import { previewed } from './stands/previewed.js';
import {
  atLeast,
  composeUseCaseStand,
  latching,
  ledgerOf,
  OPERATOR,
  person,
  type UseCaseStand,
} from './stands/use-case-stand.js';

const AT_ONCE = { giveWay: () => Promise.resolve() };

const amount = (operator: string, value: number) => ({
  all: [{ fact: 'property', params: { name: 'amount' }, operator, value }],
});

const derived = (name: string, derivation: ActionDraft['derivation']): ActionDraft => ({
  name,
  clientTrackable: false,
  derivation,
});

const declare = (stand: UseCaseStand, ...drafts: ActionDraft[]) => stand.services.actions.declare(OPERATOR, drafts);

/** The fault that a declaration is refused for: its pointer and what is said. */
const refusal = (stand: UseCaseStand, ...drafts: ActionDraft[]) =>
  declare(stand, ...drafts).then(
    () => undefined,
    (error: { readonly faults: readonly { readonly pointer: string; readonly message: string }[] }) =>
      error.faults.map(({ pointer, message }) => `${pointer}: ${message}`),
  );

async function backfill({ store, services, notifier }: UseCaseStand): Promise<void> {
  const observer = {
    lookedAt: () => undefined,
    failed: (_: string, error: unknown) => {
      throw error;
    },
    done: () => undefined,
  };
  await new BackfillWorker({ ...{ store, keeper: services.keeper, notifier, observer }, ...AT_ONCE }).run();
}

/** Count, sum in units, active days and the counts by day of an action, as states are read. */
async function counted({ store }: UseCaseStand, userId: string, action: string) {
  const { actions, actionDays } = (await store.states.users([userId])).get(userId)!;
  const total = actions.get(action);
  if (total === undefined) return undefined;
  const days = (actionDays.get(action) ?? []).map(({ count }) => count);
  return [total.count, Number(total.sum) / 1e6, total.activeDays, days];
}

async function comparison(stand: UseCaseStand, userId: string, flagKey: string) {
  const input = { userId, flagKey, consistencyToken: '', full: false };
  const { requirements } = await stand.services.requirements.get(OPERATOR, input);
  let node: Requirement = requirements.rules[0]!.requirement;
  while (node.comparison === undefined) node = node.children[0]!;
  return node.comparison;
}

/** From the cache, where nothing else is asked for. */
async function isOn(stand: UseCaseStand, userId: string, flagKey: string): Promise<boolean> {
  const input = { userId, context: {}, flagKey, consistencyToken: '', full: false };
  return (await stand.services.evaluation.evaluate(OPERATOR, input)).decision.enabled;
}

describeOnEachEngine('derived actions', (engine) => {
  let ids = 0;
  const event = (user_id: string, action: string, properties: object = {}, more: object = {}) => ({
    ...{ id: `d${ids++}`, user_id, action, properties },
    ...more,
  });

  it('are counted with the event: by its properties, with a value of theirs, and each value once', async () => {
    const stand = await engine.compose();
    await declare(
      stand,
      derived('large', { from: ['order', 'reorder'], where: amount('greaterThanInclusive', 100) }),
      derived('revenue', { from: ['order'], value: { property: { path: '$.total.net' } } }),
      derived('points', { from: ['order', 'visit'], value: { constant: 5 } }),
      derived('lesson_kinds', {
        from: ['lesson'],
        distinct: { name: 'lesson' },
        value: { property: { name: 'score' } },
      }),
    );
    const { warnings } = await stand.track([
      event('a', 'order', { amount: 99.5, total: { net: 80 } }, { value: 1 }),
      event('a', 'order', { amount: 100, total: { net: '90' } }, { value: 2 }),
      event('a', 'reorder', { amount: 250 }, { value: 4 }),
      event('a', 'visit', {}, {}),
      event('a', 'lesson', { lesson: 'one', score: 3 }),
      event('a', 'lesson', { lesson: 'one', score: 50 }),
      event('a', 'lesson', { score: 50 }),
    ]);
    const misfit = 'the event does not count as "revenue", whose value would be "90"; send a number';
    expect(warnings).toEqual([{ pointer: '/events/1/properties', message: misfit }]);
    await stand.drain();
    await stand.track([
      event('a', 'lesson', { lesson: 'two', score: 4 }),
      event('a', 'lesson', { lesson: 'one', score: 60 }),
      event('b', 'lesson', { lesson: 'one', score: 60 }),
    ]);
    await stand.drain();
    expect(await counted(stand, 'a', 'large')).toEqual([2, 6, 1, [2]]);
    expect(await counted(stand, 'a', 'revenue')).toEqual([1, 80, 1, [1]]);
    expect(await counted(stand, 'a', 'points')).toEqual([3, 15, 1, [3]]);
    expect(await counted(stand, 'a', 'lesson_kinds')).toEqual([2, 7, 1, [2]]);
    expect(await counted(stand, 'b', 'lesson_kinds')).toEqual([1, 60, 1, [1]]);
    expect((await counted(stand, 'a', 'lesson'))?.[0]).toBe(5);
  });

  it('unlock with the event as the cause, and are told by requirements with since when they count', async () => {
    const stand = await engine.compose();
    const before = await stand.store.now();
    await declare(stand, derived('big', { from: ['sale'], where: amount('greaterThan', 10) }));
    await stand.setFlag('bigseller', latching(atLeast(2, 'big')));
    await stand.track([event('c', 'sale', { amount: 11 }), event('c', 'sale', { amount: 10 })]);
    await stand.drain();
    expect(await ledgerOf(stand.store, 'c')).toEqual([]);
    const { current, remaining, countedSince } = await comparison(stand, 'c', 'bigseller');
    expect([current, remaining]).toEqual([1, 1]);
    const { countsSince } = stand.services.keeper.snapshot.derivations.all.get('big')!;
    expect(countedSince).toBe(countsSince);
    expect(Math.abs(countsSince - (before - 30 * DAY_MS))).toBeLessThan(60_000);
    await stand.track([event('c', 'sale', { amount: 12 }, { id: 'cause' })]);
    await stand.drain();
    expect(await ledgerOf(stand.store, 'c')).toMatchObject([
      { kind: 'unlocked', cause: { type: 'event', eventId: 'cause', action: 'sale' } },
    ]);
  });

  it('count what is kept from before they were declared, for everybody who asks', async () => {
    const [stand, other] = [await engine.compose(), await engine.compose()];
    const now = await stand.store.now();
    await stand.track([
      event('h', 'paid', { amount: 5 }, { occurred_at: now - 3 * DAY_MS, value: 7 }),
      event('h', 'paid', { amount: 50 }, { occurred_at: now - 2 * DAY_MS, value: 7 }),
      event('h', 'paid', { amount: 60 }, { occurred_at: now - 2 * DAY_MS, value: 7 }),
      event('h', 'paid', { amount: 60 }, { occurred_at: now, value: 7 }),
    ]);
    await stand.drain();
    const live = { rules: [{ conditions: { all: [atLeast(2, 'paid_much', { windowDays: 3 })] } as never }] };
    await stand.setFlag('payer_live', live);
    await stand.setFlag('payer', latching(atLeast(3, 'paid_much')));
    await other.services.keeper.refresh();
    for (const one of [stand, other]) expect(await isOn(one, 'h', 'payer_live')).toBe(false);

    const written = await declare(stand, derived('paid_much', { from: ['paid'], where: amount('greaterThan', 10) }));
    expect(written.backfillIds).toHaveLength(1);
    expect(written.warnings.map(({ pointer }) => pointer)).toEqual(['/actions/0/derivation']);
    await other.services.keeper.refresh();
    // Read by both caches, by the pages of a preview and those of a backfill, before anything was written.
    for (const one of [stand, other]) {
      expect(await isOn(one, 'h', 'payer_live')).toBe(true);
      expect(await isOn(one, 'h', 'payer')).toBe(true);
      expect(await comparison(one, 'h', 'payer')).toMatchObject({ current: 3, remaining: 0 });
    }
    const { result } = await previewed(stand, 'payer', { input: latching(atLeast(4, 'paid_much')) });
    expect(result.counts).toMatchObject({ wouldLose: 1, wouldUnlock: 0 });
    expect(await engine.rows("SELECT action FROM action_totals WHERE user_id = 'h' AND action = 'paid_much'")).toEqual(
      [],
    );
    expect(await counted(stand, 'h', 'paid_much')).toEqual([3, 21, 2, [2, 1]]);

    await backfill(stand);
    expect((await ledgerOf(stand.store, 'h')).map(({ kind, cause }) => [kind, cause.type])).toEqual([
      ['unlocked', 'backfill'],
    ]);
    expect(
      await engine.rows("SELECT event_count FROM action_totals WHERE user_id = 'h' AND action = 'paid_much'"),
    ).toEqual([{ event_count: 3 }]);
    await stand.track([event('h', 'paid', { amount: 70 })]);
    await stand.drain();
    expect((await counted(stand, 'h', 'paid_much'))?.[0]).toBe(4);
  });

  it('are counted anew when they are changed, and are forgotten when they are deleted', async () => {
    const stand = await engine.compose();
    const kinds = { from: ['read'], distinct: { name: 'book' } };
    await declare(stand, derived('books', kinds));
    await stand.track(['x', 'y', 'x', 'z'].map((book) => event('k', 'read', { book })));
    await stand.drain();
    expect((await counted(stand, 'k', 'books'))?.[0]).toBe(3);
    const values = () => engine.rows("SELECT action FROM distinct_values WHERE user_id = 'k'");
    expect(await values()).toHaveLength(3);

    await declare(stand, derived('books', { from: ['read'] }));
    expect((await counted(stand, 'k', 'books'))?.[0]).toBe(4);
    await stand.track([event('k', 'read', { book: 'x' })]);
    await stand.drain();
    expect((await counted(stand, 'k', 'books'))?.[0]).toBe(5);
    expect(await values()).toHaveLength(0);
    await declare(stand, derived('books', kinds));
    expect((await counted(stand, 'k', 'books'))?.[0]).toBe(3);

    await stand.services.actions.delete(OPERATOR, 'books');
    expect(await counted(stand, 'k', 'books')).toBeUndefined();
    expect((await stand.services.actions.list(OPERATOR, { limit: 100 })).items.map(({ name }) => name)).not.toContain(
      'books',
    );
    // From now on it is any action, and begins with nothing.
    await stand.track([event('k', 'books')]);
    await stand.drain();
    expect((await counted(stand, 'k', 'books'))?.[0]).toBe(1);
    expect(await values()).toHaveLength(0);
  });

  it('count nothing from before their declaration where properties are dropped, unless they need none', async () => {
    const store = await engine.openStore({ dropProperties: true });
    const stand = await composeUseCaseStand(store, { dropProperties: true });
    await stand.track([event('p', 'drink', { kind: 'tea' })]);
    await stand.drain();
    const where = { all: [{ fact: 'property', params: { name: 'kind' }, operator: 'notEqual', value: 'coffee' }] };
    const { actions } = await declare(
      stand,
      derived('any_drink', { from: ['drink'] }),
      derived('no_coffee', { from: ['drink'], where }),
    );
    const since = ({ derivation }: Action): number => derivation!.countsSince;
    expect(since(actions[1]!) - since(actions[0]!)).toBe(30 * DAY_MS);
    expect((await counted(stand, 'p', 'any_drink'))?.[0]).toBe(1);
    expect(await counted(stand, 'p', 'no_coffee')).toBeUndefined();
    await stand.track([event('p', 'drink', { kind: 'tea' }), event('p', 'drink', { kind: 'coffee' })]);
    await stand.drain();
    expect((await counted(stand, 'p', 'any_drink'))?.[0]).toBe(3);
    expect((await counted(stand, 'p', 'no_coffee'))?.[0]).toBe(1);
  });

  it('are named by no event, at whichever door, and by none that was on its way', async () => {
    const stand = await engine.compose();
    await stand.track([event('n', 'jumped'), event('n', 'jump')]);
    await declare(stand, derived('jumped', { from: ['jump'] }));
    await stand.drain();
    expect(stand.buried).toMatchObject([{ userId: 'n', reason: expect.stringContaining('derived from others') }]);
    expect((await counted(stand, 'n', 'jumped'))?.[0]).toBe(1);

    const said = 'the action "jumped" is derived: it is counted from "jump"; send these instead';
    const shapes = [
      { id: '1', user_id: 'n', action: 'jumped' },
      { specversion: '1.0', id: '2', source: 's', subject: 'n', type: 'jumped' },
      { messageId: '3', type: 'track', userId: 'n', event: 'jumped' },
    ];
    const tracked = await stand.services.events.track(OPERATOR, { events: readEvents(shapes).events, wait: false });
    expect(tracked).toMatchObject({ accepted: 0, rejected: ['1', '2', '3'].map((id) => ({ id, error: said })) });
    await expect(stand.services.events.intake(OPERATOR, shapes)).rejects.toThrow(said);
    const own = await stand.track([event('n', 'jumped', {}, { id: '4' })], { call: person('n') });
    expect(own.rejected).toMatchObject([{ id: '4', error: expect.stringContaining('nobody sends it') }]);
  });

  it('are refused by pointer where they cannot be, and stay while something refers to them', async () => {
    const stand = await engine.compose();
    await declare(stand, derived('base', { from: ['ride'] }), { name: 'ride', clientTrackable: true });
    expect(await refusal(stand, derived('more', { from: ['ride', 'base'] }))).toEqual([
      '/actions/0/derivation/from/1: "base" is derived itself, so name what it is derived from',
    ]);
    expect(await refusal(stand, derived('ride', { from: ['walk'] }))).toEqual([
      '/actions/0/derivation: "base" is derived from "ride", which therefore cannot be derived; change that first',
    ]);
    expect(await refusal(stand, derived('self', { from: ['self'] }))).toHaveLength(1);
    const stage = { all: [{ fact: 'stage', operator: 'equal', value: 'x' }] };
    const bad = { from: [], where: stage, value: {}, distinct: { path: 'amount' } };
    const said = await refusal(stand, { ...derived('bad', bad), clientTrackable: true });
    expect(said?.map((one) => one.slice(0, one.indexOf(':')))).toEqual([
      '/actions/0/derivation/from',
      '/actions/0/derivation/where/all/0/fact',
      '/actions/0/derivation/distinct',
      '/actions/0/derivation/value',
      '/actions/0/client_trackable',
    ]);
    await stand.setFlag('riders', latching(atLeast(1, 'base')));
    await expect(stand.services.actions.delete(OPERATOR, 'base')).rejects.toThrow('referred to by the flag "riders"');
    await expect(stand.services.actions.delete(OPERATOR, 'ride')).rejects.toThrow('the derived action "base"');
    await stand.setFlag('riders', { rules: [] });
    await stand.services.actions.delete(OPERATOR, 'base');
    await stand.services.actions.delete(OPERATOR, 'ride');
  });

  it('count since another action, whichever comes late, and unlock by what has waited', async () => {
    const stand = await engine.compose();
    const now = await stand.store.now();
    const ago = (hours: number): object => ({ occurred_at: now - hours * HOUR_MS });
    await declare(
      stand,
      derived('soon', { from: ['buy'], since: { action: 'trial', withinDays: 2 } }),
      derived('shops', { from: ['buy'], since: { action: 'big_trial' }, distinct: { name: 'shop' } }),
      derived('big_trial', { from: ['trial'], where: amount('greaterThan', 10) }),
    );
    await stand.setFlag('soon_twice', latching(atLeast(2, 'soon')));
    const send = async (...events: Parameters<UseCaseStand['track']>[0][number][]): Promise<void> => {
      await stand.track(events);
      await stand.drain();
    };
    await send(event('s', 'buy', { shop: 'x' }, ago(60)), event('s', 'buy', { shop: 'y' }, ago(30)));
    await send(event('s', 'trial', { amount: 5 }, ago(20)));
    await send(event('s', 'buy', { shop: 'x' }, ago(10)));
    expect((await counted(stand, 's', 'soon'))?.[0]).toBe(1);
    expect(await counted(stand, 's', 'shops')).toBeUndefined();
    // Late, and before that what has waited for it.
    await send(event('s', 'trial', { amount: 50 }, { ...ago(70), id: 'late_trial' }));
    expect((await counted(stand, 's', 'soon'))?.[0]).toBe(3);
    expect((await counted(stand, 's', 'shops'))?.[0]).toBe(2);
    expect((await ledgerOf(stand.store, 's')).map(({ cause }) => cause)).toMatchObject([{ eventId: 'late_trial' }]);
    await send(event('s', 'buy', { shop: 'z' }, ago(45)), event('s', 'buy', { shop: 'z' }, ago(71)));
    await send(event('s', 'buy', { shop: 'y' }, ago(21)));
    expect((await counted(stand, 's', 'soon'))?.[0]).toBe(4);
    expect((await counted(stand, 's', 'shops'))?.[0]).toBe(3);
    const live = [await counted(stand, 's', 'soon'), await counted(stand, 's', 'shops')];

    // Declared anew, they come to the same from what is kept; also by another declaration of that since which they count.
    const { countsSince } = stand.services.keeper.snapshot.derivations.all.get('shops')!;
    await declare(
      stand,
      derived('soon', { from: ['buy'] }),
      derived('big_trial', { from: ['trial'], where: amount('greaterThan', 60) }),
    );
    expect((await counted(stand, 's', 'soon'))?.[0]).toBe(6);
    expect(await counted(stand, 's', 'shops')).toBeUndefined();
    expect(stand.services.keeper.snapshot.derivations.all.get('shops')!.countsSince).toBeGreaterThanOrEqual(
      countsSince,
    );
    await declare(
      stand,
      derived('soon', { from: ['buy'], since: { action: 'trial', withinDays: 2 } }),
      derived('big_trial', { from: ['trial'], where: amount('greaterThan', 10) }),
    );
    expect([await counted(stand, 's', 'soon'), await counted(stand, 's', 'shops')]).toEqual(live);
    // What is written down goes on as it was.
    await send(event('s', 'buy', { shop: 'w' }, ago(1)), event('s', 'buy', { shop: 'w' }, ago(21)));
    expect((await counted(stand, 's', 'soon'))?.[0]).toBe(5);
    expect((await counted(stand, 's', 'shops'))?.[0]).toBe(4);
  });

  it('count since no other that does so itself, nor since one of those that they count', async () => {
    const stand = await engine.compose();
    await declare(stand, derived('then', { from: ['two'], since: { action: 'first' } }));
    const since = (action: string, more: object = {}) => ({ from: ['three'], since: { action, ...more } });
    expect(await refusal(stand, derived('third', since('then')))).toEqual([
      '/actions/0/derivation/since/action: "then" counts since another action itself: "third" → "then" → "first"; name one that does not',
    ]);
    expect(await refusal(stand, derived('first', since('zero')))).toEqual([
      '/actions/0/derivation/since: "then" counts since "first", which therefore cannot count since another action; change that first',
    ]);
    expect((await refusal(stand, derived('own', since('own'))))?.[0]).toContain('"own" → "own"');
    expect((await refusal(stand, derived('x', since('three'))))?.[0]).toContain(
      '/actions/0/derivation/since/action: "three" is',
    );
    for (const withinDays of [0, 1.5, 3_651])
      expect((await refusal(stand, derived('x', since('zero', { withinDays }))))?.[0]).toContain(
        '/actions/0/derivation/since/within_days: within_days is a whole number from 1 to 3650, not',
      );
    await declare(stand, { name: 'first', clientTrackable: true });
    await expect(stand.services.actions.delete(OPERATOR, 'first')).rejects.toThrow('the derived action "then"');
    const dropping = await composeUseCaseStand(await engine.openStore({ dropProperties: true }), {
      dropProperties: true,
    });
    expect(await refusal(dropping, derived('x', { ...since('zero'), distinct: { name: 'p' } }))).toEqual([
      expect.stringContaining('/actions/0/derivation/since: with EVENT_PROPERTIES=drop nothing that reads properties'),
    ]);
    await declare(dropping, derived('x', since('zero')));
  });

  it('count since a flag was unlocked, and begin anew where that is earned anew', async () => {
    const stand = await engine.compose();
    await stand.setFlag('beta', latching(atLeast(2, 'try')));
    const inBeta = (more: object = {}) =>
      derived('exports_in_beta', { from: ['export'], since: { flag: 'beta' }, ...more });
    const kinds = derived('kinds_in_beta', {
      from: ['export'],
      since: { flag: 'beta', withinDays: 3 },
      distinct: { name: 'kind' },
    });
    await declare(stand, inBeta(), kinds);
    await stand.setFlag('exporter', latching(atLeast(2, 'exports_in_beta')));
    /** Sends an event after all that was earned so far: in a later millisecond. */
    const send = async (action: string, properties: object = {}, more: object = {}): Promise<void> => {
      const earned = (await ledgerOf(stand.store, 'u')).at(-1)?.recordedAt ?? 0;
      while ((await stand.store.now()) <= earned + 5) await new Promise((resolve) => setTimeout(resolve, 2));
      await stand.track([event('u', action, properties, more)]);
      await stand.drain();
    };
    const counts = async () =>
      [await counted(stand, 'u', 'exports_in_beta'), await counted(stand, 'u', 'kinds_in_beta')].map((one) => one?.[0]);
    const flagId = (key: string) => stand.services.keeper.snapshot.flags.get(key)!.flag.id;
    const entries = async (key: string) =>
      (await ledgerOf(stand.store, 'u')).filter((entry) => entry.flagId === flagId(key)).map(({ kind }) => kind);

    await send('export', { kind: 'x' });
    await send('try');
    await send('try');
    expect(await entries('beta')).toEqual(['unlocked']);
    expect(await counts()).toEqual([undefined, undefined]);
    await send('export', { kind: 'x' });
    // Late, from before it was unlocked.
    await send('export', { kind: 'y' }, { occurred_at: (await stand.store.now()) - HOUR_MS });
    await send('export', { kind: 'x' }, { id: 'cause' });
    expect(await counts()).toEqual([2, 1]);
    expect((await ledgerOf(stand.store, 'u')).at(-1)).toMatchObject({
      ...{ flagId: flagId('exporter'), kind: 'unlocked', cause: { eventId: 'cause' } },
    });
    // Declared anew it counts the same from what is kept, by what the ledger says.
    await declare(stand, inBeta({ value: { constant: 7 } }));
    expect(await counted(stand, 'u', 'exports_in_beta')).toEqual([2, 14, 1, [2]]);
    const { countsSince } = stand.services.keeper.snapshot.derivations.all.get('kinds_in_beta')!;

    const manual = { userId: 'u', flag: 'beta', ruleId: '', reason: 'a test' };
    await stand.services.ledger.revoke(OPERATOR, manual);
    expect(await counts()).toEqual([undefined, undefined]);
    await send('export', { kind: 'x' });
    expect(await counts()).toEqual([undefined, undefined]);
    await stand.services.ledger.rearm(OPERATOR, manual);
    expect(await entries('beta')).toEqual(['unlocked', 'revoked', 'rearmed', 'unlocked']);
    await send('export', { kind: 'x' });
    expect(await counts()).toEqual([1, 1]);
    // A grant of the flag leaves what was earned earlier.
    await stand.services.ledger.grant(OPERATOR, manual);
    expect(await counts()).toEqual([1, 1]);
    await stand.services.ledger.rearm(OPERATOR, manual);
    expect(await counts()).toEqual([undefined, undefined]);
    await send('export', { kind: 'x' });
    expect(await counts()).toEqual([1, 1]);

    // RELOCK: at once for whoever reads it, and for good with the backfill, which unlocks it anew.
    const { rules } = stand.services.keeper.snapshot.flags.get('beta')!.flag;
    const conditions = { all: [atLeast(1, 'try')] } as never;
    const relocked = await stand.setFlag(
      'beta',
      { rules: [{ id: rules[0]!.id, policy: 'LATCHING', conditions }] },
      { onRuleChange: 'RELOCK' },
    );
    expect(relocked.warnings.map(({ message }) => message.slice(0, message.indexOf(':')))).toEqual(
      ['exports_in_beta', 'kinds_in_beta'].map((name) => `"${name}" counts since this flag was unlocked`),
    );
    expect(stand.services.keeper.snapshot.derivations.all.get('kinds_in_beta')!.countsSince).toBeGreaterThan(
      countsSince,
    );
    expect(await counts()).toEqual([undefined, undefined]);
    await backfill(stand);
    expect((await entries('beta')).slice(-2)).toEqual(['relocked', 'unlocked']);
    expect(await counts()).toEqual([undefined, undefined]);
    await send('export', { kind: 'x' });
    expect(await counts()).toEqual([1, 1]);
    // A change by which the same unlocks count has nothing counted anew.
    const before = stand.services.keeper.snapshot.derivations;
    await stand.setFlag('beta', {
      description: 'another',
      rules: [{ id: rules[0]!.id, policy: 'LATCHING', conditions }, { conditions: {} }],
    });
    expect(stand.services.keeper.snapshot.derivations).toBe(before);

    await stand.setFlag('exporter', { rules: [] });
    for (const name of ['exports_in_beta', 'kinds_in_beta']) await stand.services.actions.delete(OPERATOR, name);
  });

  it('count since no flag that they unlock themselves, nor one that is not there or is to be archived', async () => {
    const stand = await engine.compose();
    const since = (flag: string): ActionDraft['derivation'] => ({ from: ['walk'], since: { flag } });
    await stand.setFlag('hiker', latching(atLeast(1, 'walk')));
    expect(await refusal(stand, derived('hikes', since('hikers')))).toEqual([
      '/actions/0/derivation/since/flag: there is no flag "hikers" to count since; did you mean "hiker"?',
    ]);
    expect(await refusal(stand, derived('hikes', { from: ['walk'], since: { flag: 'hiker', action: 'x' } }))).toEqual([
      '/actions/0/derivation/since: what must have come first is either an action or a flag',
    ]);
    await declare(stand, derived('hikes', since('hiker')));
    const reads = (key: string) => ({ fact: 'unlocked', params: { flag: key }, operator: 'equal', value: true });
    await stand.setFlag('climber', latching(atLeast(3, 'hikes')));
    await expect(stand.setFlag('hiker', latching(reads('climber')))).rejects.toMatchObject({
      faults: [{ pointer: '/rules', message: expect.stringContaining('hiker → climber → action hikes → hiker') }],
    });
    await stand.setFlag('climbed', latching(reads('climber')));
    expect((await refusal(stand, derived('hikes', since('climbed'))))?.[0]).toContain(
      '/actions/0/derivation/since/flag: flags and actions depend on one another:',
    );
    await expect(stand.setFlag('hiker', { archived: true })).rejects.toMatchObject({
      faults: [{ pointer: '/archived', message: expect.stringContaining('the derived action "hikes" counts since') }],
    });
    for (const key of ['climbed', 'climber']) await stand.setFlag(key, { rules: [] });
    await stand.services.actions.delete(OPERATOR, 'hikes');
    await stand.setFlag('hiker', { archived: true });
  });

  it('tell people nothing of a flag since which they count, if people may not know of it', async () => {
    const stand = await engine.compose();
    await stand.setFlag('secret', { ...latching(atLeast(1, 'knock')), clientVisible: false });
    await declare(stand, derived('visits', { from: ['visit'], since: { flag: 'secret' } }));
    const few = { fact: 'actionCount', params: { action: 'visits' }, operator: 'lessThan', value: 3 };
    await stand.setFlag('guest', { rules: [{ conditions: { all: [few] } as never }] });
    await stand.identify('v');
    const input = { userId: 'v', flagKey: 'guest', consistencyToken: '', full: false };
    const shown = async (call: Call) => {
      const { requirements } = await stand.services.requirements.get(call, input);
      const { decision } = requirements;
      const [{ comparison, label }] = requirements.rules[0]!.requirement.children as [Requirement];
      return { comparison: comparison?.current, label, usage: decision.usage?.remaining, enabled: decision.enabled };
    };
    expect(await shown(OPERATOR)).toMatchObject({ comparison: 0, usage: 3, enabled: true });
    expect(await shown(person('v'))).toEqual({
      comparison: undefined,
      label: 'another feature',
      usage: undefined,
      enabled: true,
    });
    await stand.setFlag('secret', { clientVisible: true });
    expect(await shown(person('v'))).toMatchObject({ comparison: 0, usage: 3 });
    await stand.setFlag('guest', { rules: [] });
    await stand.services.actions.delete(OPERATOR, 'visits');
  });

  it('leave nothing of a user who is deleted', async () => {
    const stand = await engine.compose();
    await declare(stand, derived('cities', { from: ['trip'], distinct: { name: 'city' } }));
    await declare(stand, derived('trips', { from: ['trip'], since: { action: 'visa', withinDays: 9 } }));
    await stand.track([event('gone', 'visa'), ...['a', 'b', 'c'].map((city) => event('gone', 'trip', { city }))]);
    await stand.drain();
    expect(await engine.rows("SELECT action FROM sequence_spans WHERE user_id = 'gone'")).toHaveLength(1);
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'gone', comment: 'the account was closed' });
    for (const table of ['distinct_values', 'action_totals', 'action_days', 'sequence_spans', 'events'])
      expect(await engine.rows(`SELECT user_id FROM ${table} WHERE user_id = 'gone'`)).toEqual([]);
    await stand.track([event('gone', 'trip', { city: 'a' })]);
    await stand.drain();
    expect((await counted(stand, 'gone', 'cities'))?.[0]).toBe(1);
  });

  it('are settled for good in the background, before events go, and lose nothing with these', async () => {
    const stand = await engine.compose();
    const users = Array.from({ length: 230 }, (_, i) => `s${i}`);
    await stand.track(users.flatMap((id) => [event(id, 'swim', { far: true }), event(id, 'swim', {})]));
    await stand.drain();
    const where = { all: [{ fact: 'property', params: { name: 'far' }, operator: 'equal', value: true }] };
    await declare(stand, derived('far_swim', { from: ['swim'], where }));
    const { store } = stand;
    const later = { ...store, now: async () => (await store.now()) + 40 * DAY_MS };
    const { keeper } = stand.services;
    await keepHouse({ store: later, keeper, retentionDays: 30, auditRetentionDays: undefined });
    expect(await engine.rows("SELECT action FROM events WHERE action = 'swim'")).toEqual([]);
    for (const id of users) expect((await counted(stand, id, 'far_swim'))?.[0]).toBe(1);
    expect(await store.derived.unsettled()).toBeUndefined();
    expect(await settleDerived({ store, keeper, ...AT_ONCE })).toBe(true);
  });
});
