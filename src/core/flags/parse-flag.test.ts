import { describe, expect, it } from '@jest/globals';
import { fromDay, NOW } from '../testing/samples.js';
import type { Flag, Rule } from './flag.js';
import { type FlagInput, parseFlag } from './parse-flag.js';
import type { RuleInput } from './parse-rules.js';

let made = 0;
const newId = (prefix: string): string => `${prefix}_${++made}`;

function parse(input: FlagInput, existing?: Flag, relock = false) {
  return parseFlag({ key: 'insights', input, existing, now: existing === undefined ? NOW : NOW + 1, newId, relock });
}

function made1(input: FlagInput, existing?: Flag, relock = false): Flag {
  const { flag, faults } = parse(input, existing, relock);
  expect(faults).toEqual([]);
  return flag;
}

function pointers(input: FlagInput, existing?: Flag): readonly string[] {
  return parse(input, existing).faults.map(({ pointer }) => pointer);
}

describe('a new flag', () => {
  it('has a default for all that is left out', () => {
    expect(made1({})).toEqual({
      ...{
        id: expect.stringMatching(/^flg_/),
        key: 'insights',
        name: 'insights',
        description: '',
        owner: '',
        tags: [],
      },
      ...{ active: true, isEnabledGlobally: false, delegated: false, clientVisible: true, archived: false },
      type: 'BOOLEAN',
      variants: [
        { key: 'on', value: true },
        { key: 'off', value: false },
      ],
      ...{ offVariant: 'off', distribution: [], rules: [], prerequisites: [] },
      ...{ version: 1, salt: expect.stringMatching(/^slt_/), bucketing: 2, createdAt: NOW, updatedAt: NOW },
    });
  });

  it('has rules with a default for all that is left out', () => {
    const [rule, other] = made1({ rules: [{}, {}] }).rules;
    expect(rule).toEqual({
      ...{ id: expect.stringMatching(/^rul_/), name: '', conditions: {}, policy: 'LIVE', rolloutPer100k: 100_000 },
      ...{ earnedBy: 'USER', bucketBy: 'user', distribution: [], version: 1, ledgerFloor: 0, changedAt: NOW },
    });
    expect(other!.id).not.toBe(rule!.id);
  });

  it('takes what is given, false and 0 included', () => {
    const input = {
      ...{ name: 'Insights', description: 'a tab', owner: 'growth', tags: ['tab', 'beta', 'tab'] },
      ...{ active: false, isEnabledGlobally: true, delegated: true, clientVisible: false, archived: true },
      type: 'STRING',
      variants: [
        { key: 'a', value: 'A' },
        { key: 'b', value: '' },
      ],
      ...{ offVariant: 'b', distribution: [{ variant: 'a', weight: 1 }] },
      ...{ startsAt: 0, endsAt: 1 },
      prerequisites: [{ flagKey: 'other' }, { flagKey: 'third', variant: 'on' }],
      rules: [
        { name: 'r', policy: 'LATCHING', rolloutPer100k: 0, bucketBy: 'attribute:device', conditions: fromDay(7) },
      ],
    };
    const flag = made1(input);
    expect(flag).toMatchObject({
      ...{ ...input, tags: ['tab', 'beta'] },
      prerequisites: [
        { flagKey: 'other', variant: '' },
        { flagKey: 'third', variant: 'on' },
      ],
    });
  });
});

