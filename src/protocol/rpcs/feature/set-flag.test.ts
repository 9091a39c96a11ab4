import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AccessRow, AccessRow_Effect } from '../../../../test/gen/latchkey/v1/access.js';
import { Reason } from '../../../../test/gen/latchkey/v1/evaluation.js';
import {
  FeatureFlag_Type,
  Rule_EarnedBy,
  Rule_Policy,
  SetFlagRequest_OnRuleChange,
} from '../../../../test/gen/latchkey/v1/flag.js';
import { conflictOf, detailsOf } from '../../../grpc/testing/details-of.js';
import { type DoorStand, failureOf, openDoorStand } from '../../../grpc/testing/door-stand.js';

let stand: DoorStand;

beforeAll(async () => {
  stand = await openDoorStand();
});

afterAll(async () => {
  await stand.close();
});

/** Everything that is not at its default. */
const unusual = {
  name: 'A name',
  description: 'a description',
  active: false,
  isEnabledGlobally: true,
  type: FeatureFlag_Type.STRING,
  variants: [
    { key: 'on', value: 'yes' },
    { key: 'no', value: 'no' },
  ],
  offVariant: 'no',
  distribution: [{ variant: 'on', weight: 1 }],
  rules: [{ name: 'r', conditions: {}, rollout: 1 }],
  startsAt: new Date('2020-01-01T00:00:00Z'),
  endsAt: new Date('2030-01-01T00:00:00Z'),
  tags: ['t'],
  owner: 'o',
  delegated: true,
  clientVisible: false,
  archived: true,
};

