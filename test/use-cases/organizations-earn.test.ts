import { expect, it } from '@jest/globals';
import type { FlagInput } from '../../src/core/flags/parse-flag.js';
import { DAY_MS } from '../../src/core/values/time/time.js';
import { BackfillWorker } from '../../src/worker/backfills/backfill-worker.js';
import { describeOnEachEngine } from './stands/engines.js';
import { previewed } from './stands/previewed.js';
import { atLeast, latching, ledgerOf, machine, OPERATOR, person, type UseCaseStand } from './stands/use-case-stand.js';

type Leaf = Readonly<Record<string, unknown>>;

/** A rule that organizations earn. */
const earned = (policy: 'LATCHING' | 'LIVE', ...all: readonly Leaf[]): FlagInput => ({
  rules: [{ policy, earnedBy: 'ORGANIZATION', conditions: { all } as never }],
});
const ofOrganization = (value: number) => atLeast(value, 'report', { of: 'organization' });
const unlocked = (flag: string, more: Leaf = {}): Leaf => ({
  ...{ fact: 'unlocked', params: { flag, ...more }, operator: 'equal', value: true },
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
  await new BackfillWorker({ ...{ store, keeper: services.keeper, notifier, observer }, giveWay }).run();
}

/** From the caches, where nothing else is asked for. */
async function isOn(stand: UseCaseStand, userId: string, flagKey: string): Promise<boolean> {
  const input = { userId, context: {}, flagKey, consistencyToken: '', full: false };
  return (await stand.services.evaluation.evaluate(OPERATOR, input)).decision.enabled;
}

const earnedBy = async ({ store }: UseCaseStand, id: string) =>
  (await store.history.organizationLedger(id, { limit: 1_000 })).items.map(({ kind, cause }) => [kind, cause.type]);

/** The message that a call is refused with. */
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    ({ message }: Error) => message,
  );

