import { expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/values/json.js';
import { describeOnEachEngine } from './stands/engines.js';
import { atLeast, latching, machine, OPERATOR, person, type UseCaseStand, verified } from './stands/use-case-stand.js';

const STAGES = ['started', 'invited', 'paid'];
const stageIs = (value: string) => ({ fact: 'stage', operator: 'equal', value });
const NEW = { expectedVersion: undefined, comment: '' };
const reached = (value: string) => ({ fact: 'stagesReached', operator: 'contains', value });

describeOnEachEngine('a stage of onboarding', (engine) => {
  const begun = async (stand: UseCaseStand, users: Readonly<Record<string, string>>) => {
    const { stages, progress } = stand.services;
    await stages.set(OPERATOR, { stages: STAGES.map((name) => ({ name, selfSettable: true })) });
    for (const [userId, organizationId] of Object.entries(users)) {
      await stand.identify(userId, { organizationId });
      await progress.update(OPERATOR, { userId, stage: 'started', allowBackward: false });
    }
  };
  const report = (stand: UseCaseStand, input = {}, call = OPERATOR) =>
    stand.services.stageReports.get(call, { stage: 'started', stuckDays: 0, organizationId: '', ...input });

  it('tells what those who are stuck in it miss most, and nothing of who has it, is kept from it, or has gone on', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('export', latching(atLeast(2, 'report_created'), verified));
    await stand.setFlag('share', latching(atLeast(2, 'report_created')));
    await stand.setFlag('billing', { rules: [{ conditions: { all: [reached('paid'), verified] } }] });
    await stand.setFlag('off', { ...latching(atLeast(9, 'never')), active: false });
    await stand.setFlag('denied', latching(atLeast(9, 'never')), {
      access: [{ organizationId: 'acme', effect: 'DENY' }],
    });
    await stand.setFlag('live', { rules: [{ conditions: { all: [atLeast(9, 'never')] } }] });
    await begun(stand, { ada: 'acme', bob: 'acme', eve: 'acme', joe: 'acme' });
    await stand.services.progress.update(OPERATOR, { userId: 'joe', stage: 'invited', allowBackward: false });
    await stand.identify('ada', { emailVerified: true });
    await stand.track([1, 2].map((id) => ({ id: String(id), user_id: 'bob', action: 'report_created' })));
    await stand.drain();

    const own = { organizationId: 'acme' };
    const { missed, sampled, stuck, moreStuck, stage, flagsLookedAt, flagsLeftOut } = await report(stand, own);
    expect({ sampled, stuck, moreStuck }).toEqual({ sampled: 3, stuck: 3, moreStuck: false });
    expect(stage).toMatchObject({ listed: true, reached: 4, now: 3, left: 1 });
    expect({ flagsLookedAt, flagsLeftOut }).toEqual({ flagsLookedAt: 4, flagsLeftOut: false });
    expect(missed.map(({ sentence, users, flagKeys }) => [sentence.text, users, ...flagKeys])).toEqual([
      ['67 % are not yet somebody who created at least 2 reports', 2, 'export', 'share'],
      ['67 % are not yet somebody who has verified their e-mail address', 2, 'billing', 'export'],
    ]);
    expect(missed[0]!.condition).toEqual(atLeast(2, 'report_created'));
    expect((await report(stand, { ...own, stuckDays: 1 })).missed).toEqual([]);
  });

  it('tells what reaching it opens, and whether nothing else is asked', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await begun(stand, {});
    await stand.services.segments.set(OPERATOR, {
      ...NEW,
      key: 'payers',
      conditions: { any: [stageIs('paid'), verified] },
    });
    const one = (name: string, condition: JsonObject, more = {}) => ({
      rules: [{ name, conditions: { all: [condition] }, ...more }],
    });
    await stand.setFlag('alone', one('payers', stageIs('paid')));
    await stand.setFlag('archived', { ...one('payers', stageIs('paid')), archived: true });
    await stand.setFlag('earlier', one('starters', reached('started')));
    await stand.setFlag(
      'late',
      one('late', { fact: 'stageIndex', operator: 'greaterThan', value: 1 }, { rolloutPer100k: 5 }),
    );
    await stand.setFlag('left', one('gone', { not: { fact: 'stage', operator: 'notEqual', value: 'paid' } }));
    await stand.setFlag('more', { rules: [{ conditions: { all: [{ condition: 'payers' }, verified] } }] });
    const told = async (stage: string) =>
      (await report(stand, { stage })).opens.map(({ kind, key, alone }) => [kind, key, alone].join(' '));
    expect(await told('paid')).toEqual([
      ...['RULE alone true', 'RULE late false', 'RULE left true', 'RULE more false', 'SEGMENT payers true'],
    ]);
    expect(await told('started')).toEqual(['RULE earlier true']);
    expect(await told('unheard-of')).toEqual([]);
  });

  it('tells an organization of its own members, and of flags that it may know', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const rules = [{ name: 'secret', conditions: { all: [reached('paid'), atLeast(3, 'report_created')] } }];
    await stand.setFlag('hidden', { clientVisible: false, rules });
    await stand.setFlag('shown', { delegated: true, rules });
    await stand.services.segments.set(OPERATOR, { ...NEW, key: 'payers', conditions: { all: [stageIs('paid')] } });
    const hidden = { fact: 'attribute', path: '$.plan', operator: 'equal', value: 'secret plan' };
    await stand.setFlag('plan', latching(hidden));
    await begun(stand, { ken: 'hooli', bill: 'globex' });
    for (const call of [machine(['manage'], 'hooli'), person('boss', { organizationId: 'hooli', roles: ['admin'] })]) {
      const { sampled, missed, stage } = await report(stand, {}, call);
      expect({ sampled, reached: stage.reached }).toEqual({ sampled: 1, reached: 1 });
      const { opens } = await report(stand, { stage: 'paid' }, call);
      expect(missed.flatMap(({ flagKeys }) => flagKeys).toSorted()).toEqual(['plan', 'shown']);
      expect(opens.map(({ key, ruleName }) => [key, ruleName])).toEqual([['shown', '']]);
      expect(JSON.stringify([missed, opens])).not.toMatch(/secret|hidden|payers/);
      await expect(report(stand, { organizationId: 'globex' }, call)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    await expect(report(stand, {}, person('ada'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('is broken down over organizations, page by page', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await begun(stand, { ann: 'of-acme', ben: 'of-globex', eva: 'of-globex' });
    await stand.identify('linus', { organizationId: 'of-none' });
    await stand.services.progress.update(OPERATOR, { userId: 'eva', stage: 'paid', allowBackward: false });
    const funnels: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await stand.services.organizationFunnels.list(OPERATOR, 'of-', {
        limit: 1,
        ...(after && { after }),
      });
      for (const { organizationId, stages } of page.items) {
        funnels.push([organizationId, ...stages.map((of) => `${of.reached}/${of.now}/${of.left}`)].join(' '));
        const own = await stand.services.funnel.get(OPERATOR, {
          ...{ organizationId, fromWeek: '', toWeek: '', joiningUnknown: false },
        });
        expect(own.stages).toMatchObject(stages);
      }
      if (page.next === undefined) break;
      after = page.next;
    }
    expect(funnels).toEqual(['of-acme 1/1/0 0/0/0 0/0/0', 'of-globex 2/1/1 0/0/0 1/1/0']);
    const list = stand.services.organizationFunnels.list(machine(['manage'], 'acme'), '', { limit: 1 });
    await expect(list).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