describe('a mask', () => {
  it('writes exactly what it names, and gives what is not given its default', async () => {
    const { flag: before } = await stand.admin.setFlag({ flag: { key: 'masked', ...unusual } });
    const { flag } = await stand.admin.setFlag({
      flag: { key: 'masked', active: true, name: 'not named, not written' },
      updateMask: ['active', 'description', 'starts_at'],
    });
    expect(flag).toEqual({
      ...before,
      active: true,
      description: '',
      startsAt: undefined,
      version: 2,
      updatedAt: flag?.updatedAt,
    });
  });

  it('that names everything, with nothing given, makes a flag as it is created', async () => {
    const { flag: fresh } = await stand.admin.setFlag({ flag: { key: 'fresh' } });
    await stand.admin.setFlag({ flag: { key: 'cleared', ...unusual } });
    const updateMask = Object.keys(unusual).map((name) =>
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    const { flag } = await stand.admin.setFlag({ flag: { key: 'cleared' }, updateMask });
    const { id, salt, version, createdAt, updatedAt } = flag!;
    expect(flag).toEqual({ ...fresh, key: 'cleared', name: 'cleared', id, salt, version, createdAt, updatedAt });
  });

  it.each([['nonsense'], ['version'], ['rules.0.name'], ['isEnabledGlobally'], ['__proto__'], ['*']])(
    'that names %s is refused with the list of what there is',
    async (path) => {
      const error = await failureOf(stand.admin.setFlag({ flag: { key: 'masked' }, updateMask: ['active', path] }));
      expect(error.code).toBe(status.INVALID_ARGUMENT);
      expect(error.details).toContain(`update_mask names "${path}", which is none of: name, description, active,`);
    },
  );
});

describe('bucketing', () => {
  const bucketingOf = async (bucketing: number | undefined, updateMask?: string[]) =>
    (await stand.admin.setFlag({ flag: { key: 'drawn', bucketing }, ...(updateMask && { updateMask }) })).flag
      ?.bucketing;

  it('stays what it is until it is written; a mask that names it alone gives the newest', async () => {
    expect(await bucketingOf(1)).toBe(1);
    expect([await bucketingOf(undefined), await bucketingOf(2), await bucketingOf(1)]).toEqual([1, 2, 1]);
    expect(await bucketingOf(undefined, ['bucketing'])).toBe(2);
  });

  it.each([0, 3])('%i is refused by its place', async (bucketing) => {
    const error = await failureOf(stand.admin.setFlag({ flag: { key: 'drawn', bucketing } }));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toContain(`/bucketing: bucketing ${bucketing} is none of 1, 2`);
  });

  it('1 is warned of where variants are drawn by it', async () => {
    const distribution = [
      { variant: 'on', weight: 1 },
      { variant: 'off', weight: 1 },
    ];
    const warned = async (flag: object) =>
      (await stand.admin.setFlag({ flag: { key: 'ranges', ...flag } })).warnings.map(({ pointer }) => pointer);
    expect(await warned({ bucketing: 1 })).toEqual([]);
    expect(await warned({ rules: [{ distribution }] })).toEqual(['/bucketing']);
    expect(await warned({ bucketing: 2 })).toEqual([]);
  });
});

describe('without a mask', () => {
  it('what is given is written: false and 0 too, empty lists and strings not', async () => {
    const { flag: before } = await stand.admin.setFlag({ flag: { key: 'given', ...unusual } });
    const { flag } = await stand.admin.setFlag({
      flag: { key: 'given', isEnabledGlobally: false, owner: '', tags: [], rules: [] },
    });
    expect(flag).toEqual({ ...before, isEnabledGlobally: false, version: 2, updatedAt: flag?.updatedAt });
  });

  it('what changes nothing makes no new version', async () => {
    const { flag } = await stand.admin.setFlag({ flag: { key: 'given', isEnabledGlobally: false } });
    expect(flag?.version).toBe(2);
  });
});

describe('rules', () => {
  const VERIFIED = 'everyone who has verified their e-mail address';
  const conditions = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };

  it('replace the whole list, and keep who they are by their id', async () => {
    const { flag: before } = await stand.admin.setFlag({
      flag: {
        key: 'ruled',
        rules: [
          { name: 'a', conditions },
          { name: 'b', conditions, rollout: 0 },
        ],
      },
    });
    const [a, b] = before!.rules;
    expect(b).toMatchObject({ rollout: 0, policy: Rule_Policy.LIVE, bucketBy: 'user' });
    const { flag } = await stand.admin.setFlag({
      flag: {
        key: 'ruled',
        rules: [
          { name: 'new', policy: Rule_Policy.LATCHING, conditions },
          { id: b!.id, rollout: 50_000 },
        ],
      },
    });
    expect(flag?.rules).toHaveLength(2);
    expect(flag?.rules[0]?.id).not.toBe(a?.id);
    // What is left out of a rule that there is stays: nobody gets it by an omission.
    expect(flag?.rules[1]).toEqual({
      ...b,
      rollout: 50_000,
      sentence: `a random 50 % of ${VERIFIED}, while that is so`,
    });
  });

  it('are written as a whole where the mask names them', async () => {
    const { flag: before } = await stand.admin.getFlag({ flag: 'ruled' });
    const rule = before!.rules[1]!;
    const { flag } = await stand.admin.setFlag({
      flag: { key: 'ruled', rules: [{ id: rule.id, policy: Rule_Policy.LATCHING }] },
      updateMask: ['rules'],
    });
    expect(flag?.rules).toEqual([
      {
        id: rule.id,
        name: '',
        conditions: {},
        policy: Rule_Policy.LATCHING,
        earnedBy: Rule_EarnedBy.USER,
        rollout: 100_000,
        bucketBy: 'user',
        distribution: [],
        sentence: 'everyone, for good',
      },
    ]);
  });

  it('say the same in whatever order the members of their conditions come', async () => {
    const leaf = { fact: 'role', operator: 'equal', value: 'x' };
    const { flag: before } = await stand.admin.setFlag({
      flag: { key: 'ordered', rules: [{ conditions: { all: [leaf] } }] },
    });
    const again = { all: [{ value: 'x', operator: 'equal', fact: 'role' }] };
    const { flag } = await stand.admin.setFlag({
      flag: { key: 'ordered', rules: [{ id: before!.rules[0]!.id, conditions: again }] },
    });
    expect(flag).toEqual(before);
  });

  it('keep who they are without ids, by their names and by what they mean, and are then written as a whole', async () => {
    const first = {
      key: 'recognised',
      rules: [
        { name: 'a', conditions, rollout: 1 },
        { name: 'b', conditions, policy: Rule_Policy.LATCHING },
      ],
    };
    const { flag: before } = await stand.admin.setFlag({ flag: first });
    const [a, b] = before!.rules;
    const { flag } = await stand.admin.setFlag({
      flag: { key: 'recognised', rules: [{ conditions, policy: Rule_Policy.LATCHING }, { name: 'a' }] },
    });
    expect(flag?.rules).toEqual([
      { ...b, name: '' },
      { ...a, conditions: {}, rollout: 100_000, sentence: 'everyone' },
    ]);
  });

  it('have the ids that their caller chose, for good', async () => {
    const id = 'verified-2.0_';
    const { flag } = await stand.admin.setFlag({ flag: { key: 'chosen', rules: [{ id, conditions }] } });
    expect(flag?.rules).toMatchObject([{ id, conditions }]);
    await stand.admin.setFlag({ flag: { key: 'chosen' }, updateMask: ['rules'] });
    const again = await stand.admin.setFlag({ flag: { key: 'chosen', rules: [{ id }] } });
    expect(again.flag?.rules).toMatchObject([{ id, conditions: {} }]);
    for (const none of ['a b', '__proto__', 'x'.repeat(129)]) {
      const error = await failureOf(stand.admin.setFlag({ flag: { key: 'chosen', rules: [{ id: none }] } }));
      expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('/rules/0/id: ') });
    }
  });

  it('of another flag, or of none, are refused by their id', async () => {
    const error = await failureOf(stand.admin.setFlag({ flag: { key: 'ruled', rules: [{ id: 'rul_other' }] } }));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(error.details).toContain('/rules/0/id: the flag "ruled" has no rule "rul_other"');
  });

  it('relock what users have unlocked where that is asked for', async () => {
    const unlock = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };
    const { flag } = await stand.admin.setFlag({
      flag: { key: 'relocked', rules: [{ conditions: unlock, policy: Rule_Policy.LATCHING }] },
    });
    await stand.admin.identify({ userId: 'r1', emailVerified: true });
    await stand.admin.identify({ userId: 'r1', emailVerified: false });
    const ask = async (consistencyToken = '') =>
      (await stand.admin.evaluate({ flagKey: 'relocked', context: { userId: 'r1' }, consistencyToken })).enabled;
    expect(await ask()).toBe(true);
    const never = { all: [{ fact: 'role', operator: 'equal', value: 'nobody' }] };
    const { consistencyToken } = await stand.admin.setFlag({
      flag: { key: 'relocked', rules: [{ id: flag!.rules[0]!.id, conditions: never }] },
      onRuleChange: SetFlagRequest_OnRuleChange.RELOCK,
    });
    expect(await ask(consistencyToken)).toBe(false);
  });
});

