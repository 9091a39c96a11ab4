import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../../../test/timing.js';
import { conflictOf } from '../../../grpc/testing/details-of.js';
import { type DoorStand, failureOf, openDoorStand } from '../../../grpc/testing/door-stand.js';
import { Reference_Kind } from '../../gen/latchkey/v1/references.js';
import { SentencePart_Kind } from '../../gen/latchkey/v1/sentence.js';

const KIND_NAMES = Object.fromEntries(Object.entries(Reference_Kind).map(([name, number]) => [number, name]));

let stand: DoorStand;

beforeAll(async () => {
  stand = await openDoorStand();
});

afterAll(async () => {
  await stand.close();
});

const reports = {
  all: [
    {
      fact: 'actionCount',
      params: { action: 'report_created', windowDays: 30 },
      operator: 'greaterThanInclusive',
      value: 10,
    },
  ],
};
const verified = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };

describe('checkConditions', () => {
  it('says whom a draft holds for, with pointers into the request', async () => {
    const checked = await stand.admin.checkConditions({ conditions: reports, policy: 2, rollout: 5_000 });
    expect(checked.faults).toEqual([]);
    expect(checked.sentence?.text).toBe('everyone who created at least 10 reports in the last 30 days');
    expect(checked.ruleSentence?.text).toBe(
      'a random 5 % of everyone who created at least 10 reports in the last 30 days, for good',
    );
    expect(checked.sentence?.parts).toContainEqual({
      kind: SentencePart_Kind.VALUE,
      text: '10',
      pointer: '/conditions/all/0/value',
      value: 10,
    });
    expect(checked).toMatchObject({ facts: ['actionCount'], readsTime: true, segments: [] });
  });

  it('finds what is wrong, where it is, and says nothing then', async () => {
    const wrong = { all: [{ fact: 'actionCont', operator: 'equal', value: 1 }] };
    const checked = await stand.admin.checkConditions({ conditions: wrong, rollout: 100_001, bucketBy: 'moon' });
    expect(checked.faults.map(({ pointer }) => pointer).toSorted()).toEqual([
      '/bucket_by',
      '/conditions/all/0/fact',
      '/rollout',
    ]);
    expect(checked.sentence).toBeUndefined();
  });

  it('finds what SetFlag and SetSegment would: circles, and what organizations do not have', async () => {
    await stand.admin.setSegment({ segment: { key: 'inner', name: 'Inner', conditions: verified } });
    await stand.admin.setSegment({ segment: { key: 'outer', conditions: { all: [{ condition: 'inner' }] } } });
    const conditions = { all: [{ condition: 'outer' }] };
    const [circle] = (await stand.admin.checkConditions({ conditions, segment: 'inner' })).faults;
    expect(circle).toMatchObject({ pointer: '/conditions', message: expect.stringContaining('inner → outer → inner') });
    const [unfit] = (await stand.admin.checkConditions({ conditions: verified, earnedBy: 2 })).faults;
    expect(unfit).toMatchObject({ pointer: '/conditions/all/0/fact' });
    const sound = await stand.admin.checkConditions({ conditions: { any: [{ condition: 'inner' }, ...verified.all] } });
    expect(sound).toMatchObject({ segments: ['inner'], facts: ['emailVerified'], readsTime: false });
    expect(sound.sentence?.text).toBe(
      'everyone who is in the segment "Inner" or who has verified their e-mail address',
    );
  });

  it('warns as a write would', async () => {
    const conditions = { all: [{ fact: 'attribute', params: { name: 'plan' }, operator: 'notEqual', value: 'free' }] };
    const { warnings } = await stand.admin.checkConditions({ conditions, policy: 2 });
    expect(warnings.map(({ pointer }) => pointer)).toEqual(['/conditions/all/0', '/conditions/all/0']);
  });

  it('knows no flag that is not there', async () => {
    expect(await failureOf(stand.admin.checkConditions({ flag: 'nowhere' }))).toMatchObject({ code: status.NOT_FOUND });
  });
});

