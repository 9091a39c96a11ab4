import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
      const attributes = { plan, email: `${userId}@acme.com`, password: 'the same', nested: { seats: 5 } };
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
    expect(known.actions).toContainEqual({ name: 'project_saved', declared: true, derived: false, users: 0, times: 0 });
    expect(known.roles).toContainEqual({ name: 'editor', users: 3 });
    expect(known.roles.map(({ name }) => name)).toEqual(expect.arrayContaining(['employee', 'manager', 'admin']));
    const attributes = new Map(known.attributes.map(({ path, values }) => [path, values]));
    expect(attributes.get('$.plan')).toEqual(['pro']);
    expect(attributes.get('$.email')).toEqual([]);
    expect(attributes.get('$.password')).toEqual([]);
    expect(attributes.get('$.nested.seats')).toEqual([5]);
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