describe('the flag that is meant', () => {
  it('is named by its id, which has to be one', async () => {
    const { flag } = await stand.admin.setFlag({ flag: { key: 'named' } });
    const changed = await stand.admin.setFlag({ flag: { id: flag!.id, owner: 'by id' } });
    expect(changed.flag).toMatchObject({ key: 'named', owner: 'by id' });
    for (const id of ['flg_nowhere', 'named']) {
      expect(await failureOf(stand.admin.setFlag({ flag: { id, owner: 'x' } }))).toMatchObject({
        code: status.NOT_FOUND,
      });
    }
    const renamed = await failureOf(stand.admin.setFlag({ flag: { id: flag!.id, key: 'renamed' } }));
    expect(renamed).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(renamed.details).toContain('has the key "named", which never changes');
  });

  it('must be there', async () => {
    expect(await failureOf(stand.admin.setFlag({}))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'flag is missing; give at least flag.key',
    });
  });

  it('is changed only at the version that is expected; the refusal tells what is there now', async () => {
    const create = { flag: { key: 'versioned' }, expectedVersion: 0 };
    expect((await stand.admin.setFlag(create)).flag?.version).toBe(1);
    const again = await failureOf(stand.admin.setFlag(create));
    expect(again).toMatchObject({ code: status.ABORTED });
    expect(again.details).toContain('is at version 1 now');
    await stand.admin.setFlag({ flag: { key: 'versioned', owner: 'a' }, expectedVersion: 1 });
    const stale = await failureOf(stand.admin.setFlag({ flag: { key: 'versioned', owner: 'b' }, expectedVersion: 1 }));
    expect(stale).toMatchObject({ code: status.ABORTED });
    expect(stale.details).toBe(
      'expected version 1 of the flag "versioned", but it is at version 2 now; look, and try again',
    );
    const { flag: present } = await stand.admin.getFlag({ flag: 'versioned' });
    expect(conflictOf(stale)).toEqual({
      ...{ expectedVersion: 1, presentVersion: 2 },
      present: { $case: 'flag', value: present },
    });
    const missing = await failureOf(stand.admin.setFlag({ flag: { key: 'not-there' }, expectedVersion: 3 }));
    expect(missing).toMatchObject({ code: status.ABORTED });
    expect(missing.details).toContain('does not exist');
    expect(conflictOf(missing)).toEqual({ expectedVersion: 3, presentVersion: 0, present: undefined });
    const large = { key: 'large', description: 'x'.repeat(9_000) };
    await stand.admin.setFlag({ flag: large });
    const refused = await failureOf(stand.admin.setFlag({ flag: large, expectedVersion: 9 }));
    expect(refused).toMatchObject({ code: status.ABORTED, details: expect.stringContaining('is at version 1 now') });
    expect(conflictOf(refused)).toEqual({ expectedVersion: 9, presentVersion: 1, present: undefined });
  });
});