describe('rules of flags', () => {
  it('have their sentence in what is read and written, which a write ignores', async () => {
    const sentence = 'everyone who has verified their e-mail address, while that is so';
    const { flag } = await stand.admin.setFlag({ flag: { key: 'told', rules: [{ conditions: verified }] } });
    expect(flag?.rules[0]?.sentence).toBe(sentence);
    const rules = [{ ...flag!.rules[0]!, sentence: 'something else' }];
    const again = await stand.admin.setFlag({ flag: { key: 'told', rules }, updateMask: ['rules'] });
    expect(again.flag).toMatchObject({ version: 1, rules: [{ sentence }] });
    expect((await stand.admin.getFlag({ flag: 'told' })).flag?.rules[0]?.sentence).toBe(sentence);
    const { flags } = await stand.admin.listFlags({});
    expect(flags.find(({ key }) => key === 'told')?.rules[0]?.sentence).toBe(sentence);
  });

  it('have it in versions, too, and so has the flag as a whole, wherever it is told', async () => {
    await stand.admin.setSegment({ segment: { key: 'seen', name: 'Seen people', conditions: verified } });
    const whom = (who: string) => `${who} who is in the segment "Seen people", while that is so`;
    const rule = { id: 'one', conditions: { all: [{ condition: 'seen' }] } };
    const told = (who: string) => ({ sentence: whom(who), rules: [{ sentence: whom(who) }] });
    const { flag } = await stand.admin.setFlag({ flag: { key: 'whole', rules: [rule] } });
    expect(flag).toMatchObject(told('everyone'));
    const half = await stand.admin.setFlag({
      flag: { key: 'whole', sentence: 'something else', rules: [{ ...rule, rollout: 50_000 }] },
    });
    expect(half.flag).toMatchObject({ version: 2, ...told('a random 50 % of everyone') });
    const { flags } = await stand.admin.listFlags({ q: 'whole' });
    expect(flags).toMatchObject([told('a random 50 % of everyone')]);
    const { version } = await stand.admin.getVersion({ flag: 'whole', version: 1 });
    expect(version!.state!.value).toMatchObject(told('everyone'));
    const stale = await failureOf(
      stand.admin.setFlag({ flag: { key: 'whole', description: 'x' }, expectedVersion: 1 }),
    );
    expect(conflictOf(stale)?.present?.value).toMatchObject(told('a random 50 % of everyone'));
  });

  it('are told of in no words to an organization', async () => {
    await stand.admin.setFlag({ flag: { key: 'lent', delegated: true, rules: [{ conditions: verified }] } });
    const { secret } = await stand.admin.createToken({ name: 'acme', scopes: ['manage'], organizationId: 'acme' });
    const { flag } = await stand.as(secret).setFlag({ flag: { key: 'lent' }, access: [{ role: 'manager' }] });
    expect(flag).toMatchObject({ key: 'lent', rules: [], sentence: '' });
  });
});

describe('derived actions', () => {
  it('say which events count', async () => {
    const where = {
      all: [{ fact: 'property', params: { name: 'amount' }, operator: 'greaterThanInclusive', value: 100 }],
    };
    const derivation = { from: ['order'], where, sentence: 'something else' };
    const { actions } = await stand.admin.declareActions({ actions: [{ name: 'large_order', derivation }] });
    expect(actions[0]!.derivation!.sentence).toBe('every event whose property amount is at least 100');
    const listed = await stand.admin.listActions({});
    expect(listed.actions.find(({ name }) => name === 'large_order')!.derivation!.sentence).toBe(
      'every event whose property amount is at least 100',
    );
  });
});

describe('getVocabulary', () => {
  it('has facts, operators, stages, actions, attributes, roles, segments and flags', async () => {
    await stand.admin.setStages({ stages: [{ name: 'signup' }, { name: 'tour' }] });
    await stand.admin.declareActions({ actions: [{ name: 'project_saved', clientTrackable: true }] });
    for (const [userId, plan] of [
      ['ada', 'pro'],
      ['grace', 'pro'],
      ['cyd', 'free'],
    ]) {
      const own = { email: `${userId}@acme.com`, [`of-${userId}`]: true };
      const attributes = { plan, ...own, password: 'the same', nested: { seats: 5, [`${userId}@acme.com`]: 1 } };
      await stand.admin.identify({ userId: userId!, roles: ['editor'], attributes });
    }
    await stand.admin.setFlag({ flag: { key: 'unlockable', rules: [{ conditions: verified, policy: 2 }] } });
    await stand.admin.setFlag({ flag: { key: 'put-away', archived: true } });
    const known = await stand.admin.getVocabulary({});
    expect(known.facts.map(({ name }) => name)).toEqual(expect.arrayContaining(['actionCount', 'roles', 'now']));
    const count = known.facts.find(({ name }) => name === 'actionCount')!;
    expect(count).toMatchObject({ type: 'number', words: 'number of action', disclosed: true });
    expect(count.operators).toContain('greaterThanInclusive');
    expect(count.operators).not.toContain('startsWith');
    expect(known.operators.find(({ name }) => name === 'in')).toMatchObject({ words: 'is one of' });
    expect(known.decorators.map(({ name }) => name)).toContain('someFact');
    expect(known.stages.map(({ name }) => name)).toEqual(['signup', 'tour']);
    expect(known.actions).toContainEqual({
      name: 'project_saved',
      declared: true,
      derived: false,
      users: 0,
      times: 0,
      times30Days: 0,
    });
    expect(known.roles).toContainEqual({ name: 'editor', users: 3 });
    expect(known.roles.map(({ name }) => name)).toEqual(expect.arrayContaining(['employee', 'manager', 'admin']));
    const attributes = new Map(known.attributes.map(({ path, values }) => [path, values]));
    expect(attributes.get('$.plan')).toEqual(['pro']);
    expect(attributes.get('$.email')).toEqual([]);
    expect(attributes.get('$.password')).toEqual([]);
    expect(attributes.get('$.nested.seats')).toEqual([5]);
    expect([...attributes.keys()]).toEqual(['$.email', '$.nested', '$.nested.seats', '$.password', '$.plan']);
    expect(known.flags.map(({ key }) => key)).toContain('unlockable');
    expect(known.flags.map(({ key }) => key)).not.toContain('put-away');
    expect(known).toMatchObject({ sampledUsers: 3, cut: [] });
    const few = await stand.admin.getVocabulary({ prefix: 'unlock' });
    expect(few.flags.map(({ key }) => key)).toEqual(['unlockable']);
    expect(few.actions).toEqual([]);
  });
});