describe('a changed flag', () => {
  const flag = made1({
    ...{
      name: 'Insights',
      active: false,
      clientVisible: false,
      startsAt: NOW,
      endsAt: NOW + 5,
      owner: 'growth',
      tags: ['a'],
    },
    rules: [
      { name: 'seventh day', policy: 'LATCHING', rolloutPer100k: 10, conditions: fromDay(7) },
      { name: 'everyone' },
    ],
  });
  const [rule] = flag.rules as [Flag['rules'][number]];
  const changed = (input: RuleInput, relock = false) =>
    made1({ rules: [{ id: rule.id, ...input }] }, flag, relock).rules[0]!;

  it('stays as it is where nothing is said, but for its version and when', () => {
    expect(made1({}, flag)).toEqual({ ...flag, version: 2, updatedAt: NOW + 1 });
  });

  it('keeps its id, salt and creation for ever', () => {
    const { id, salt, createdAt, bucketing } = made1({ name: 'x', rules: [], variants: [] }, { ...flag, bucketing: 1 });
    expect({ id, salt, createdAt, bucketing }).toEqual({ id: flag.id, salt: flag.salt, createdAt: NOW, bucketing: 1 });
  });

  it('has its bucketing until another one is written, by number or as the newest', () => {
    const old = { ...flag, bucketing: 1 };
    const written = [{}, { bucketing: 2 }, { bucketing: null }].map((input) => made1(input, old).bucketing);
    expect([...written, made1({ bucketing: 1 }, flag).bucketing]).toEqual([1, 2, 2, 1]);
    for (const unknown of [0, 3, 1.5, -1]) expect(pointers({ bucketing: unknown }, flag)).toEqual(['/bucketing']);
  });

  it('loses its window when it is cleared', () => {
    const cleared = made1({ startsAt: null, endsAt: null }, flag);
    expect([Object.hasOwn(cleared, 'startsAt'), Object.hasOwn(cleared, 'endsAt')]).toEqual([false, false]);
  });

  it('keeps what a rule named by its id leaves out', () => {
    expect(changed({})).toEqual(rule);
  });

  it('makes a new rule of one that is none of its own, and drops those not named', () => {
    const rules = made1({ rules: [{ name: 'new', conditions: fromDay(1) }, { id: rule.id }] }, flag).rules;
    expect(rules.map(({ name }) => name)).toEqual(['new', 'seventh day']);
    expect(flag.rules.map(({ id }) => id)).not.toContain(rules[0]!.id);
  });

  it.each<[string, RuleInput]>([
    ['conditions', { conditions: fromDay(8) }],
    ['a raised rollout', { rolloutPer100k: 20 }],
    ['a lowered rollout', { rolloutPer100k: 5 }],
    ['what the rollout is spread over', { bucketBy: 'organization' }],
    ['the policy', { policy: 'LIVE' }],
  ])('counts as another version of the rule after a change of %s', (_name, input) => {
    expect(changed(input)).toMatchObject({ id: rule.id, version: 2, ledgerFloor: 0 });
    expect(changed(input, true)).toMatchObject({ id: rule.id, version: 2, ledgerFloor: 2 });
  });

  it.each<[string, RuleInput]>([
    ['its name', { name: 'day seven' }],
    ['its distribution', { distribution: [{ variant: 'on', weight: 1 }] }],
    ['a label within its conditions', { conditions: { ...fromDay(7), name: 'a week' } }],
    [
      'the order of members',
      { conditions: { all: [{ value: 7, operator: 'greaterThanInclusive', fact: 'daysSinceJoin' }] } },
    ],
  ])('keeps the version of the rule after a change of %s, RELOCK or not', (_name, input) => {
    expect(changed(input, true)).toMatchObject({ version: 1, ledgerFloor: 0 });
    expect(JSON.stringify(changed(input, true))).not.toBe(JSON.stringify(rule));
  });

  it('keeps the floor that an earlier RELOCK raised', () => {
    const relocked = made1({ rules: [{ id: rule.id, conditions: fromDay(8) }] }, flag, true);
    const later = made1({ rules: [{ id: rule.id, conditions: fromDay(9) }] }, relocked);
    expect(later.rules[0]).toMatchObject({ version: 3, ledgerFloor: 2 });
  });

  it('remembers of a rule that is removed its version, and what RELOCK has forgotten', () => {
    const latching = made1({
      rules: [{ policy: 'LATCHING' }, { policy: 'LATCHING', name: 'second' }, { name: 'live', conditions: fromDay(1) }],
    });
    const [first, second, live] = latching.rules as [Rule, Rule, Rule];
    const at = (version: number, ledgerFloor: number, ...rules: Rule[]) =>
      rules.map(({ id }) => ({ id, version, ledgerFloor }));
    expect(latching).not.toHaveProperty('removedRules');
    expect(made1({ rules: [] }, latching).removedRules).toEqual(at(1, 0, first, second, live));
    const relocked = made1({ rules: [{ id: second.id }] }, latching, true);
    expect(relocked.removedRules).toEqual([...at(1, 2, first), ...at(1, 0, live)]);
    // Forgotten first, removed later.
    const changedBefore = made1({ rules: [{ id: second.id, rolloutPer100k: 5 }] }, relocked, true);
    expect(made1({ rules: [] }, changedBefore).removedRules).toEqual([
      ...at(1, 2, first),
      ...at(1, 0, live),
      ...at(2, 2, second),
    ]);
    expect(made1({ name: 'other' }, relocked).removedRules).toEqual(relocked.removedRules);
  });

  it('goes on from there where a removed rule is made anew, so that nothing that was forgotten counts again', () => {
    const id = 'beta-testers';
    const latching = made1({ rules: [{ id, name: 'first life', policy: 'LATCHING', conditions: fromDay(7) }] });
    const kept = made1({ rules: [] }, latching);
    const anew = made1({ rules: [{ id, policy: 'LATCHING' }] }, kept).rules[0];
    expect(anew).toMatchObject({ id, name: '', conditions: {}, version: 2, ledgerFloor: 0, changedAt: NOW + 1 });
    const relocked = made1({ rules: [] }, latching, true);
    const after = made1({ rules: [{ id }] }, relocked);
    expect(after).toMatchObject({ rules: [{ id, version: 2, ledgerFloor: 2 }] });
    expect(after).not.toHaveProperty('removedRules');
    expect(made1({ rules: [{ id }] }, kept, true).rules[0]).toMatchObject({ version: 2, ledgerFloor: 2 });
    const servers = made1({ rules: [{ conditions: fromDay(7) }] });
    const back = made1({ rules: servers.rules }, made1({ rules: [] }, servers));
    expect(back.rules).toMatchObject([{ id: servers.rules[0]!.id, version: 2 }]);
  });

  it('forgets the oldest of very many removed rules, but none that somebody chose or that counts', () => {
    const removedRules = [
      { id: 'chosen', version: 1, ledgerFloor: 0 },
      { id: 'rul_forgotten', version: 1, ledgerFloor: 2 },
      ...Array.from({ length: 198 }, (_, i) => ({ id: `rul_old${i}`, version: 1, ledgerFloor: 0 })),
    ];
    const after = made1({ rules: [{ conditions: fromDay(1) }] }, { ...flag, removedRules });
    const ids = after.removedRules!.map(({ id }) => id);
    expect(ids).toHaveLength(200);
    expect(ids.slice(0, 3)).toEqual(['chosen', 'rul_forgotten', 'rul_old2']);
    expect(ids.slice(-2)).toEqual(flag.rules.map(({ id }) => id));
  });

  it('is refused a rule id that it does not have, or has twice', () => {
    expect(pointers({ rules: [{ id: 'rul_none' }] }, flag)).toEqual(['/rules/0/id']);
    expect(pointers({ rules: [{ id: 'rul_none' }] })).toEqual(['/rules/0/id']);
    expect(pointers({ rules: [{ id: rule.id }, { id: rule.id }] }, flag)).toEqual(['/rules/0/id', '/rules/1/id']);
    expect(pointers({ rules: [{ id: 'mine' }, { id: 'mine' }] }, flag)).toEqual(['/rules/0/id', '/rules/1/id']);
  });

  it('takes a rule id of the caller’s choice, as keys are', () => {
    const id = 'Beta.testers-2_';
    const chosen = made1({ rules: [{ id, conditions: fromDay(7) }, {}] }, flag);
    expect(chosen.rules).toMatchObject([
      { id, version: 1, ledgerFloor: 0 },
      { id: expect.stringMatching(/^rul_/), name: '' },
    ]);
    for (const none of ['a b', '-a', '__proto__', 'é', 'x'.repeat(129), 'a/b', ' a']) {
      expect(pointers({ rules: [{ id: none }] }, flag)).toEqual(['/rules/0/id']);
    }
  });
});