describeOnEachEngine('what an organization earns', (engine) => {
  let ids = 0;
  const reports = (userId: string, count = 1) =>
    Array.from({ length: count }, () => ({ id: `earn-${ids++}`, user_id: userId, action: 'report' }));

  /** A stand with two members of an organization that no other test knows. */
  async function team() {
    const stand = await engine.compose();
    await stand.clear();
    const id = `team-${ids++}`;
    const members = ['mia', 'max'].map((name) => `${name}-of-${id}`) as [string, string];
    for (const member of members) await stand.identify(member, { organizationId: id });
    // Earlier tests may have left the flag in the archive.
    const set = (key: string, input: FlagInput, more: Parameters<UseCaseStand['setFlag']>[2] = {}) =>
      stand.setFlag(key, { archived: false, ...input }, more);
    const report = async (count = 1, by = members[0]) => {
      await stand.track(reports(by, count));
      await stand.drain();
    };
    return { stand, set, id, members, report };
  }

  it('is its members’ at once, a newcomer’s too, and no more theirs who leave', async () => {
    const { stand, set, members, id, report } = await team();
    await set('space', earned('LATCHING', atLeast(3, 'report')));
    await set('busy', earned('LIVE', atLeast(2, 'report')));
    await report(2, members[0]);
    expect([await isOn(stand, members[1], 'space'), await isOn(stand, members[1], 'busy')]).toEqual([false, true]);
    await report(1, members[1]);
    for (const member of members) expect(await stand.on(member)).toEqual(['busy', 'space']);
    expect(await earnedBy(stand, id)).toEqual([['unlocked', 'event']]);
    expect(await ledgerOf(stand.store, members[0])).toEqual([]);
    const newcomer = `new-${id}`;
    await stand.identify(newcomer, { organizationId: id });
    expect(await isOn(stand, newcomer, 'space')).toBe(true);
    await stand.identify(newcomer, { organizationId: 'elsewhere' });
    expect(await isOn(stand, newcomer, 'space')).toBe(false);
  });

  it('tells members how far their organization is, and never who did it', async () => {
    const { stand, set, members, report } = await team();
    await set('space', earned('LATCHING', atLeast(3, 'report')));
    await report(2, members[0]);
    const input = { userId: members[1], flagKey: 'space', consistencyToken: '', full: true };
    const { requirements } = await stand.services.requirements.get(person(members[1]), input);
    expect(requirements).toMatchObject({ progress: 2 / 3, rules: [{ earnedBy: 'ORGANIZATION', unlocked: false }] });
    expect(requirements.rules[0]!.requirement.children[0]).toMatchObject({
      label: 'your organization: report',
      comparison: { current: 2, target: 3, remaining: 1 },
    });
    await report();
    const after = await stand.services.requirements.get(person(members[1]), input);
    expect(after.requirements).toMatchObject({ progress: 1, rules: [{ unlocked: true, met: true }] });
    expect(JSON.stringify(after.requirements)).not.toContain(members[0]);
  });

  it('leads its members on by a backfill, of which one waits', async () => {
    const { stand, set, members, report } = await team();
    await set('space', earned('LATCHING', atLeast(4, 'report')));
    await set('badge', latching(ofOrganization(2), atLeast(1, 'login')));
    await set('after', latching(unlocked('space', { of: 'organization' })));
    await backfill(stand);
    await stand.track([{ id: `earn-${ids++}`, user_id: members[0], action: 'login' }]);
    await report(1);
    const waiting = async () =>
      (await stand.store.backfills.list({ limit: 100 }, { unfinished: true })).items.map(({ flagId }) => flagId);
    expect(await waiting()).toEqual([]);
    await report(1);
    await report(1);
    expect(await waiting()).toHaveLength(1);
    expect(await ledgerOf(stand.store, members[0])).toEqual([]);
    await backfill(stand);
    const entries = await ledgerOf(stand.store, members[0]);
    expect(entries.map(({ kind, cause }) => [kind, cause.type])).toEqual([['unlocked', 'backfill']]);
    await report(1);
    await backfill(stand);
    for (const member of members) expect(await stand.on(member)).toContain('after');
    expect(await ledgerOf(stand.store, members[1])).toHaveLength(1);
  });

  it('is judged anew by changed rules, and forgotten where they relock', async () => {
    const { stand, set, members, id, report } = await team();
    const { flag } = await set('space', earned('LATCHING', atLeast(5, 'report')));
    await report(3);
    const [rule] = flag.rules;
    const changed = (value: number, onRuleChange: 'KEEP' | 'RELOCK') =>
      set(
        'space',
        { rules: [{ id: rule!.id, conditions: { all: [atLeast(value, 'report')] } as never }] },
        { onRuleChange },
      );
    await changed(2, 'KEEP');
    await backfill(stand);
    expect(await earnedBy(stand, id)).toEqual([['unlocked', 'backfill']]);
    await changed(9, 'KEEP');
    expect(await isOn(stand, members[1], 'space')).toBe(true);
    await changed(8, 'RELOCK');
    expect(await isOn(stand, members[1], 'space')).toBe(false);
    await backfill(stand);
    expect((await earnedBy(stand, id)).at(-1)).toEqual(['relocked', 'backfill']);
  });

  it('is counted anew where an action is derived, in the caches, too', async () => {
    const { stand, set, members, report } = await team();
    const derived = `summary-${ids++}`;
    await set('busy', earned('LIVE', atLeast(2, 'report')));
    await report(2);
    expect(await isOn(stand, members[1], 'busy')).toBe(true);
    const derivation = { from: ['report'] };
    await stand.services.actions.declare(OPERATOR, [{ name: derived, clientTrackable: false, derivation }]);
    await set('summed', earned('LIVE', atLeast(2, derived)));
    expect(await isOn(stand, members[1], 'summed')).toBe(true);
    await stand.services.actions.declare(OPERATOR, [
      { name: derived, clientTrackable: false, derivation: { from: ['login'] } },
    ]);
    expect(await isOn(stand, members[1], 'summed')).toBe(false);
  });

  it('is looked at where what a member has done or said is corrected', async () => {
    const { stand, set, members, report } = await team();
    const [mia] = members;
    const { totalCorrection, users } = stand.services;
    await set('badge', {
      rules: [
        {
          ...{ policy: 'LATCHING', onReversal: 'RELOCK' },
          conditions: { all: [ofOrganization(2), atLeast(2, 'report')] } as never,
        },
      ],
    });
    const joined = { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 30 };
    await set('veteran', latching({ any: [joined, ofOrganization(2)] }));
    const now = await stand.store.now();
    await users.identify(OPERATOR, { userId: mia, joinedAt: now - 40 * DAY_MS });
    await report(2);
    await backfill(stand);
    expect((await ledgerOf(stand.store, mia)).map(({ kind }) => kind)).toEqual(['unlocked', 'unlocked']);
    // Its organization has earned it for her as well.
    const { warnings } = await users.identify(OPERATOR, { userId: mia, joinedAt: now - 10 * DAY_MS });
    expect(warnings).toEqual([]);
    const correction = { userId: mia, action: 'report', count: 1, reason: 'counted twice' };
    expect(await totalCorrection.correct(OPERATOR, correction)).toMatchObject({ newlyLocked: ['badge'] });
  });

  it('follows a correction of its total, up and down, with what its members’ rules read of it', async () => {
    const { stand, set, members, id, report } = await team();
    const { totalCorrection } = stand.services;
    const rule = { earnedBy: 'ORGANIZATION', policy: 'LATCHING', conditions: { all: [atLeast(5, 'report')] } as never };
    await set('kept', { rules: [rule] });
    await set('space', { rules: [{ ...rule, onReversal: 'RELOCK' }] });
    await set('busy', earned('LIVE', atLeast(5, 'report')));
    await set('badge', latching(ofOrganization(5)));
    await report(2);
    const input = { organizationId: id, action: 'report', reason: 'an import left some out' };
    const made = await totalCorrection.correct(OPERATOR, { ...input, addCount: 4 });
    expect(made).toMatchObject({ before: { count: 2 }, after: { count: 6 }, newlyLocked: [] });
    expect([...made.newlyUnlocked].toSorted()).toEqual(['busy', 'kept', 'space']);
    for (const key of ['kept', 'space', 'busy', 'badge'])
      expect([key, await isOn(stand, members[1], key)]).toEqual([key, true]);
    await backfill(stand);
    expect((await ledgerOf(stand.store, members[1])).map(({ kind, cause }) => [kind, cause.type])).toEqual([
      ['unlocked', 'backfill'],
    ]);
    expect(await earnedBy(stand, id)).toEqual([
      ['unlocked', 'correction'],
      ['unlocked', 'correction'],
    ]);

    const down = await totalCorrection.correct(OPERATOR, { ...input, count: 1 });
    expect(down).toMatchObject({ after: { count: 1 }, newlyUnlocked: [] });
    expect([...down.newlyLocked].toSorted()).toEqual(['busy', 'space']);
    expect(await stand.on(members[0])).toEqual(['badge', 'kept']);
    const { items } = await stand.services.audit.list(OPERATOR, { limit: 1 }, {});
    expect(items[0]).toMatchObject({
      ...{ action: 'total.correct', target: 'report', comment: input.reason },
      before: { organizationId: id, total: { count: 6 } },
      after: { organizationId: id, total: { count: 1 } },
    });
    // Events go on counting from there, and nothing is written where nothing changes.
    await report(1);
    const same = await totalCorrection.correct(OPERATOR, { ...input, count: 2 });
    expect([same.before?.count, same.newlyUnlocked, same.newlyLocked]).toEqual([2, [], []]);
    expect((await totalCorrection.correct(OPERATOR, { ...input, count: 0 })).after).toBeUndefined();
    const refused = (more: object) => refusal(totalCorrection.correct(OPERATOR, { ...input, ...more }));
    expect(await refused({ addCount: 1 })).toMatch(`the organization "${id}" has done no "report"`);
    expect(await refused({ userId: members[0], addCount: 1 })).toMatch('stands beside user_id; give one of the two');
    const ofNobody = totalCorrection.correct(OPERATOR, { action: 'report', count: 1, reason: 'x' });
    expect(await refusal(ofNobody)).toMatch('a user id must not be empty');
  });

  it('has lost nothing when its flag comes out of the archive', async () => {
    const { stand, set, members, report } = await team();
    await set('busy', earned('LIVE', atLeast(3, 'report')));
    await report(1);
    await stand.setFlag('busy', { archived: true });
    await report(2);
    expect(await isOn(stand, members[1], 'busy')).toBe(false);
    await stand.setFlag('busy', { archived: false });
    expect(await isOn(stand, members[1], 'busy')).toBe(true);
  });

  it('comes of its attributes at once', async () => {
    const { stand, set, members, id, report } = await team();
    const paying = { fact: 'organizationAttribute', params: { name: 'plan' }, operator: 'equal', value: 'pro' };
    await set('space', earned('LATCHING', atLeast(1, 'report'), paying));
    await report();
    expect(await earnedBy(stand, id)).toEqual([]);
    await stand.services.organizations.set(OPERATOR, { id, attributes: { plan: 'pro' }, comment: '' });
    expect(await earnedBy(stand, id)).toEqual([['unlocked', 'organization']]);
    await stand.services.organizations.set(OPERATOR, { id, attributes: {}, comment: '' });
    expect(await isOn(stand, members[0], 'space')).toBe(true);
  });

  it('is given and taken by hand', async () => {
    const { stand, set, members, id, report } = await team();
    await set('space', earned('LATCHING', atLeast(2, 'report')));
    const input = { userId: '', organizationId: id, flag: 'space', ruleId: '', reason: 'a promise' };
    const { ledger } = stand.services;
    const granted = await ledger.grant(OPERATOR, input);
    expect(granted).toMatchObject({ entries: [{ kind: 'granted' }], newlyUnlocked: [] });
    expect(await isOn(stand, members[1], 'space')).toBe(true);
    expect((await ledger.grant(OPERATOR, input)).entries).toEqual([]);
    await ledger.revoke(OPERATOR, input);
    await report(2);
    expect(await isOn(stand, members[1], 'space')).toBe(false);
    await ledger.rearm(OPERATOR, input);
    expect(await isOn(stand, members[1], 'space')).toBe(true);
    expect((await earnedBy(stand, id)).map(([kind]) => kind)).toEqual([
      ...['granted', 'revoked', 'revoked', 'rearmed', 'rearmed', 'unlocked'],
    ]);
    const page = { limit: 9 };
    const { items } = await ledger.unlocks(machine(['identify'], id), { userId: '', organizationId: id }, page);
    expect(items).toHaveLength(6);
    const foreign = ledger.unlocks(machine(['identify'], 'other'), { userId: '', organizationId: id }, page);
    expect(await refusal(foreign)).toMatch('no organization');
    expect(await refusal(ledger.revoke(OPERATOR, { ...input, userId: 'mia' }))).toMatch('give one of the two');
    await set('plain', latching(atLeast(1, 'report')));
    expect(await refusal(ledger.grant(OPERATOR, { ...input, flag: 'plain' }))).toMatch('organizations earn no rule');
    const listed = await ledger.flagUnlocks(OPERATOR, 'space', { limit: 99 }, 'newest');
    expect(listed.items.filter(({ userId }) => userId === id)).toHaveLength(6);
    expect(listed.items.find(({ userId }) => userId === id)).toMatchObject({ earner: 'organization' });
  });

  it('is previewed for members, by what their organization has done', async () => {
    const { stand, set, id, report } = await team();
    await report(2);
    await set('space', earned('LIVE', atLeast(5, 'report')));
    await report(2);
    const draft = (value: number) =>
      previewed(stand, 'space', { input: earned('LATCHING', atLeast(value, 'report')), organizationId: id });
    expect((await draft(2)).result.counts).toMatchObject({ wouldUnlock: 2, wouldLose: 0 });
    expect((await draft(3)).result.counts).toMatchObject({ wouldUnlock: 0 });
  });

  it('reads what organizations have, and nothing else', async () => {
    const { stand, set } = await team();
    const write = (input: FlagInput) => refusal(set('space', input));
    const joined = { fact: 'daysSinceJoin', operator: 'greaterThan', value: 3 };
    expect(await write(earned('LIVE', joined))).toMatch(
      '/rules/0/conditions/all/0/fact: "daysSinceJoin" is about one user',
    );
    expect(await write(earned('LIVE', ofOrganization(1)))).toMatch('/rules/0/conditions/all/0/params/of');
    await set('plain', latching(atLeast(1, 'report')));
    expect(await write(earned('LIVE', unlocked('plain')))).toMatch('/params/flag: no organization unlocks "plain"');
    expect(await write(latching(unlocked('plain', { of: 'organization' })))).toMatch('no organization unlocks "plain"');
    const spread = { ...earned('LIVE', atLeast(1, 'report')).rules![0]!, bucketBy: 'user' };
    expect(await write({ rules: [spread] })).toMatch('/rules/0/bucket_by');

    const segment = (key: string, ...all: readonly Leaf[]) =>
      stand.services.segments.set(OPERATOR, {
        ...{ key, conditions: { all } as never, expectedVersion: undefined, comment: '' },
      });
    await segment('veterans', joined);
    expect(await write(earned('LIVE', { condition: 'veterans' }))).toMatch('the segment "veterans": "daysSinceJoin"');
    await segment('active', atLeast(1, 'report'));
    await set('space', earned('LIVE', { condition: 'active' }));
    expect(await refusal(segment('active', joined))).toMatch('the flag "space" refers to it: "daysSinceJoin"');

    const [rule] = stand.services.keeper.snapshot.flags.get('space')!.flag.rules;
    const given = { id: rule!.id, earnedBy: 'USER' };
    expect(await write({ rules: [given] })).toMatch('/rules/0/earned_by');
    // Without its id it is another rule, whose name may be the same.
    const { flag } = await set('space', { rules: [{ name: rule!.name, conditions: rule!.conditions }] });
    expect(flag.rules[0]!.id).not.toBe(rule!.id);
  });
});
