import { setTimeout } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS } from '../../src/core/values/time/time.js';
import { OrganizationDeletion } from '../../src/services/organizations/organization-deletion.js';
import type { NewEvent } from '../../src/store/event-store.js';
import { type Store, StoreUnavailable } from '../../src/store/store.js';
import { BackfillWorker } from '../../src/worker/backfills/backfill-worker.js';
import { LaneWorker } from '../../src/worker/inbox/lane-worker.js';
import { keepHouse } from '../../src/worker/upkeep/housekeeping.js';
import { describeOnEachEngine } from './stands/engines.js';
import { machine, OPERATOR, person, type UseCaseStand } from './stands/use-case-stand.js';

type Leaf = Readonly<Record<string, unknown>>;

/** A latching rule that organizations earn. */
const earned = (...all: readonly Leaf[]) => ({
  rules: [{ policy: 'LATCHING', earnedBy: 'ORGANIZATION', conditions: { all } as never }],
});
/** One that relocks when what it rests on is taken back. */
const relocking = (...all: readonly Leaf[]) => ({
  rules: [{ policy: 'LATCHING', earnedBy: 'ORGANIZATION', onReversal: 'RELOCK', conditions: { all } as never }],
});
const count = (operator: string, value: number, params: Leaf = {}): Leaf => ({
  ...{ fact: 'actionCount', params: { action: 'report', ...params }, operator, value },
});
const sum = (operator: string, value: number): Leaf => ({
  ...{ fact: 'actionSum', params: { action: 'report' }, operator, value },
});
const unlocked = (flag: string, value: boolean): Leaf => ({
  ...{ fact: 'unlocked', params: { flag }, operator: 'equal', value },
});

const earnerOf = async ({ store }: UseCaseStand, id: string) =>
  (await store.states.organizations([id], new Set())).get(id)!.earner!;
const reportsOf = async (stand: UseCaseStand, id: string) =>
  (await earnerOf(stand, id)).actions.get('report')?.count ?? 0;
const ledgerOf = async ({ store }: UseCaseStand, id: string) =>
  (await store.history.organizationLedger(id, { limit: 1_000 })).items;

let events = 0;
const report = (userId: string, more: Leaf = {}) => ({
  ...{ id: `event-${events++}`, user_id: userId, action: 'report', ...more },
});