describe('getReferences', () => {
  beforeAll(async () => {
    await stand.admin.setSegment({ segment: { key: 'known', name: 'Known', conditions: verified } });
    await stand.admin.setFlag({ flag: { key: 'base', rules: [{ conditions: verified, policy: 2 }] } });
    const conditions = {
      all: [
        { condition: 'known' },
        { fact: 'unlocked', params: { flag: 'base' }, operator: 'equal', value: true },
        { fact: 'roles', operator: 'contains', value: 'curator' },
        { fact: 'stage', operator: 'equal', value: 'signup' },
        {
          fact: 'actionCount',
          params: { action: 'page_viewed', of: 'organization' },
          operator: 'greaterThan',
          value: 1,
        },
      ],
    };
    await stand.admin.setFlag({
      flag: { key: 'top', prerequisites: [{ flagKey: 'base' }], rules: [{ id: 'r', name: 'All of it', conditions }] },
      access: [{ role: 'curator' }],
    });
  });

  it('tells what refers to a flag, a segment, a stage, an action and a role', async () => {
    const ofFlag = await stand.admin.getReferences({ flag: 'base' });
    expect(ofFlag.total).toBe(2);
    expect(ofFlag.references.map(({ sentence }) => sentence?.text)).toEqual([
      'the flag "top" requires it',
      'rule "All of it" of the flag "top" asks about somebody who has unlocked the feature "base"',
    ]);
    expect(ofFlag.references[1]).toMatchObject({
      kind: Reference_Kind.RULE,
      key: 'top',
      ruleId: 'r',
      pointer: '/rules/0/conditions/all/1',
      archived: false,
    });
    const told = async (asked: object) =>
      (await stand.admin.getReferences(asked)).references.map(({ kind, key }) => [KIND_NAMES[kind], key]);
    expect(await told({ segment: 'known' })).toEqual([['RULE', 'top']]);
    expect(await told({ stage: 'signup' })).toEqual([['RULE', 'top']]);
    expect(await told({ action: 'page_viewed' })).toEqual([['RULE', 'top']]);
    expect(await told({ role: 'curator' })).toEqual([
      ['RULE', 'top'],
      ['ACCESS_ROW', 'top'],
    ]);
    expect(await told({ role: 'nobody' })).toEqual([]);
  });

  it('tells of organizations which of them have something for a role, after all else, by pages', async () => {
    const { flag } = await stand.admin.setFlag({
      flag: { key: 'shown' },
      access: [
        { role: 'guide' },
        { role: 'guide', organizationId: 'acme' },
        { role: 'guide', organizationId: 'umbrella' },
      ],
    });
    expect(flag?.key).toBe('shown');
    await stand.admin.setOrganizationRoles({
      id: 'acme',
      roles: [
        { name: 'guide', inherits: ['employee'] },
        { name: 'lead', inherits: ['guide'] },
      ],
    });
    for (const pageSize of [1, 2, 3, 10]) {
      const told: unknown[] = [];
      for (let pageToken = ''; ; ) {
        const page = await stand.admin.getReferences({ role: 'guide', pageSize, pageToken });
        expect(page.total).toBe(1);
        told.push(...page.references.map(({ kind, key, sentence }) => [KIND_NAMES[kind], key, sentence?.text]));
        pageToken = page.nextPageToken;
        if (pageToken === '') break;
      }
      expect(told).toEqual([
        ['ACCESS_ROW', 'shown', 'an access row allows the flag "shown" for the role guide'],
        [
          'ORGANIZATION',
          'acme',
          'the organization acme defines it, has the role lead inherit it and has 1 access row for it',
        ],
        ['ORGANIZATION', 'umbrella', 'the organization umbrella has 1 access row for it'],
      ]);
    }
  });

  it('goes in pages', async () => {
    const first = await stand.admin.getReferences({ role: 'curator', pageSize: 1 });
    expect(first).toMatchObject({ total: 2, references: [{ kind: Reference_Kind.RULE }] });
    const { references, nextPageToken } = await stand.admin.getReferences({
      role: 'curator',
      pageSize: 1,
      pageToken: first.nextPageToken,
    });
    expect(references).toMatchObject([{ kind: Reference_Kind.ACCESS_ROW }]);
    expect(nextPageToken).toBe('');
  });

  it('asks for exactly one thing, which must be there', async () => {
    expect(await failureOf(stand.admin.getReferences({}))).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(await failureOf(stand.admin.getReferences({ flag: 'base', role: 'x' }))).toMatchObject({
      details: 'give exactly one of flag, segment, stage, action, role, not flag and role',
    });
    expect(await failureOf(stand.admin.getReferences({ segment: 'nowhere' }))).toMatchObject({
      code: status.NOT_FOUND,
    });
  });

  it('is why a stage is not taken from the list while it is read', async () => {
    const kept = [{ name: 'signup' }, { name: 'tour' }];
    await stand.admin.setStages({ stages: kept });
    expect(await failureOf(stand.admin.setStages({ stages: [{ name: 'tour' }] }))).toMatchObject({
      code: status.ABORTED,
      details: 'the stage "signup" is read by the flag "top"; change them first',
    });
    await stand.admin.setStages({ stages: kept.toReversed() });
  });

  it('is why a derived action is not deleted while it is read of organizations', async () => {
    await stand.admin.declareActions({ actions: [{ name: 'big_order', derivation: { from: ['order_paid'] } }] });
    const ofOrganization = { action: 'big_order', of: 'organization' };
    const conditions = { all: [{ fact: 'actionCount', params: ofOrganization, operator: 'greaterThan', value: 1 }] };
    await stand.admin.setFlag({ flag: { key: 'bulk', rules: [{ conditions }] } });
    expect(await failureOf(stand.admin.deleteAction({ name: 'big_order' }))).toMatchObject({
      code: status.ABORTED,
      details: expect.stringContaining('the flag "bulk"'),
    });
  });
});