describe('the shape of a flag', () => {
  const text = (length: number): string => 'x'.repeat(length);
  const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
  const strings = [
    { key: 'on', value: 'x' },
    { key: 'off', value: '' },
  ];

  it.each<[string, FlagInput, readonly string[]]>([
    ['a name too long', { name: text(256) }, ['/name']],
    ['a description too long', { description: text(10_001) }, ['/description']],
    ['an unknown type', { type: 'TERNARY', variants: strings }, ['/type']],
    ['an owner with a line break', { owner: 'a\nb' }, ['/owner']],
    ['a tag longer than its column', { tags: ['ok', text(192)] }, ['/tags/1']],
    ['an empty tag', { tags: [''] }, ['/tags/0']],
    ['too many tags', { tags: many(101, (i) => `t${i}`) }, ['/tags']],
    [
      'a variant without a key',
      {
        variants: [
          { key: '', value: true },
          { key: 'on', value: true },
          { key: 'off', value: false },
        ],
      },
      ['/variants/0/key'],
    ],
    [
      'a variant twice',
      {
        variants: [
          { key: 'on', value: true },
          { key: 'off', value: false },
          { key: 'on', value: true },
        ],
      },
      ['/variants/2/key'],
    ],
    [
      'a value of another type',
      {
        type: 'NUMBER',
        variants: [
          { key: 'on', value: '1' },
          { key: 'off', value: 0 },
        ],
      },
      ['/variants/0/value'],
    ],
    [
      'a number that is none',
      {
        type: 'NUMBER',
        variants: [
          { key: 'on', value: Infinity },
          { key: 'off', value: 0 },
        ],
      },
      ['/variants/0/value'],
    ],
    [
      'a value of more than 65,536 bytes as JSON, which are not characters',
      {
        type: 'STRING',
        variants: [
          { key: 'on', value: text(65_534) },
          { key: 'off', value: text(65_535) },
          { key: 'more', value: 'é'.repeat(32_768) },
        ],
      },
      ['/variants/1/value', '/variants/2/value'],
    ],
    [
      'a value nested too deep',
      {
        type: 'JSON',
        variants: [
          { key: 'on', value: JSON.parse(`${'['.repeat(9_000)}${']'.repeat(9_000)}`) },
          { key: 'off', value: null },
        ],
      },
      ['/variants/0/value'],
    ],
    ['a type that the variants are not of', { type: 'STRING' }, ['/off_variant', '/variants']],
    ['an off variant that there is not', { offVariant: 'none' }, ['/off_variant']],
    ['no variant to serve', { variants: [{ key: 'off', value: false }] }, ['/variants']],
    [
      'too many variants',
      { variants: many(101, (i) => ({ key: i === 0 ? 'on' : i === 1 ? 'off' : `v${i}`, value: true })) },
      ['/variants'],
    ],
    [
      'a distribution of a variant that there is not',
      { distribution: [{ variant: 'none', weight: 1 }] },
      ['/distribution/0/variant'],
    ],
    ['a negative weight', { distribution: [{ variant: 'on', weight: -1 }] }, ['/distribution/0/weight']],
    ['half a weight', { distribution: [{ variant: 'on', weight: 0.5 }] }, ['/distribution/0/weight']],
    ['a weight too large', { distribution: [{ variant: 'on', weight: 1_000_001 }] }, ['/distribution/0/weight']],
    ['no weight above 0', { distribution: [{ variant: 'on', weight: 0 }] }, ['/distribution']],
    ['too many shares', { distribution: many(101, () => ({ variant: 'on', weight: 1 })) }, ['/distribution']],
    ['an end before the start', { startsAt: NOW, endsAt: NOW - 1 }, ['/ends_at']],
    ['an end at the start', { startsAt: NOW, endsAt: NOW }, ['/ends_at']],
    ['an instant that is none', { startsAt: Number.NaN, endsAt: 8.7e15 }, ['/starts_at', '/ends_at']],
    ['a prerequisite that is no key', { prerequisites: [{ flagKey: 'a b' }] }, ['/prerequisites/0/flag_key']],
    [
      'a prerequisite twice',
      { prerequisites: [{ flagKey: 'a' }, { flagKey: 'a', variant: 'on' }] },
      ['/prerequisites/1/flag_key'],
    ],
    ['too many prerequisites', { prerequisites: many(101, (i) => ({ flagKey: `f${i}` })) }, ['/prerequisites']],
    ['too many rules', { rules: many(101, () => ({})) }, ['/rules']],
    ['a rule name with a control character', { rules: [{}, { name: 'a\tb' }] }, ['/rules/1/name']],
    ['an unknown policy', { rules: [{ policy: 'STICKY' }] }, ['/rules/0/policy']],
    ['a negative rollout', { rules: [{ rolloutPer100k: -1 }] }, ['/rules/0/rollout']],
    ['a rollout over everyone', { rules: [{ rolloutPer100k: 100_001 }] }, ['/rules/0/rollout']],
    ['half a bucket', { rules: [{ rolloutPer100k: 0.5 }] }, ['/rules/0/rollout']],
    ['an unknown thing to spread over', { rules: [{ bucketBy: 'device' }] }, ['/rules/0/bucket_by']],
    ['an attribute without a name', { rules: [{ bucketBy: 'attribute:' }] }, ['/rules/0/bucket_by']],
    ['conditions that are a list', { rules: [{ conditions: [] as never }] }, ['/rules/0/conditions']],
    [
      'a rule’s distribution of what there is not',
      { rules: [{ distribution: [{ variant: 'none', weight: 1 }] }] },
      ['/rules/0/distribution/0/variant'],
    ],
    [
      'several faults',
      { type: 'TERNARY', rules: [{ policy: 'X', rolloutPer100k: -1 }] },
      ['/type', '/rules/0/policy', '/rules/0/rollout', '/off_variant', '/variants'],
    ],
  ])('is refused with %s, by its pointer', (_name, input, expected) => {
    expect([...pointers(input)].sort()).toEqual([...expected].sort());
  });

  it('is refused with a key that is none', () => {
    const { faults } = parseFlag({ key: '__proto__', input: {}, existing: undefined, now: NOW, newId, relock: false });
    expect(faults.map(({ pointer }) => pointer)).toContain('/key');
  });

  it('says what to do, in short', () => {
    for (const { message } of parse({ offVariant: 'x'.repeat(5_000), rules: [{ policy: 'y'.repeat(5_000) }] }).faults) {
      expect(message.length).toBeLessThan(250);
    }
  });
});