describeOnEachEngine('what organizations count', (engine) => {
  it('is what their members do, each event once, in the organization that it is of', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('team-0', earned(count('greaterThanInclusive', 3)));
    await stand.identify('mia', { organizationId: 'acme' });
    await stand.identify('max', { organizationId: 'globex' });

    // By the membership, by what the event says, and by neither.
    const sent = [
      report('mia'),
      report('max'),
      report('mia', { organization_id: 'globex' }),
      report('nobody'),
      { ...report('mia'), action: 'login' },
    ];
    await stand.track(sent);
    await stand.track(sent);
    await stand.drain();
    expect([await reportsOf(stand, 'acme'), await reportsOf(stand, 'globex')]).toEqual([1, 2]);
    expect([...(await earnerOf(stand, 'acme')).actions.keys()]).toEqual(['report']);
    expect((await stand.store.states.users(['acme', 'globex'])).get('globex')?.revision).toBe(0);

    // A person's verified token says it; nobody else may.
    await stand.services.actions.declare(OPERATOR, [{ name: 'report', clientTrackable: true }]);
    const call = person('mia', { organizationId: 'globex' });
    expect((await stand.track([report('mia')], { call })).accepted).toBe(1);
    for (const [caller, said] of [
      [call, 'acme'],
      [person('mia'), 'acme'],
      [machine(['track'], 'acme'), 'globex'],
    ] as const) {
      const { rejected } = await stand.track([report('mia', { organization_id: said })], { call: caller });
      expect(rejected[0]?.error).toMatch(new RegExp(`^/organization_id: .*${said}.*leave it out`));
    }
    // A bound token's own organization, whoever of its users it is, and whenever it was.
    const bound = machine(['track'], 'acme');
    const longAgo = new Date((await stand.store.now()) - DAY_MS).toISOString();
    const { rejected } = await stand.track([report('mia', { organization_id: 'acme', occurred_at: longAgo })], {
      call: bound,
    });
    expect(rejected).toEqual([]);
    // From before it was known of which organization she was.
    await stand.track([report('mia', { occurred_at: longAgo })]);
    await stand.drain();
    expect([await reportsOf(stand, 'acme'), await reportsOf(stand, 'globex')]).toEqual([2, 3]);
    const [entry, ...others] = await ledgerOf(stand, 'globex');
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ kind: 'unlocked', cause: { type: 'event', action: 'report', contributor: 'mia' } });
    expect(await ledgerOf(stand, 'acme')).toEqual([]);
    expect(await stand.store.events.deadLetterCount()).toBe(0);
    expect(stand.published.filter(({ kind }) => kind === 'organizations').length).toBeGreaterThan(0);
  });

  it('is known since when', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const leaf = { fact: 'actionCount', params: { action: 'fresh' }, operator: 'greaterThanInclusive', value: 2 };
    await stand.track([{ ...report('early', { organization_id: 'dated' }), action: 'fresh' }]);
    await stand.drain();
    const before = await stand.store.now();
    await stand.setFlag('dated', earned(leaf));
    await stand.setFlag('dated-of-members', {
      rules: [{ conditions: { all: [{ ...leaf, params: { action: 'fresh', of: 'organization' } }] } as never }],
    });
    await stand.identify('late', { organizationId: 'dated' });
    await stand.track([{ ...report('late'), action: 'fresh' }]);
    await stand.drain();
    for (const flagKey of ['dated', 'dated-of-members']) {
      const asked = { flagKey, userId: 'late', context: {}, consistencyToken: '', full: true };
      const { rules } = (await stand.services.requirements.get(OPERATOR, asked)).requirements;
      const { current, countedSince } = rules[0]!.requirement.children[0]!.comparison!;
      expect([flagKey, current]).toEqual([flagKey, 1]);
      expect(countedSince).toBeGreaterThanOrEqual(before);
    }
  });

  it('goes with the member who moves, from then on', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('team-1', earned(count('greaterThanInclusive', 100)));
    // Servers' clocks may differ a little from the database's, by which moves are noted.
    const act = async (times: number) => {
      await setTimeout(5);
      const occurred_at = new Date(await stand.store.now()).toISOString();
      await stand.track(Array.from({ length: times }, () => report('nomad', { occurred_at })));
      await setTimeout(5);
    };
    await stand.identify('nomad', { organizationId: 'first' });
    await act(1);
    await stand.identify('nomad', { organizationId: 'second' });
    await act(2);
    await stand.identify('nomad', { organizationId: '' });
    await act(1);
    await stand.drain();
    const counts = [await reportsOf(stand, 'first'), await reportsOf(stand, 'second')];
    expect(counts).toEqual([1, 2]);
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'nomad', comment: 'left' });
    expect([await reportsOf(stand, 'first'), await reportsOf(stand, 'second')]).toEqual(counts);
    expect((await stand.store.transaction((tx) => tx.users.memberships(['nomad']))).size).toBe(0);
  });

  it('does not name who contributed once they are deleted', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('team-2', earned(count('greaterThanInclusive', 1)));
    await stand.track([report('leaver', { organization_id: 'kept', properties: { of: 'leaver' } })]);
    await stand.drain();
    expect((await ledgerOf(stand, 'kept'))[0]?.cause).toMatchObject({ contributor: 'leaver' });
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'leaver', comment: 'left' });
    expect((await ledgerOf(stand, 'kept'))[0]?.cause).toMatchObject({ contributor: '' });
    expect(await reportsOf(stand, 'kept')).toBe(1);
  });

  it('is not needed for what an organization earns by what is known of it, of which a backfill finds every one', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const set = (id: string, plan: string) =>
      stand.services.organizations.set(OPERATOR, { id, attributes: { plan }, comment: '' });
    await set('paying', 'pro');
    await set('leaving', 'pro');
    await set('trying', 'free');
    await stand.services.organizationDeletion.delete(OPERATOR, { id: 'leaving', comment: 'over' });
    const plan = { fact: 'organizationAttribute', params: { name: 'plan' }, operator: 'equal', value: 'pro' };
    await stand.setFlag('paid', earned(plan));
    const worker = new BackfillWorker({
      ...{ store: stand.store, keeper: stand.services.keeper, notifier: stand.notifier, pageSize: 2 },
      giveWay: () => Promise.resolve(),
      observer: { lookedAt: () => undefined, failed: () => undefined, done: () => undefined },
    });
    await worker.run();
    const kinds = async (id: string) => (await ledgerOf(stand, id)).map(({ kind }) => kind);
    expect(await Promise.all(['paying', 'trying', 'leaving'].map(kinds))).toEqual([['unlocked'], [], []]);
    await set('trying', 'pro');
    await worker.run();
    expect(await kinds('trying')).toEqual(['unlocked']);
  });

  it('is taken back with what is taken back of a member, once, wherever that member is now', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('kept-of-team', earned(count('greaterThanInclusive', 2)));
    await stand.setFlag('taken-of-team', relocking(count('greaterThanInclusive', 2)));
    const ofMembers = { ...count('greaterThanInclusive', 2, { of: 'organization' }) };
    await stand.setFlag('live-of-members', { rules: [{ conditions: { all: [ofMembers] } as never }] });
    await stand.identify('refunded', { organizationId: 'home' });
    await stand.identify('stayer', { organizationId: 'home' });
    const isOn = async () => (await stand.on('stayer')).includes('live-of-members');
    // The same source and id of two members are two events.
    const [same, other] = ['refunded', 'stayer'].map((userId) => ({ ...report(userId), id: 'same', source: 'shop' }));
    await stand.track([same!, other!]);
    await stand.drain();
    expect([await reportsOf(stand, 'home'), await isOn()]).toEqual([2, true]);
    await stand.identify('refunded', { organizationId: 'away' });
    const reversal = (id: string, of: string, more: Leaf = {}) => ({
      ...{ id, source: 'shop', user_id: 'refunded', reverses: { id: of }, ...more },
    });
    const elsewhere = await stand.track([reversal('no', 'same', { organization_id: 'away' })]);
    expect(elsewhere.rejected[0]?.error).toMatch(/is not of the organization "away"/);
    // Whoever speaks for another one learns nothing of the event by guessing.
    const guessed = await stand.track([reversal('no', 'same', { action: 'guessed' })], {
      call: machine(['track'], 'away'),
    });
    expect(guessed.rejected.map(({ error }) => error)).toEqual([elsewhere.rejected[0]?.error]);
    await stand.track([reversal('back', 'same')]);
    await stand.track([reversal('back', 'same'), reversal('again', 'same')]);
    await stand.drain();
    expect([await reportsOf(stand, 'home'), await reportsOf(stand, 'away'), await isOn()]).toEqual([1, 0, false]);
    expect((await stand.store.states.users(['refunded'])).get('refunded')?.actions.has('report')).toBe(false);
    const entries = await ledgerOf(stand, 'home');
    expect(entries.map(({ kind }) => kind)).toEqual(['unlocked', 'unlocked', 'relocked']);
    expect(entries[2]?.cause).toEqual({
      ...{ type: 'event', source: 'shop', eventId: 'back', action: 'report', contributor: 'refunded' },
      reverses: { source: 'shop', id: 'same' },
    });

    // What is taken back before it comes never counts, in one call or in several.
    const late = { ...report('refunded', { organization_id: 'home' }), source: 'shop' };
    await stand.track([reversal('early', late.id)]);
    await stand.track([late]);
    const pair = { ...report('refunded', { organization_id: 'home' }), source: 'shop' };
    await stand.track([pair, reversal('at once', pair.id)]);
    await stand.drain();
    expect(await reportsOf(stand, 'home')).toBe(1);

    // Of whom nobody knows any more what they did, it cannot be taken back: it stays counted.
    await stand.track([{ ...report('stayer'), id: 'last', source: 'shop' }]);
    await stand.drain();
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'stayer', comment: 'left' });
    await stand.track([{ ...reversal('too late', 'last'), user_id: 'stayer' }]);
    await stand.drain();
    expect(await reportsOf(stand, 'home')).toBe(2);
    expect(await stand.store.events.deadLetterCount()).toBe(0);
  });

  it('is taken back for as long as it is of its user, and kept as long by the housekeeping', async () => {
    const stand = await engine.compose({ retentionDays: 3 });
    await stand.clear();
    await stand.setFlag('team-old', earned(count('greaterThanInclusive', 5)));
    const occurred_at = new Date((await stand.store.now()) - 2.9 * DAY_MS).toISOString();
    const old = report('elder', { organization_id: 'old-home', occurred_at });
    const [recent, later] = [1, 2].map(() => report('elder', { organization_id: 'old-home' }));
    await stand.track([old, recent!, later!]);
    await stand.drain();
    const back = async ({ id }: { readonly id: string }) => {
      await stand.track([{ id: `back-${id}`, user_id: 'elder', reverses: { id } }]);
      await stand.drain();
    };
    await back(old);
    expect([await reportsOf(stand, 'old-home'), stand.buried]).toEqual([2, []]);
    const { store } = stand;
    const keepHouseAfter = (days: number) => {
      const now = async () => (await store.now()) + days * DAY_MS;
      const { keeper } = stand.services;
      return keepHouse({ store: { ...store, now }, keeper, retentionDays: 3, auditRetentionDays: undefined });
    };
    await keepHouseAfter(3.9);
    await back(recent!);
    expect(await reportsOf(stand, 'old-home')).toBe(1);
    // The organization's part goes first, and what its user's part leads to is never left alone.
    await keepHouseAfter(4.1);
    await back(later!);
    expect([await reportsOf(stand, 'old-home'), stand.buried]).toEqual([1, []]);
  });

  it('is taken back where events are kept for a day alone, too', async () => {
    const stand = await engine.compose({ retentionDays: 1 });
    await stand.clear();
    await stand.setFlag('team-6', earned(count('greaterThanInclusive', 2)));
    await stand.identify('brief', { organizationId: 'shortly' });
    await stand.track([{ ...report('brief'), id: 'brief-1' }]);
    await stand.drain();
    expect(await reportsOf(stand, 'shortly')).toBe(1);
    await stand.track([{ id: 'brief-2', user_id: 'brief', reverses: { id: 'brief-1' } }]);
    await stand.drain();
    expect([await reportsOf(stand, 'shortly'), stand.buried]).toEqual([0, []]);
  });

  it('is not taken back from an organization that was deleted meanwhile', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('team-gone', earned(count('greaterThanInclusive', 1)));
    const dead = await stand.store.events.deadLetterCount();
    const before = report('mover', { organization_id: 'dissolved' });
    await stand.track([before]);
    await stand.drain();
    await stand.services.organizationDeletion.delete(OPERATOR, { id: 'dissolved', comment: 'over' });
    const occurred_at = new Date((await stand.store.now()) + 60_000).toISOString();
    await stand.track([report('mover', { organization_id: 'dissolved', occurred_at })]);
    await stand.track([{ id: 'back', user_id: 'mover', reverses: { id: before.id }, occurred_at }]);
    await stand.drain();
    expect([await reportsOf(stand, 'dissolved'), await stand.store.events.deadLetterCount()]).toEqual([1, dead]);
    expect((await stand.store.states.users(['mover'])).get('mover')?.actions.get('report')?.count).toBe(1);
  });

  it('unlocks by time, too', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const idle = { fact: 'daysSinceAction', params: { action: 'report' }, operator: 'greaterThanInclusive', value: 1 };
    await stand.setFlag('resting', earned(idle));
    const occurred_at = new Date((await stand.store.now()) - 3 * DAY_MS).toISOString();
    await stand.track([report('ada', { organization_id: 'sleepy', occurred_at })]);
    await stand.drain();
    await stand.fireTimers();
    expect((await ledgerOf(stand, 'sleepy')).map(({ kind }) => kind)).toEqual(['unlocked']);
    expect((await stand.store.timers.due(Number.MAX_SAFE_INTEGER, 100)).map(({ userId }) => userId)).not.toContain(
      'ada',
    );
  });
});