describe('access rows', () => {
  const { ALLOW, DENY } = AccessRow_Effect;
  const flag = { key: 'rows' };
  const row = (userId: string, effect?: AccessRow_Effect, enabled?: boolean) => ({ userId, effect, enabled });
  const held = async (): Promise<AccessRow[]> => (await stand.admin.listAccess({ flag: 'rows' })).access;

  it('are written only over what the call was made on; the refusal tells what is there now', async () => {
    await stand.admin.setFlag({ flag, access: [row('ada', ALLOW), row('grace', DENY), row('linus', ALLOW)] });
    const before = await held();
    const made = {
      ...{ flag, access: [row('ada', DENY), row('grace', ALLOW), row('mary', ALLOW)], removeAccess: [row('linus')] },
      expectedAccess: [row('ada', ALLOW), row('linus', ALLOW, true)],
      expectedAbsent: [row('grace'), row('mary')],
    };
    const refused = await failureOf(stand.admin.setFlag(made));
    expect(refused).toMatchObject({
      code: status.ABORTED,
      details:
        'access rows of the flag "rows" have changed meanwhile: that of {"user_id":"grace"} is DENY now; look, and try again',
    });
    expect(detailsOf(refused)['latchkey.v1.AccessConflict']).toMatchObject({
      present: [{ userId: 'grace', effect: DENY, enabled: true }],
      absent: [],
    });
    expect(await held()).toEqual(before);
    await stand.admin.setFlag({ flag, access: [row('linus', ALLOW, false)], removeAccess: [row('ada')] });
    const both = await failureOf(stand.admin.setFlag(made));
    expect(both.details).toContain('{"user_id":"linus"} is ALLOW, not enabled, now, and 2 more have changed');
    expect(detailsOf(both)['latchkey.v1.AccessConflict']).toMatchObject({
      present: [{ userId: 'linus' }, { userId: 'grace' }],
      absent: [{ userId: 'ada', effect: ALLOW }],
    });
    const seen = { expectedAccess: [row('grace', DENY), row('linus', ALLOW, false)], expectedAbsent: [row('ada')] };
    await stand.admin.setFlag({ ...made, ...seen });
    const after = await held();
    expect(after).toMatchObject([
      { userId: 'ada', effect: DENY },
      { userId: 'grace', effect: ALLOW },
      { userId: 'mary', effect: ALLOW },
    ]);
    // Whoever has not had the answer asks once more: all is as the call would have it.
    await stand.admin.setFlag({ ...made, ...seen });
    expect(await held()).toEqual(after);
  });

  it('that are expected are among those that the call names', async () => {
    const other = await failureOf(stand.admin.setFlag({ flag, access: [row('ada')], expectedAccess: [row('grace')] }));
    expect(other).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(detailsOf(other)['google.rpc.BadRequest']).toMatchObject({
      fieldViolations: [{ field: '/expected_access/0' }],
    });
    const twice = await failureOf(
      stand.admin.setFlag({ flag, access: [row('ada')], expectedAccess: [row('ada')], expectedAbsent: [row('ada')] }),
    );
    expect(twice).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('twice') });
  });
});

