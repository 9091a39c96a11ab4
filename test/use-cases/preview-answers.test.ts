import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { partitionOf } from '../../src/core/values/partition.js';
import { DAY_MS, HOUR_MS } from '../../src/core/values/time/time.js';
import { describeOnEachEngine } from './stands/engines.js';
import { previewed } from './stands/previewed.js';
import {
  atInstant,
  atLeast,
  daysIn,
  latching,
  ledgerOf,
  OPERATOR,
  type UseCaseStand,
  verified,
} from './stands/use-case-stand.js';

/** In the order in which everybody is looked at. */
const inOrder = (ids: readonly string[]): readonly string[] =>
  ids.toSorted((a, b) => partitionOf(a) - partitionOf(b) || (a < b ? -1 : 1));

const counts = (wouldUnlock: number, wouldLose: number, stayOn: number, stayOff: number) => ({
  ...{ wouldUnlock, wouldLose, stayOn, stayOff },
});

describeOnEachEngine('what a preview tells', (engine) => {
  let stand: UseCaseStand;
  beforeAll(async () => {
    stand = await engine.compose();
  });
  beforeEach(async () => {
    await stand.clear();
    // Whoever was deleted is nobody to a preview.
    for (const userId of ['ada', 'bob', 'cyd', 'eve']) {
      await stand.services.userDeletion.delete(OPERATOR, { userId, comment: 'the next test' });
    }
  });

  const ruleIds = (key: string) => stand.services.keeper.snapshot.flags.get(key)!.flag.rules.map(({ id }) => id);

  it('is nothing where nobody is stored', async () => {
    const { result, events } = await previewed(stand, 'nobodys', { input: { rules: [{}] } });
    expect(result.counts).toEqual(counts(0, 0, 0, 0));
    expect(result.blocked).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['progress', 'result']);
  });

  it('is of a new flag, for which everybody is off before, with progress and the instant', async () => {
    for (const id of ['ada', 'bob', 'cyd'])
      await stand.identify(id, { roles: ['employee'], emailVerified: id !== 'cyd' });
    const before = await stand.sqlStore.now();
    const { result, events } = await previewed(stand, 'new', { input: latching(verified) });
    expect(result.counts).toEqual(counts(2, 0, 0, 1));
    expect(result.samples.wouldUnlock.map(({ userId }) => userId)).toEqual(inOrder(['ada', 'bob']));
    expect(result.samples.wouldUnlock[0]).toMatchObject({
      before: { enabled: false, reason: 'FLAG_NOT_FOUND' },
      after: { decision: { enabled: true, reason: 'UNLOCKED', ruleId: 'rul_draft_1' } },
    });
    expect(events[0]).toMatchObject({ type: 'progress', progress: { done: 0, total: 3, leftMs: undefined } });
    expect(result.asOf).toBeGreaterThanOrEqual(before);
    expect(result.configurationRevision).toBe(await stand.sqlStore.configuration.revision());
    expect(await stand.sqlStore.configuration.flag('new')).toBeUndefined();
  });

  it('names what is missing to whom, and by what rule who would lose it has it', async () => {
    const { flag } = await stand.setFlag('tools', {
      rules: [{ name: 'few', conditions: { all: [atLeast(1, 'save')] } }],
    });
    await stand.track(['1', '2'].map((id) => ({ id, user_id: 'eve', action: 'save' })));
    await stand.drain();
    const rule = {
      input: { id: flag.rules[0]!.id, conditions: { all: [atLeast(3, 'save'), verified] } },
      position: undefined,
    };
    const { result } = await previewed(stand, 'tools', { rule });
    expect(result.counts.wouldLose).toBe(1);
    const [{ userId, after, servedBy }] = result.samples.wouldLose as [(typeof result.samples.wouldLose)[0]];
    expect(userId).toBe('eve');
    expect(after.decision).toMatchObject({ enabled: false, reason: 'DEFAULT', flagVersion: 2 });
    expect(after.rules).toMatchObject([{ ruleId: flag.rules[0]!.id, name: 'few', met: false }]);
    expect(after.rules[0]!.requirement.children).toMatchObject([
      { comparison: { current: 2, remaining: 1 } },
      { met: false },
    ]);
    expect(servedBy).toMatchObject({ ruleId: flag.rules[0]!.id, met: true });
    expect(servedBy!.requirement.children).toMatchObject([{ comparison: { target: 1, remaining: 0 } }]);
  });

  it('keeps what was unlocked with KEEP and not with RELOCK', async () => {
    await stand.setFlag('kept', latching(verified));
    for (const id of ['ada', 'bob', 'cyd']) await stand.identify(id, { roles: ['employee'], emailVerified: false });
    for (const id of ['ada', 'bob']) await stand.identify(id, { roles: ['employee'], emailVerified: true });
    await stand.identify('bob', { joinedAt: (await stand.sqlStore.now()) - 9 * DAY_MS });
    const [id] = ruleIds('kept');
    const input = { rules: [{ id, conditions: { all: [daysIn(7)] } as never }] };
    const kept = await previewed(stand, 'kept', { input });
    expect(kept.result.counts).toEqual(counts(0, 0, 2, 1));
    const relocked = await previewed(stand, 'kept', { input, onRuleChange: 'RELOCK' });
    expect(relocked.result.counts).toEqual(counts(0, 1, 1, 1));
    expect(relocked.result.samples.wouldLose).toMatchObject([{ userId: 'ada', servedBy: { unlocked: true } }]);
    expect((await previewed(stand, 'kept', { input: { rules: [] }, onRuleChange: 'KEEP' })).result.counts.stayOn).toBe(
      2,
    );
    expect(
      (await previewed(stand, 'kept', { input: { rules: [] }, onRuleChange: 'RELOCK' })).result.counts.stayOn,
    ).toBe(0);
  });

  it('takes for unlocked what is earned and not recorded yet, by a rule that came later or by time', async () => {
    const now = await stand.sqlStore.now();
    await stand.identify('ada', { roles: ['employee'], emailVerified: true });
    await stand.identify('bob', { roles: ['employee'], emailVerified: false });
    await stand.identify('cyd', { roles: ['employee'], emailVerified: false });
    await stand.setFlag('first', latching(verified));
    const between = { all: [daysIn(3), { fact: 'daysSinceJoin', operator: 'lessThan', value: 5 }] };
    // Of long ago: no unlock is dated before its rule.
    const past = await engine.compose({ around: (store) => atInstant(store, now - 4 * DAY_MS) });
    await past.setFlag('second', {
      rules: [
        {
          policy: 'LATCHING',
          conditions: { all: [{ fact: 'unlocked', params: { flag: 'first' }, operator: 'equal', value: true }] },
        },
        { policy: 'LATCHING', conditions: between as never },
      ],
    });
    // Due when the third day was over, and the timer has not been fired.
    const joinedAt = now - 6 * DAY_MS - HOUR_MS;
    await stand.sqlStore.transaction(async (tx) => {
      await tx.users.lock(['bob']);
      await tx.users.putProfiles([
        { userId: 'bob', organizationId: '', roles: [], emailVerified: false, attributes: {}, joinedAt },
      ]);
      await tx.users.advance(['bob']);
      await tx.timers.put([{ userId: 'bob', dueAt: joinedAt + 3 * DAY_MS }]);
    });
    expect(await stand.on('ada')).toEqual(['first']);
    const { result } = await previewed(stand, 'second', { input: { description: 'no rule changes' } });
    expect(result.counts).toEqual(counts(0, 0, 2, 1));
    expect(new Set(result.samples.stayOn.map(({ userId }) => userId))).toEqual(new Set(['ada', 'bob']));
    await stand.fireTimers();
    await stand.identify('ada', { roles: ['employee'], emailVerified: true, joinedAt: now });
    expect([await stand.on('ada'), await stand.on('bob')]).toEqual([['first', 'second'], ['second']]);
  });

  it('is of one rule in the place of another, at a place, or last', async () => {
    for (const id of ['ada', 'bob', 'cyd'])
      await stand.identify(id, { roles: ['employee'], emailVerified: id === 'ada' });
    await stand.setFlag('short', {
      rules: [
        { name: 'one', conditions: { all: [verified] } },
        { name: 'two', rolloutPer100k: 0 },
      ],
    });
    const [one, two] = ruleIds('short') as [string, string];
    const ruleOf = async (input: object, position?: number) => {
      const { result } = await previewed(stand, 'short', { rule: { input, position } });
      const all = Object.values(result.samples).flat();
      return { counts: result.counts, order: all[0]!.after.rules.map(({ ruleId }) => ruleId) };
    };
    expect(await ruleOf({ id: two, rolloutPer100k: 100_000 })).toEqual({
      counts: counts(2, 0, 1, 0),
      order: [one, two],
    });
    expect(await ruleOf({ id: one, rolloutPer100k: 0 })).toEqual({ counts: counts(0, 1, 0, 2), order: [one, two] });
    expect((await ruleOf({})).order).toEqual([one, two, 'rul_draft_1']);
    expect((await ruleOf({}, 1)).order).toEqual([one, 'rul_draft_1', two]);
    expect((await ruleOf({ id: two }, 0)).order).toEqual([two, one]);
  });

  it('says why nobody is on with the draft', async () => {
    await stand.identify('ada', { roles: ['employee'], emailVerified: true });
    await stand.setFlag('blocked', { ...latching(verified), active: false });
    const now = await stand.sqlStore.now();
    const told = async (input: object) => (await previewed(stand, 'blocked', { input })).result;
    const off = await told({ rules: [{}] });
    expect(off.blocked).toEqual({ reason: 'DISABLED', until: undefined });
    expect(off.counts.stayOff).toBe(off.samples.stayOff.length);
    expect(off.samples.stayOff[0]!.after.blockedBy).toMatchObject([{ reason: 'DISABLED' }]);
    expect((await told({ active: true })).blocked).toBeUndefined();
    expect((await told({ active: true })).counts.wouldUnlock).toBeGreaterThan(0);
    const later = now + DAY_MS;
    expect((await told({ active: true, startsAt: later })).blocked).toEqual({ reason: 'SCHEDULE', until: later });
    const past = { active: true, endsAt: now - DAY_MS };
    expect((await told(past)).blocked).toEqual({ reason: 'SCHEDULE', until: undefined });
    expect((await told({ archived: true })).blocked).toEqual({ reason: 'ARCHIVED', until: undefined });
    expect((await told({ archived: true })).counts.wouldUnlock).toBe(0);
  });

  it('is of one organization, with as many of each group as were asked for', async () => {
    const members = Array.from({ length: 5 }, (_, i) => `member-${i}`);
    for (const id of members) await stand.identify(id, { organizationId: 'acme' });
    const input = { input: { rules: [{}] }, organizationId: 'acme' };
    const { result, events } = await previewed(stand, 'theirs', { ...input, sampleSize: 2 });
    expect(result.counts).toEqual(counts(5, 0, 0, 0));
    expect(result.samples.wouldUnlock.map(({ userId }) => userId)).toEqual(inOrder(members).slice(0, 2));
    expect(events[0]).toMatchObject({ progress: { total: 5 } });
    expect((await previewed(stand, 'theirs', { ...input, sampleSize: 0 })).result.samples.wouldUnlock).toEqual([]);
    const nobody = await previewed(stand, 'theirs', { ...input, organizationId: 'unknown' });
    expect(nobody.result.counts).toEqual(counts(0, 0, 0, 0));
  });

  it('has room for the rules of so many users as one answer can hold', async () => {
    const many = Array.from({ length: 30 }, (_, i) => `many-${i}`);
    for (const id of many) await stand.identify(id, { organizationId: 'many' });
    const value = Array.from({ length: 9_000 }, (_, i) => `someone-${i}`);
    const conditions = { all: [{ fact: 'organization', operator: 'in', value }] };
    const { result } = await previewed(stand, 'long', {
      ...{ input: { rules: [{ conditions }] }, organizationId: 'many' },
    });
    const { stayOff } = result.samples;
    expect(stayOff).toHaveLength(30);
    expect(stayOff[0]).toMatchObject({ shortened: false, after: { rules: [{ met: false }] } });
    expect(stayOff[29]).toMatchObject({ shortened: true, after: { rules: [], decision: { enabled: false } } });
    expect(JSON.stringify(stayOff).length).toBeLessThan(1_100_000);
  });

  it('warns as SetFlag would, and saves nothing', async () => {
    await stand.setFlag('same', latching(verified));
    await stand.identify('ada', { roles: ['employee'], emailVerified: true });
    const state = async () => ({
      configuration: await stand.sqlStore.configuration.load(),
      audit: await stand.services.audit.list(OPERATOR, { limit: 1_000 }, {}),
      ada: (await stand.sqlStore.states.users(['ada'])).get('ada'),
      ledger: await ledgerOf(stand.sqlStore, 'ada'),
      published: stand.published.length,
    });
    const before = await state();
    const input = { rules: [{ conditions: { not: verified } as never, policy: 'LATCHING' }], name: 'another' };
    const { result } = await previewed(stand, 'same', { input, onRuleChange: 'RELOCK' });
    expect(result.counts.wouldLose).toBeGreaterThan(0);
    expect(await state()).toEqual(before);
    const { warnings } = await stand.setFlag('same', input, { onRuleChange: 'RELOCK' });
    expect(result.warnings).toEqual(warnings);
  });
});