const RULES: Readonly<Record<string, readonly Leaf[]>> = {
  third: [count('equal', 3)],
  not_two: [{ not: count('lessThan', 2) }, count('lessThanInclusive', 4)],
  broke: [sum('lessThan', 0)],
  even: [sum('equal', 2), count('greaterThanInclusive', 2)],
  today: [count('equal', 2, { windowDays: 1 })],
  idle: [{ fact: 'daysSinceAction', params: { action: 'report' }, operator: 'greaterThanInclusive', value: 1 }],
  a_chain: [unlocked('third', true), unlocked('broke', false)],
  late: [unlocked('idle', true), count('equal', 4)],
  large: [count('equal', 2, { action: 'large_report' })],
  kinds: [count('equal', 2, { action: 'kinds_of_report' }), count('lessThan', 5)],
  followed: [count('equal', 2, { action: 'report_after_start' })],
};

const contributions = fc.array(
  fc.record({
    user: fc.constantFrom('ann', 'bob', 'cleo'),
    action: fc.constantFrom('report', 'report', 'report', 'start'),
    value: fc.constantFrom(1, 1, 2, -3),
    properties: fc.record({ large: fc.boolean(), kind: fc.constantFrom('one', 'two', 'three') }),
    waitedMs: fc.constantFrom(0, 0, 1, HOUR_MS, 30 * HOUR_MS),
    /** How many events before this one the one is that is taken back after it. */
    reversedBy: fc.option(fc.constantFrom(0, 1, 2, 3), { nil: undefined }),
    agoMs: fc.constantFrom(0, 0, DAY_MS),
  }),
  { minLength: 1, maxLength: 10 },
);