// After what asks for the vocabulary first: what users of the sample have is read once.
describe('how often actions are done', () => {
  it('is told by day, and helps to find the name that was meant', async () => {
    const began = Date.now();
    const [today, yesterday] = [new Date(began), new Date(began - 86_400_000)];
    const done = [today, today, yesterday].map((occurredAt, i) => ({
      ...{ id: `done-${i}`, userId: `doer-${i}`, action: 'photo_shared', occurredAt },
    }));
    await stand.admin.track({ events: done });
    const get = () => stand.admin.getAction({ name: 'photo_shared' });
    await until(async () => (await get().catch(() => undefined))?.times === 3);
    const told = await get();
    const days = [yesterday, today].map((at) => at.toISOString().slice(0, 10));
    expect(told.declared).toBeUndefined();
    expect(told.days).toEqual([
      { day: days[0], times: 1 },
      { day: days[1], times: 2 },
    ]);
    const known = await stand.admin.getVocabulary({ prefix: 'photo_' });
    expect(known.actions).toMatchObject([{ name: 'photo_shared', declared: false, times30Days: 3 }]);
    expect(await failureOf(stand.admin.getAction({ name: 'photo_shraed' }))).toMatchObject({
      code: status.NOT_FOUND,
      details: expect.stringContaining('did you mean "photo_shared"?'),
    });

    const counted = (action: string) => ({
      ...{ fact: 'actionCount', params: { action }, operator: 'greaterThan', value: 1 },
    });
    const warnedOf = async (...actions: readonly string[]) => {
      const conditions = { all: actions.map(counted) };
      return (await stand.admin.checkConditions({ conditions })).warnings;
    };
    const meant = (at: number) => ({
      pointer: `/conditions/all/${at}/params/action`,
      message: 'nobody did "photo_shraed" in the last 30 days; did you mean "photo_shared"?',
    });
    expect(await warnedOf('photo_shraed', 'photo_shared', 'never_done_by_anybody', 'photo_shraed')).toEqual([
      meant(0),
      meant(3),
    ]);
    // Of two that are as near, the one that is done more often.
    await stand.admin.track({ events: [{ id: 'seldom', userId: 'doer-0', action: 'photo_shored' }] });
    await until(async () => (await stand.admin.getVocabulary({ prefix: 'photo_sho' })).actions.length > 0);
    expect((await warnedOf('photo_shired'))[0]?.message).toContain('did you mean "photo_shared"?');
  });
});
