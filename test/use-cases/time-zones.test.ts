import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { DateTime } from 'luxon';
import { DAY_MS, HOUR_MS } from '../../src/core/values/time/time.js';
import { BackfillWorker } from '../../src/worker/backfills/backfill-worker.js';
import { withinOnePeriod } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { previewed } from './stands/previewed.js';
import { atInstant, latching, ledgerOf, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

/** The zones whose clocks are furthest ahead and furthest behind: it is never the same day in both. */
const AHEAD = 'Etc/GMT-14';
const BEHIND = 'Etc/GMT+12';

const dateIn = (zone: string, at: number): string => DateTime.fromMillis(at, { zone }).toISODate()!;
const local = (fact: string, operator: string, value: unknown, zone?: string) => ({
  ...{ fact, operator, value },
  ...(zone === undefined ? {} : { params: { zone } }),
});

async function backfill({ store, services, notifier }: UseCaseStand): Promise<void> {
  const observer = {
    lookedAt: () => undefined,
    failed: (_: string, error: unknown) => {
      throw error;
    },
    done: () => undefined,
  };
  const giveWay = () => Promise.resolve();
  await new BackfillWorker({ ...{ store, keeper: services.keeper, notifier, observer, giveWay } }).run();
}

describeOnEachEngine('the time zone of a user', (engine) => {
  let stand: UseCaseStand;
  let now: number;
  /** Holds where clocks are far ahead, and for an hour at least not where they are far behind. */
  let isAhead: ReturnType<typeof local>;
  beforeAll(async () => {
    stand = await engine.compose();
    now = await stand.store.now();
    isAhead = local('localDate', 'after', dateIn(BEHIND, now + HOUR_MS));
  });
  beforeEach(() => stand.clear());
  // It is the same day in all of the zones until the end of the test.
  beforeEach(() => withinOnePeriod(HOUR_MS, 10_000));
  const organization = (id: string, timeZone: string) =>
    stand.services.organizations.set(OPERATOR, { id, timeZone, comment: '' });
  const zoneOf = async (userId: string) => (await stand.services.users.get(OPERATOR, userId)).timeZone;
  const decided = async (userId: string, flagKey: string) => {
    const input = { userId, context: {}, flagKey, consistencyToken: '', full: true };
    return (await stand.services.evaluation.evaluate(OPERATOR, input)).decision;
  };

  it('is said by an identify in any case, stays, and goes by an empty text or with the user', async () => {
    expect((await stand.identify('said', { timeZone: 'europe/lisbon' })).user.timeZone).toBe('Europe/Lisbon');
    const { revision } = (await stand.identify('said', { timeZone: 'Europe/LISBON' })).user;
    expect([await zoneOf('said'), revision]).toEqual(['Europe/Lisbon', 1]);
    await stand.identify('said', { emailVerified: true });
    expect(await zoneOf('said')).toBe('Europe/Lisbon');
    await stand.identify('said', { timeZone: '' });
    expect(await zoneOf('said')).toBeUndefined();
    for (const timeZone of ['+01:00', 'Lisbon', 'Mars/Olympus']) {
      const refused = { code: 'INVALID', faults: [{ pointer: '/time_zone' }] };
      await expect(stand.identify('said', { timeZone })).rejects.toMatchObject(refused);
      await expect(organization('said', timeZone)).rejects.toMatchObject(refused);
    }
    await stand.identify('said', { timeZone: 'Asia/Kolkata' });
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'said', comment: 'asked for' });
    expect(await zoneOf('said')).toBeUndefined();
  });

  it('is the organization’s where the user has none, and the deployment’s where that has none', async () => {
    await stand.setFlag('early', { rules: [{ conditions: { all: [isAhead] } as never }] });
    await stand.setFlag('there', {
      rules: [{ conditions: { all: [{ ...isAhead, params: { zone: AHEAD } }] } as never }],
    });
    await organization('far', AHEAD);
    await stand.identify('theirs', { organizationId: 'far' });
    await stand.identify('own', { organizationId: 'far', timeZone: BEHIND });
    await stand.identify('nowhere', { timeZone: BEHIND });
    expect(await Promise.all(['theirs', 'own', 'nowhere'].map((id) => stand.on(id)))).toEqual([
      ...[['early', 'there'], ['there'], ['there']],
    ]);
    // The context's organization counts for its own call.
    const context = { organizationId: 'far' };
    const input = { flagKey: 'early', consistencyToken: '', full: true };
    const { evaluation } = stand.services;
    const asked = async (userId: string) =>
      (await evaluation.evaluate(OPERATOR, { ...input, userId, context })).decision;
    expect([(await asked('nobody')).enabled, (await asked('nowhere')).enabled]).toEqual([true, false]);
    // Where nothing is told of a user, clocks are the deployment's.
    await stand.settings.adoptTimeZone(AHEAD);
    await stand.identify('plain', { emailVerified: true });
    expect(await stand.on('plain')).toEqual(['early', 'there']);
    await stand.settings.adoptTimeZone(BEHIND);
    expect(await stand.on('plain')).toEqual(['there']);
    await stand.settings.adoptTimeZone('UTC');
  });

  it('moves flags on and off with it, and says until when its clocks leave a decision alone', async () => {
    await stand.setFlag('morning', {
      rules: [{ conditions: { all: [local('localTime', 'lessThan', 12 * 60)] } as never }],
    });
    await stand.setFlag('new-day', { rules: [{ conditions: { all: [isAhead] } as never }] });
    await stand.identify('moves', { timeZone: BEHIND });
    expect((await stand.identify('moves', { timeZone: AHEAD })).newlyUnlocked).toContain('new-day');
    expect((await stand.identify('moves', { timeZone: BEHIND })).newlyLocked).toContain('new-day');
    for (const zone of ['Europe/Lisbon', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata']) {
      await stand.identify('moves', { timeZone: zone });
      const { enabled, validUntil } = await decided('moves', 'morning');
      const turn = DateTime.fromMillis(validUntil!, { zone });
      expect([zone, turn.toFormat('HH:mm:ss.SSS')]).toEqual([zone, enabled ? '12:00:00.000' : '00:00:00.000']);
      expect(validUntil! - now).toBeLessThan(DAY_MS);
    }
  });

  it('decides when its clocks unlock something, and requirements say so', async () => {
    const zone = 'Asia/Kolkata';
    const midnight = DateTime.fromMillis(now - 2 * DAY_MS, { zone }).startOf('day');
    const past = await engine.compose({ around: (store) => atInstant(store, midnight.toMillis()) });
    await past.setFlag('nine', latching(local('localTime', 'greaterThanInclusive', 9 * 60)));
    await past.setFlag('second-day', latching(local('localDate', 'after', midnight.toISODate())));
    await past.identify('waits', { timeZone: zone });
    expect(await ledgerOf(stand.store, 'waits')).toEqual([]);
    await stand.services.keeper.refresh();
    await stand.fireTimers();
    const earned = (await ledgerOf(stand.store, 'waits')).map(({ earnedAt, cause }) => [earnedAt, cause.type]);
    expect(earned).toEqual([
      [midnight.plus({ hours: 9 }).toMillis(), 'time'],
      [midnight.plus({ days: 1 }).toMillis(), 'time'],
    ]);

    await stand.setFlag('far-off', latching(local('localDate', 'after', '2999-12-31')));
    const input = { userId: 'waits', flagKey: 'far-off', consistencyToken: '', full: true };
    const { requirements } = await stand.services.requirements.get(OPERATOR, input);
    const first = DateTime.fromISO('3000-01-01T00:00:00', { zone }).toMillis();
    expect(requirements.rules[0]!.requirement).toMatchObject({ met: false, metAt: first });
    expect(requirements.rules[0]!.requirement.children[0]).toMatchObject({
      label: 'date',
      comparison: { fact: 'localDate', target: '2999-12-31', current: dateIn(zone, now) },
    });
  });

  it('is that in which days count: windows turn at its midnights, and nothing that was counted moves with it', async () => {
    const today = { fact: 'actionCount', params: { action: 'save', windowDays: 1 } };
    const active = { fact: 'activeDays', params: { action: 'save' } };
    await stand.setFlag('today', {
      rules: [{ conditions: { all: [{ ...today, operator: 'greaterThan', value: 0 }] } as never }],
    });
    await stand.setFlag('two-days', latching({ ...active, operator: 'greaterThanInclusive', value: 2 }));
    const days = async (userId: string) => {
      const { actions, actionDays, dayZone } = (await stand.store.states.users([userId])).get(userId)!;
      return { active: actions.get('save')!.activeDays, days: actionDays.get('save')!.map(({ day }) => day), dayZone };
    };
    const dayIn = (zone: string, at: number) => Math.floor(Date.parse(dateIn(zone, at)) / DAY_MS);

    await stand.identify('east', { timeZone: AHEAD });
    await stand.track([{ id: 'e1', user_id: 'east', action: 'save' }]);
    await stand.drain();
    const { receivedAt } = {
      receivedAt: (await stand.store.states.users(['east'])).get('east')!.actions.get('save')!.lastAt,
    };
    const first = await days('east');
    expect(first).toMatchObject({ active: 1, days: [dayIn(AHEAD, receivedAt)], dayZone: { zone: AHEAD } });
    const midnight = DateTime.fromMillis(await stand.store.now(), { zone: AHEAD })
      .plus({ days: 1 })
      .startOf('day');
    expect(await decided('east', 'today')).toMatchObject({ enabled: true, validUntil: midnight.toMillis() });

    // Far to the west it is another day; but days go on in the zone before until they have counted in it for 24 hours.
    await stand.identify('east', { timeZone: BEHIND });
    await stand.track([{ id: 'e2', user_id: 'east', action: 'save' }]);
    await stand.drain();
    expect((await days('east')).active).toBe(1);
    expect((await days('east')).dayZone).toEqual(first.dayZone);
    const { since } = first.dayZone!;
    const { validUntil } = await decided('east', 'today');
    expect(validUntil).toBe(Math.min(midnight.toMillis(), since + DAY_MS));

    // Somebody whose days have counted there for long enough has another day, and keeps the ones before.
    // At any time of the day, since the two zones are 26 hours apart.
    const then = now - 2.5 * DAY_MS;
    const past = await engine.compose({ around: (store) => atInstant(store, now - 3 * DAY_MS) });
    await past.identify('west', { timeZone: AHEAD });
    await stand.track([{ id: 'w0', user_id: 'west', action: 'save', occurred_at: new Date(then).toISOString() }]);
    await stand.drain();
    await stand.store.transaction(async (tx) => {
      await tx.users.lock(['west']);
      await tx.users.putDayZone('west', { zone: AHEAD, since: then });
    });
    await stand.identify('west', { timeZone: BEHIND });
    await stand.track([{ id: 'w1', user_id: 'west', action: 'save' }]);
    await stand.drain();
    const both = await days('west');
    expect(both.active).toBe(2);
    expect(both.days).toEqual([dayIn(AHEAD, then), dayIn(BEHIND, await stand.store.now())]);
    expect(both.dayZone!.zone).toBe(BEHIND);
    expect((await ledgerOf(stand.store, 'west')).map(({ kind }) => kind)).toEqual(['unlocked']);
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'west', comment: 'asked for' });
    expect((await stand.store.states.users(['west'])).get('west')!.dayZone).toBeUndefined();
  });

  it('has everybody of an organization judged anew when its own changes, and everybody when the deployment’s does', async () => {
    await backfill(stand);
    const { flag } = await stand.setFlag('ahead', latching(isAhead));
    await stand.setFlag('elsewhere', latching({ ...isAhead, params: { zone: BEHIND } }));
    await organization('moving', BEHIND);
    await stand.identify('member', { organizationId: 'moving' });
    await stand.identify('stranger', { timeZone: BEHIND });
    await backfill(stand);
    expect(await ledgerOf(stand.store, 'member')).toEqual([]);
    expect((await previewed(stand, 'ahead', { input: latching(isAhead) })).result.counts).toMatchObject({
      wouldUnlock: 0,
    });

    const { backfillIds } = await organization('moving', AHEAD);
    expect(backfillIds).toHaveLength(1);
    expect((await organization('moving', AHEAD)).backfillIds).toEqual([]);
    expect(await stand.on('member')).toContain('ahead');
    await backfill(stand);
    expect(await ledgerOf(stand.store, 'member')).toMatchObject([{ flagId: flag.id, cause: { type: 'backfill' } }]);

    // In UTC it holds until noon.
    await stand.settings.adoptTimeZone(BEHIND);
    await backfill(stand);
    await stand.identify('settler', { emailVerified: true });
    const { revision } = stand.services.keeper.snapshot;
    await stand.settings.adoptTimeZone(BEHIND);
    expect(stand.services.keeper.snapshot.revision).toBe(revision);
    await stand.settings.adoptTimeZone(AHEAD);
    expect(stand.services.keeper.snapshot).toMatchObject({ revision: revision + 1, timeZone: AHEAD });
    expect(await stand.store.configuration.load()).toMatchObject({ timeZone: AHEAD });
    const { items } = await stand.services.audit.list(OPERATOR, { limit: 1 }, { target: 'time_zone' });
    expect(items[0]).toMatchObject({ action: 'time_zone.set', before: BEHIND, after: AHEAD, actor: 'system' });
    await backfill(stand);
    expect(await ledgerOf(stand.store, 'settler')).toMatchObject([{ flagId: flag.id, cause: { type: 'backfill' } }]);
    expect(await ledgerOf(stand.store, 'stranger')).toEqual([]);
    await stand.settings.adoptTimeZone('UTC');
  });
});