interface Cut {
  readonly batchSize: number;
  /** After how many events the workers run in between, beside the end. */
  readonly drainAfter: number;
  readonly workers: number;
  readonly failing: boolean;
}

const cut: fc.Arbitrary<Cut> = fc.record({
  batchSize: fc.constantFrom(1, 2, 3, 1_000),
  drainAfter: fc.integer({ min: 1, max: 10 }),
  workers: fc.constantFrom(1, 2),
  failing: fc.boolean(),
});

/** A store whose every third transaction fails at its end. */
function failingNowAndThen(store: Store): Store {
  let transactions = 0;
  return {
    ...store,
    transaction: (work) =>
      store.transaction(async (tx) => {
        const made = await work(tx);
        if (transactions++ % 3 === 1) throw new StoreUnavailable('away now and then');
        return made;
      }),
  };
}

/** Rules that no event can make false: what was taken back is as if it had never come. */
const RELOCKING: Readonly<Record<string, readonly Leaf[]>> = {
  r_twice: [count('greaterThanInclusive', 2)],
  r_large: [count('greaterThanInclusive', 1, { action: 'large_report' })],
  r_kinds: [count('greaterThanInclusive', 2, { action: 'kinds_of_report' })],
  r_followed: [count('greaterThanInclusive', 1, { action: 'report_after_start' })],
  r_chain: [unlocked('r_twice', true), unlocked('r_kinds', true)],
};