describe('what cannot be stored', () => {
  const leaf = (over: object) => ({ all: [{ fact: 'emailVerified', operator: 'equal', value: true, ...over }] });
  const deep = (depth: number): object => (depth === 0 ? leaf({}) : { all: [deep(depth - 1)] });

  it.each<[string, object, RegExp]>([
    ['an unknown fact', leaf({ fact: 'emailVerifed' }), /\/rules\/0\/conditions\/all\/0\/fact: .*"emailVerifed"/],
    ['an unknown operator', leaf({ operator: 'eq' }), /\/rules\/0\/conditions\/all\/0\/operator: .*"eq"/],
    ['an unknown segment', { condition: 'nowhere' }, /\/rules\/0\/conditions.*"nowhere"/],
    ['a node of two kinds', { ...leaf({}), any: [] }, /\/rules\/0\/conditions/],
    ['an unknown member', leaf({ vaule: 1 }), /vaule/],
    ['a value of the wrong type', leaf({ fact: 'role', operator: 'in', value: 'admin' }), /\/value/],
    ['conditions too deep', deep(12), /more than 10 groups/],
    ['conditions too large', { any: Array(201).fill(leaf({}).all[0]) }, /200/],
    [
      'a JSONPath with a script',
      leaf({ fact: 'attribute', path: '$..[?(@.constructor.constructor("return process")())]' }),
      /\/rules\/0\/conditions\/all\/0\/path/,
    ],
    ['a circle through itself', leaf({ fact: 'unlocked', params: { flag: 'broken' } }), /circle|broken/],
    ['a fact named __proto__', leaf({ fact: '__proto__' }), /__proto__/],
    ['an operator named constructor', leaf({ operator: 'constructor' }), /constructor/],
  ])('%s is INVALID_ARGUMENT and points to it', async (_what, conditions, expected) => {
    const rules = [{ conditions: conditions as Record<string, unknown>, policy: Rule_Policy.LATCHING }];
    const error = await failureOf(stand.admin.setFlag({ flag: { key: 'broken', rules } }));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringMatching(expected) });
    expect(await failureOf(stand.admin.getFlag({ flag: 'broken' }))).toMatchObject({ code: status.NOT_FOUND });
  });

  it('circles through prerequisites and segments', async () => {
    await stand.admin.setFlag({ flag: { key: 'first' } });
    await stand.admin.setFlag({ flag: { key: 'second', prerequisites: [{ flagKey: 'first' }] } });
    const circle = await failureOf(
      stand.admin.setFlag({ flag: { key: 'first', prerequisites: [{ flagKey: 'second' }] } }),
    );
    expect(circle).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringMatching(/first.*second/) });

    await stand.admin.setSegment({ segment: { key: 'one', conditions: leaf({}) } });
    await stand.admin.setSegment({ segment: { key: 'two', conditions: { condition: 'one' } } });
    const loop = await failureOf(stand.admin.setSegment({ segment: { key: 'one', conditions: { condition: 'two' } } }));
    expect(loop).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringMatching(/one.*two/) });
  });

  it.each([
    [{ type: 9 as FeatureFlag_Type }, 'type 9 is none of: BOOLEAN, STRING, NUMBER, JSON'],
    [{ rules: [{ policy: 7 as Rule_Policy }] }, 'rules/0/policy 7 is none of: LIVE, LATCHING'],
    [{ rules: [{ earnedBy: 7 as Rule_EarnedBy }] }, 'rules/0/earned_by 7 is none of: USER, ORGANIZATION'],
    [{ rules: [{ rollout: 100_001 }] }, '/rules/0/rollout: '],
    [{ rules: [{ bucketBy: 'moon' }] }, '/rules/0/bucket_by: '],
    [{ type: FeatureFlag_Type.NUMBER, variants: [{ key: 'on', value: 'x' }] }, '/variants/0/value: '],
    [{ variants: [{ key: 'on' }] }, 'the variant "on" has no value'],
    [{ offVariant: 'gone' }, '/off_variant: '],
    [{ startsAt: new Date(2000), endsAt: new Date(1000) }, '/ends_at: '],
    [{ tags: ['x '] }, '/tags/0: '],
  ])('%j', async (fields, message) => {
    const error = await failureOf(stand.admin.setFlag({ flag: { key: 'broken', ...fields } }));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining(message) });
  });

  it.each([[''], ['a b'], ['reports '], [' reports'], ['flg_x'], ['x'.repeat(129)], ['__proto__'], ['a/b'], ['é']])(
    'the key %j',
    async (key) => {
      const refused = await failureOf(stand.admin.setFlag({ flag: { key } }));
      expect(refused).toMatchObject({ code: status.INVALID_ARGUMENT });
      // To ask about it is no fault: there is no such flag.
      expect(await stand.admin.evaluate({ flagKey: key })).toMatchObject({
        flagKey: key.slice(0, 128),
        enabled: false,
        reason: Reason.REASON_FLAG_NOT_FOUND,
      });
    },
  );

  it('too many rows, or a comment that is too long', async () => {
    const access = Array.from({ length: 1001 }, (_, i) => ({ userId: `u${i}` }));
    for (const over of [{ access }, { comment: 'x'.repeat(1001) }]) {
      expect(await failureOf(stand.admin.setFlag({ flag: { key: 'fresh' }, ...over }))).toMatchObject({
        code: status.INVALID_ARGUMENT,
      });
    }
  });

  it('a row that names nobody, or two', async () => {
    for (const row of [{}, { userId: 'u', role: 'r' }, { userId: 'u', role: 'r', organizationId: 'o' }]) {
      expect(await failureOf(stand.admin.setFlag({ flag: { key: 'fresh' }, access: [row] }))).toMatchObject({
        code: status.INVALID_ARGUMENT,
      });
    }
    // A row that is put may say where its user is expected; which row is removed does not go by it.
    const removeAccess = [{ userId: 'u', organizationId: 'o' }];
    expect(await failureOf(stand.admin.setFlag({ flag: { key: 'fresh' }, removeAccess }))).toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });
});
