import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EvaluationContext } from '../../src/core/deciding/decision.js';
import type { Explanation } from '../../src/core/explaining/explanation.js';
import { DAY_MS } from '../../src/core/values/time/time.js';
import type { Explained, Told } from '../../src/services/explaining/explanations.js';
import type { TryInput } from '../../src/services/explaining/tries.js';
import type { UserFlagsFilter } from '../../src/services/explaining/user-flag-list.js';
import { describeOnEachEngine } from './stands/engines.js';
import { previewed } from './stands/previewed.js';
import {
  atLeast,
  daysIn,
  latching,
  machine,
  OPERATOR,
  person,
  type UseCaseStand,
  verified,
} from './stands/use-case-stand.js';

describeOnEachEngine('why a flag is decided as it is', (engine) => {
  let stand: UseCaseStand;
  beforeAll(async () => {
    stand = await engine.compose();
  });
  beforeEach(() => stand.clear());

  const input = (userId: string, flagKey: string) => ({
    ...{ userId, flagKey, context: {}, at: undefined },
    ...{ consistencyToken: '', full: true },
  });
  const explained = (
    userId: string,
    flagKey: string,
    { call = OPERATOR, ...more }: { call?: typeof OPERATOR; context?: EvaluationContext; at?: number } = {},
  ): Promise<Explained> => stand.services.explanations.explain(call, { ...input(userId, flagKey), ...more });
  const whole = (of: Explained | Told): Explanation => {
    const told = 'told' in of ? of.told : of;
    if (told.to !== 'platform') throw new Error('it is told to an organization');
    return told.explanation;
  };
  const answering = (explanation: Pick<Explanation, 'lines'>) =>
    explanation.lines.find(({ verdict }) => verdict === 'ANSWERS')!.line;
  const listed = async (userId: string, more: Partial<UserFlagsFilter> = {}, limit = 50, after?: string) => {
    const { call = OPERATOR, ...filter } = more as typeof more & { call?: typeof OPERATOR };
    const asked = { userId, q: '', states: [], consistencyToken: '', full: true, ...filter };
    const page = after === undefined ? { limit } : { limit, after };
    return stand.services.userFlagList.list(call, asked, page);
  };

  it('is told on stored state, and for other roles, another organization, other attributes and another instant', async () => {
    const joinedAt = Math.floor(stand.clock.now()) - 2 * DAY_MS;
    await stand.setFlag('weekly', latching(daysIn(7)), { access: [{ role: 'manager' }] });
    await stand.identify('ada', { joinedAt, roles: ['employee'], organizationId: 'acme' });
    const now = await explained('ada', 'weekly');
    expect(whole(now)).toMatchObject({ decision: { enabled: false, reason: 'DEFAULT' } });
    expect(now.whatIf).toBe(false);
    const asAdmin = await explained('ada', 'weekly', { context: { roles: ['admin'] } });
    expect(whole(asAdmin)).toMatchObject({
      decision: { enabled: true, reason: 'ROLE' },
      rows: [{ standing: 'DECIDES', through: ['admin', 'manager'] }],
    });
    expect([asAdmin.whatIf, asAdmin.subject.organizationId]).toEqual([true, '']);
    const later = await explained('ada', 'weekly', { at: joinedAt + 7 * DAY_MS });
    expect(whole(later)).toMatchObject({ decision: { enabled: true, reason: 'RULE' } });
    expect((await stand.sqlStore.states.users(['ada'])).get('ada')!.ledger.size).toBe(0);
    const far = joinedAt + 4_000 * DAY_MS;
    await expect(explained('ada', 'weekly', { at: far })).rejects.toMatchObject({
      code: 'INVALID',
      faults: [{ pointer: '/at' }],
    });
  });

  it('is told of nobody, and of no flag, as it is decided', async () => {
    await stand.setFlag('known', { isEnabledGlobally: true });
    expect(answering(whole(await explained('never-seen', 'known')))).toBe('EVERYONE');
    const unknown = whole(await explained('never-seen', 'not_there'));
    expect(answering(unknown)).toBe('EXISTS');
    expect(unknown.decision.reason).toBe('FLAG_NOT_FOUND');
  });

  it('is told to an organization of its own users, without what is the platform’s', async () => {
    const rules = [{ name: 'secret name', conditions: { all: [verified] } }];
    await stand.setFlag('given', { delegated: true, rules }, { access: [{ organizationId: 'acme' }] });
    await stand.setFlag(
      'denied',
      { delegated: true, isEnabledGlobally: true },
      {
        access: [{ organizationId: 'acme', effect: 'DENY' }],
      },
    );
    await stand.setFlag('internal', { isEnabledGlobally: true, clientVisible: false });
    await stand.identify('eva', { organizationId: 'acme' });
    await stand.identify('max', { organizationId: 'other' });
    const call = machine(['manage'], 'acme');
    const given = await explained('eva', 'given', { call });
    expect(given.told).toMatchObject({
      to: 'organization',
      explanation: { decision: { enabled: true, reason: 'ORGANIZATION' }, rows: [] },
    });
    const denied = await explained('eva', 'denied', { call });
    expect(denied.told).toMatchObject({ explanation: { decision: { enabled: false, reason: 'DEFAULT' }, rows: [] } });
    expect(JSON.stringify([given.told, denied.told])).not.toMatch(/secret name|DENY/);
    expect(whole(await explained('eva', 'internal', { call })).decision.reason).toBe('FLAG_NOT_FOUND');
    const own = person('boss', { organizationId: 'acme', roles: ['admin'] });
    expect((await explained('eva', 'given', { call: own })).told.to).toBe('organization');
    for (const asked of [call, own]) {
      await expect(explained('max', 'given', { call: asked })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(explained('nobody-yet', 'given', { call: asked })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      const elsewhere = { call: asked, context: { organizationId: 'other' } };
      await expect(explained('eva', 'given', elsewhere)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      const guess = { call: asked, context: { attributes: { plan: 'pro' } } };
      await expect(explained('eva', 'given', guess)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(listed('max', { call: asked } as never)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      const { items } = await listed('eva', { call: asked } as never);
      expect(items.map(({ flag }) => [flag.flagKey, flag.state, flag.ruleName])).toEqual([
        ['denied', 'OFF', ''],
        ['given', 'ON', ''],
      ]);
    }
    const plain = person('eva', { organizationId: 'acme', roles: ['employee'] });
    await expect(explained('eva', 'given', { call: plain })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  describe('a user’s flags', () => {
    it('are listed by key in pages, searched without regard to case and width, and filtered by how they stand', async () => {
      await stand.setFlag('b_power', { name: 'Power Tools', rules: [{ conditions: { all: [atLeast(4, 'save')] } }] });
      await stand.setFlag('a_everyone', { isEnabledGlobally: true });
      await stand.setFlag('c_off', { active: false, name: 'ＰＯＷＥＲ off' });
      await stand.setFlag('d_half', { rules: [{ conditions: { all: [atLeast(4, 'save'), verified] } }] });
      await stand.identify('zoe', { emailVerified: true });
      await stand.track([{ id: '1', user_id: 'zoe', action: 'save' }]);
      await stand.drain();
      const keysOf = ({ items }: Awaited<ReturnType<typeof listed>>) => items.map(({ flag }) => flag.flagKey);
      const first = await listed('zoe', {}, 3);
      expect(keysOf(first)).toEqual(['a_everyone', 'b_power', 'c_off']);
      const second = await listed('zoe', {}, 3, first.next);
      expect([keysOf(second), second.next]).toEqual([['d_half'], undefined]);
      expect(keysOf(await listed('zoe', { q: 'pOwEr' }))).toEqual(['b_power', 'c_off']);
      expect(keysOf(await listed('zoe', { states: ['BLOCKED'] }))).toEqual(['c_off']);
      expect(keysOf(await listed('zoe', { states: ['ON', 'NEAR'] }))).toEqual(['a_everyone', 'd_half']);
      const [power] = (await listed('zoe', { states: ['OFF'] })).items;
      expect(power).toMatchObject({
        flag: { line: 'OTHERWISE', progress: 0.25, nearest: { sentence: { text: expect.stringContaining('1 of 4') } } },
      });
      await expect(listed('zoe', { q: 'x'.repeat(300) })).rejects.toMatchObject({ code: 'INVALID' });
    });
  });

  describe('a draft', () => {
    type Asked = Partial<TryInput> & Pick<TryInput, 'targets' | 'keyOrId'>;
    const triedBy = (call: typeof OPERATOR, more: Asked) =>
      stand.services.tries.try(call, {
        ...{ mustExist: false, onRuleChange: 'KEEP', input: {}, rule: undefined },
        ...more,
      });
    const tried = async (more: Asked) => {
      const { users, ...rest } = await triedBy(OPERATOR, more);
      const both = users.map(({ before, after, ...user }) => ({ ...user, before: whole(before), after: whole(after) }));
      return { ...rest, users: both };
    };

    it('is tried on users who are named and on contexts, as a preview would decide', async () => {
      const { flag } = await stand.setFlag('tools', latching(atLeast(3, 'save')));
      await stand.identify('ann', { organizationId: 'acme' });
      await stand.track(['1', '2'].map((id) => ({ id, user_id: 'ann', action: 'save' })));
      await stand.drain();
      const draft = {
        keyOrId: 'tools',
        rule: { input: { id: flag.rules[0]!.id, conditions: { all: [atLeast(2, 'save')] } }, position: undefined },
      };
      const { users, configurationRevision } = await tried({
        ...draft,
        targets: [
          { userId: 'ann', context: {} },
          { userId: 'nobody-knows', context: { roles: ['manager'] } },
          { userId: '', context: {} },
        ],
      });
      expect(configurationRevision).toBe(await stand.sqlStore.configuration.revision());
      expect(users.map(({ before, after }) => [before.decision.enabled, after.decision.reason])).toEqual([
        [false, 'UNLOCKED'],
        [false, 'DEFAULT'],
        [false, 'DEFAULT'],
      ]);
      expect(users[1]!.subject.roleLevels).toEqual([['manager'], ['employee']]);
      const { result } = await previewed(stand, 'tools', { rule: draft.rule });
      const sample = result.samples.wouldUnlock.find(({ userId }) => userId === 'ann')!;
      expect(users[0]!.before.decision).toEqual(sample.before);
      expect(users[0]!.after.decision).toEqual(sample.after.decision);
      expect((await stand.sqlStore.configuration.flag('tools'))!.version).toBe(1);
    });

    it('may be of a new flag, and is refused by the place of what is wrong', async () => {
      const targets = [{ userId: 'ann', context: {} }];
      const { users } = await tried({ keyOrId: 'brand_new', input: { isEnabledGlobally: true }, targets });
      expect([users[0]!.before, users[0]!.after].map(answering)).toEqual(['EXISTS', 'EVERYONE']);
      const rules = [{ conditions: { all: [{ fact: 'nonsense', operator: 'equal', value: 1 }] } }];
      await expect(tried({ keyOrId: 'brand_new', input: { rules }, targets })).rejects.toMatchObject({
        faults: [{ pointer: '/rules/0/conditions/all/0/fact' }],
      });
      await expect(tried({ keyOrId: 'flg_none', mustExist: true, targets })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      const many = Array.from({ length: 21 }, (_, i) => ({ userId: `u${i}`, context: {} }));
      for (const wrong of [[], many]) {
        await expect(tried({ keyOrId: 'brand_new', targets: wrong })).rejects.toMatchObject({
          faults: [{ pointer: '/contexts' }],
        });
      }
      const bad = [...targets, { userId: 'ann', context: { roles: ['\ud800'] } }];
      await expect(tried({ keyOrId: 'brand_new', targets: bad })).rejects.toMatchObject({
        faults: [{ pointer: '/contexts/1/roles/0' }],
      });
    });

    it('of an organization’s own rows tells it what it would be told had it saved them, and no more', async () => {
      await stand.identify('eva', { organizationId: 'acme', roles: ['employee'], emailVerified: true });
      await stand.identify('max', { organizationId: 'other' });
      await stand.setFlag('workspace', { isEnabledGlobally: true, clientVisible: false });
      const rules = [{ name: 'secret name', conditions: { all: [verified] } }];
      const denies = { effect: 'DENY' as const };
      const worlds = {
        nothing: [{}, []],
        by_rule: [{ rules }, []],
        switched_off: [{ active: false, rules }, []],
        required: [{ prerequisites: [{ flagKey: 'workspace' }] }, []],
        kept_off: [{ isEnabledGlobally: true }, [{ userId: 'eva', ...denies }]],
        given_by_role: [{}, [{ role: 'employee' }]],
      } as const;
      const own = machine(['manage'], 'acme');
      const drafts = [
        { access: [{ userId: 'eva' }] },
        { access: [{ userId: 'eva', ...denies }] },
        { access: [{ organizationId: 'acme', ...denies }] },
        { removeAccess: [{ userId: 'eva' }] },
        { access: [{ role: 'employee', ...denies }], removeAccess: [{ userId: 'eva' }] },
        { access: [{ userId: 'eva' }], removeAccess: [{ role: 'employee' }] },
      ];
      const targets = [{ userId: 'eva', context: {} }];
      const told = async (key: string) => (await explained('eva', key, { call: own })).told;
      const on: string[] = [];
      for (const [key, [input, access]] of Object.entries(worlds)) {
        await stand.setFlag(key, { delegated: true, ...input }, { access });
        // Each is laid over what the drafts before it have left.
        for (const draft of drafts) {
          const answer = await triedBy(own, { keyOrId: key, ...draft, targets });
          const before = await told(key);
          await stand.services.flags.set(own, {
            ...{ keyOrId: key, mustExist: true, input: {}, onRuleChange: 'KEEP', comment: '' },
            ...{ expectedVersion: undefined, access: [], removeAccess: [], ...draft },
          });
          const after = await told(key);
          expect(answer).toMatchObject({ configurationRevision: 0, warnings: [] });
          expect([key, answer.users.map((user) => [user.before, user.after])]).toEqual([key, [[before, after]]]);
          expect(JSON.stringify(answer)).not.toContain('secret name');
          if (after.explanation.decision.enabled) on.push(key);
        }
      }
      // Where the platform keeps it off, no row of the organization has it on, and it is told no more than that.
      expect([...new Set(on)]).toEqual(['nothing', 'by_rule', 'required', 'given_by_role']);

      await stand.setFlag('undelegated', {});
      const refused = (more: Partial<Asked>, call = own) => triedBy(call, { keyOrId: 'nothing', targets, ...more });
      const forbidden: Partial<Asked>[] = [
        { input: { active: true } },
        { rule: { input: { id: 'x' }, position: undefined } },
      ];
      for (const draft of forbidden) await expect(refused(draft)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      for (const context of [{ attributes: { plan: 'pro' } }, { joinedAt: 0 }])
        await expect(refused({ targets: [{ userId: 'eva', context }] })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const messages = ['undelegated', 'not_there'].map((keyOrId) =>
        refused({ keyOrId }).catch(({ code, message }) => `${code} ${message.replace(keyOrId, 'it')}`),
      );
      expect(new Set(await Promise.all(messages))).toEqual(
        new Set(['NOT_FOUND no flag "it" is delegated to organizations']),
      );
      for (const userId of ['max', 'nobody-yet', ''])
        await expect(refused({ targets: [{ userId, context: {} }] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      const elsewhere = [{ userId: 'eva', context: { organizationId: 'other' } }];
      await expect(refused({ targets: elsewhere })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(refused({ access: [{ organizationId: 'other' }] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      for (const userId of ['max', 'nobody-yet'])
        await expect(refused({ access: [{ userId }] })).rejects.toMatchObject({ code: 'INVALID' });
      const plain = person('eva', { organizationId: 'acme', roles: ['employee'] });
      await expect(refused({}, plain)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });
  });
});