describeOnEachEngine('batches of what organizations count', (engine) => {
  it.each([
    ['some of it taken back', true],
    ['all of it for good', false],
  ])(
    'come to the same ledger however they are cut, for one order in which they were handed on, %s',
    async (_, takingBack) => {
      const stand = await engine.compose({ lanes: 1 });
      const { keeper, actions } = stand.services;
      const where = { all: [{ fact: 'property', params: { name: 'large' }, operator: 'equal', value: true }] };
      await actions.declare(OPERATOR, [
        { name: 'large_report', clientTrackable: false, derivation: { from: ['report'], where } },
        {
          name: 'kinds_of_report',
          clientTrackable: false,
          derivation: { from: ['report'], distinct: { name: 'kind' } },
        },
        {
          ...{ name: 'report_after_start', clientTrackable: false },
          derivation: { from: ['report'], since: { action: 'start', withinDays: 1 } },
        },
      ]);
      for (const [key, rule] of Object.entries(RULES)) await stand.setFlag(key, earned(...rule));
      for (const [key, rule] of Object.entries(RELOCKING)) await stand.setFlag(key, relocking(...rule));
      const { flags } = stand.services.keeper.snapshot;
      const start = (await stand.store.now()) + 1_000;
      let organizations = 0;
      const seen = new Set<string>();
      const worker = ({ batchSize, failing }: Cut) =>
        new LaneWorker({
          ...{ store: failing ? failingNowAndThen(stand.store) : stand.store, keeper, notifier: stand.notifier },
          ...{ lanes: 1, batchSize, retentionDays: 30, queue: { wake: () => Promise.resolve() } },
          observer: { counted: () => undefined, buried: () => undefined },
        });
      const ledgerAfter = async (list: readonly NewEvent[], how: Cut) => {
        const organizationId = `${takingBack ? 'reversing' : 'organization'}-${organizations++}`;
        const workers = Array.from({ length: how.workers }, () => worker(how));
        const handOn = async (some: readonly NewEvent[]) => {
          for (const one of some) {
            const event = { ...one, organizationId };
            const given = [{ event, organizationId }];
            await stand.store.transaction((tx) => tx.inbox.contribute(given, event.receivedAt));
          }
        };
        // The first lane after that of the users.
        const drain = () =>
          Promise.all(
            workers.map(async (one) => {
              for (let tries = 0; tries < 50; tries++) {
                const counted = await one.process(1).catch((error: unknown) => {
                  if (error instanceof StoreUnavailable) return 'again' as const;
                  throw error;
                });
                if (counted === 0) return;
              }
            }),
          );
        await handOn(list.slice(0, how.drainAfter));
        await drain();
        await stand.fireTimers();
        await handOn(list.slice(how.drainAfter));
        await drain();
        const entries = await ledgerOf(stand, organizationId);
        for (const { flagId, kind, cause } of entries) seen.add(`${flagId} ${kind} ${cause.type}`);
        const state = await earnerOf(stand, organizationId);
        const { ledger } = state;
        return {
          entries: entries.map(({ recordedAt, ...entry }) => entry),
          state: { ...state, id: '', organizationId: '', revision: 0 },
          left: {
            totals: new Map([...state.actions].map(([name, { openDay, ...total }]) => [name, total])),
            standing: Object.keys(RELOCKING).map((key) => ledger.get(flags.get(key)!.flag.id)?.size ?? 0),
          },
        };
      };
      await fc.assert(
        fc.asyncProperty(contributions, cut, async (list, how) => {
          let receivedAt = start;
          const happened = list.flatMap(
            ({ waitedMs, agoMs, user, action, value, properties, reversedBy }, i): NewEvent[] => {
              receivedAt += waitedMs;
              const rest = { source: '', receivedAt, occurredAt: receivedAt - agoMs };
              const event = { id: `e${i}`, userId: user, value, action, properties, ...rest };
              // Of this one, or of one before, by whom that was: perhaps for the second time.
              const [at, other] = [i - (reversedBy ?? 0), list[i - (reversedBy ?? 0)]];
              if (!takingBack || reversedBy === undefined || other === undefined) return [event];
              const reverses = { source: '', id: `e${at}` };
              return [
                event,
                {
                  ...rest,
                  id: `r${i}`,
                  userId: other.user,
                  action: '',
                  value: 0,
                  properties: {},
                  reverses,
                  occurredAt: receivedAt,
                },
              ];
            },
          );
          const simply = { batchSize: 1, drainAfter: 1, workers: 1, failing: false };
          const alone = await ledgerAfter(happened, simply);
          expect(await ledgerAfter(happened, how)).toEqual(alone);
          if (!takingBack) return;
          const gone = new Set(happened.flatMap(({ reverses }) => reverses?.id ?? []));
          const rest = happened.filter(({ id, reverses }) => reverses === undefined && !gone.has(id));
          expect(alone.left).toEqual((await ledgerAfter(rest, simply)).left);
        }),
        { numRuns: 25 },
      );
      expect(seen.size).toBeGreaterThan(6);
      if (takingBack) expect([...seen].join()).toMatch(/relocked event/);
      expect(await stand.store.events.deadLetterCount()).toBe(0);
    },
    120_000,
  );
});

describeOnEachEngine('deleting an organization', (engine) => {
  const comment = 'the contract has ended';

  it('removes what it has, leaves its users in none, and is audited', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { services, store } = stand;
    await stand.setFlag('team-3', earned(count('greaterThanInclusive', 1)), {
      access: [{ organizationId: 'gone', role: 'admin', effect: 'ALLOW' }],
    });
    await services.organizations.set(OPERATOR, { id: 'gone', attributes: { plan: 'pro' }, comment: '' });
    const { token } = await services.tokens.create(OPERATOR, {
      ...{ name: 'bound', scopes: ['track'], organizationId: 'gone', expiresAt: undefined },
    });
    const members = Array.from({ length: 7 }, (_, i) => `member-${i}`);
    for (const userId of members) await stand.identify(userId, { organizationId: 'gone', roles: ['admin'] });
    await stand.identify('other', { organizationId: 'stays' });
    await stand.track([report(members[0]!), report('other')]);
    await stand.drain();
    expect([await reportsOf(stand, 'gone'), await reportsOf(stand, 'stays')]).toEqual([1, 1]);
    const stays = await earnerOf(stand, 'stays');
    const before = new Date((await store.now()) - 60_000).toISOString();
    await stand.track([report(members[1]!, { organization_id: 'gone', occurred_at: before })]);

    const { deleted } = await services.organizationDeletion.delete(OPERATOR, { id: 'gone', comment });
    expect(deleted).toBe(true);
    const organization = await services.organizations.get(OPERATOR, 'gone');
    expect(organization).toMatchObject({ attributes: {}, roles: [], access: [], version: 0 });
    expect(await reportsOf(stand, 'gone')).toBe(0);
    expect(await ledgerOf(stand, 'gone')).toEqual([]);
    const states = await store.states.users(members);
    expect(members.map((id) => states.get(id)?.organizationId)).toEqual(members.map(() => ''));
    expect((await store.states.users(['other'])).get('other')?.organizationId).toBe('stays');
    expect(await earnerOf(stand, 'stays')).toEqual(stays);
    expect((await store.tokens.all()).find(({ id }) => id === token.id)?.revokedAt).toBeDefined();
    const { items } = await store.audit.list({ limit: 9 }, { target: 'gone' });
    expect(items.filter(({ action }) => action === 'organization.delete')).toMatchObject([{ comment, after: null }]);

    // What happened before counts for nobody, however late it comes; what comes after begins anew.
    await stand.track([report('late', { organization_id: 'gone', occurred_at: before })]);
    await stand.drain();
    expect(await reportsOf(stand, 'gone')).toBe(0);
    expect((await store.states.users(['late'])).get('late')?.actions.get('report')?.count).toBe(1);
    const after = new Date((await store.now()) + 60_000).toISOString();
    await stand.track([report('late', { organization_id: 'gone', occurred_at: after })]);
    await stand.drain();
    expect(await reportsOf(stand, 'gone')).toBe(1);
    expect((await ledgerOf(stand, 'gone')).map(({ kind }) => kind)).toEqual(['unlocked']);
    expect(await store.events.deadLetterCount()).toBe(0);
  });

  it('leaves nothing of what its users did while they were leaving it', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { services, store, notifier } = stand;
    await stand.setFlag('team-5', earned(count('greaterThanInclusive', 1)));
    for (const userId of ['early', 'tardy']) await stand.identify(userId, { organizationId: 'leaving' });
    await stand.track([report('early')]);
    await stand.drain();
    let sent = false;
    const busy: Store = {
      ...store,
      userPages: {
        ...store.userPages,
        naming: async (...asked) => {
          const found = await store.userPages.naming(...asked);
          if (!sent && found.includes('tardy')) {
            sent = true;
            await setTimeout(2);
            await stand.track([report('tardy')]);
            await stand.drain();
            expect(await reportsOf(stand, 'leaving')).toBe(1);
            await stand.track([report('tardy')]);
          }
          return found;
        },
      },
    };
    const deletion = new OrganizationDeletion({ keeper: services.keeper, notifier, store: busy });
    await deletion.delete(OPERATOR, { id: 'leaving', comment });
    expect([sent, await reportsOf(stand, 'leaving'), await ledgerOf(stand, 'leaving')]).toEqual([true, 0, []]);
    const { items } = await store.audit.list({ limit: 9 }, { target: 'leaving' });
    expect(items.filter(({ action }) => action === 'organization.delete')).toHaveLength(1);
    // Nor of what was sent then and is counted later.
    await stand.drain();
    expect([await reportsOf(stand, 'leaving'), await ledgerOf(stand, 'leaving')]).toEqual([0, []]);
    expect((await store.states.users(['tardy'])).get('tardy')?.actions.get('report')?.count).toBe(2);
  });

  it('goes on where it was interrupted, and changes nothing the second time', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { services, store } = stand;
    await stand.setFlag('team-4', earned(count('greaterThanInclusive', 1)));
    const members = Array.from({ length: 5 }, (_, i) => `left-${i}`);
    for (const userId of members) await stand.identify(userId, { organizationId: 'halved' });
    await stand.track(members.map((userId) => report(userId)));
    await stand.drain();
    let transactions = 0;
    const failing: Store = {
      ...store,
      transaction: (work) => {
        if (++transactions > 3) return Promise.reject(new StoreUnavailable('away'));
        return store.transaction(work);
      },
    };
    const options = { keeper: services.keeper, notifier: stand.notifier, rowsPerTransaction: 2 };
    const halfway = new OrganizationDeletion({ ...options, store: failing });
    await expect(halfway.delete(OPERATOR, { id: 'halved', comment })).rejects.toThrow('away');
    const whole = new OrganizationDeletion({ ...options, store });
    expect((await whole.delete(OPERATOR, { id: 'halved', comment })).deleted).toBe(true);
    const states = await store.states.users(members);
    expect(members.every((id) => states.get(id)?.organizationId === '')).toBe(true);
    expect(await reportsOf(stand, 'halved')).toBe(0);
    expect((await whole.delete(OPERATOR, { id: 'halved', comment })).deleted).toBe(false);
    const never = await whole.delete(OPERATOR, { id: 'never-seen', comment });
    expect(never.deleted).toBe(false);
    expect((await store.audit.list({ limit: 9 }, { target: 'never-seen' })).items).toEqual([]);
  });

  it('is for the platform’s managers, and wants a reason', async () => {
    const { services } = await engine.compose();
    const { organizationDeletion } = services;
    for (const caller of [machine(['identify']), machine(['manage', 'admin'], 'acme')]) {
      const refused = organizationDeletion.delete(caller, { id: 'acme', comment });
      await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    const unreasoned = organizationDeletion.delete(OPERATOR, { id: 'acme', comment: '' });
    await expect(unreasoned).rejects.toMatchObject({ code: 'INVALID' });
  });
});
