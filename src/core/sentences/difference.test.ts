import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arbitraryConditions } from '../conditions/testing/arbitrary-conditions.js';
import type { AccessRow, Flag, Rule } from '../flags/flag.js';
import { flagOf, rowOf, ruleOf } from '../testing/samples.js';
import { type JsonValue, sameJson } from '../values/json.js';
import { conditionsDifferences } from './conditions-difference.js';
import {
  describeDifference,
  describeRolesDifference,
  describeRowsDifference,
  describeSegmentDifference,
  describeStagesDifference,
} from './difference.js';

const weights = fc.uniqueArray(
  fc.record({ variant: fc.constantFrom('on', 'off', 'dark'), weight: fc.integer({ min: 0, max: 3 }) }),
  { maxLength: 3, selector: ({ variant }) => variant },
);

const rule: fc.Arbitrary<Rule> = fc
  .record({
    id: fc.constantFrom('r1', 'r2', 'r3'),
    name: fc.constantFrom('', 'one', 'two'),
    conditions: arbitraryConditions.map(({ conditions }) => conditions),
    policy: fc.constantFrom('LIVE' as const, 'LATCHING' as const),
    earnedBy: fc.constantFrom('USER' as const, 'ORGANIZATION' as const),
    rolloutPer100k: fc.constantFrom(0, 5_000, 100_000),
    bucketBy: fc.constantFrom('user' as const, 'organization' as const, 'attribute:team' as const),
    distribution: weights,
    relock: fc.boolean(),
  })
  .map(({ relock, ...given }) => ruleOf(given.id, { ...given, ...(relock ? { onReversal: 'RELOCK' as const } : {}) }));

/** Flags by what people decide of them: each field often stays as it is. */
const flag: fc.Arbitrary<Flag> = fc
  .record(
    {
      name: fc.constantFrom('Reports', 'All reports'),
      description: fc.constantFrom('', 'Every report'),
      active: fc.boolean(),
      isEnabledGlobally: fc.boolean(),
      type: fc.constantFrom('BOOLEAN' as const, 'JSON' as const),
      variants: fc.uniqueArray(
        fc.record({
          key: fc.constantFrom('on', 'off', 'dark'),
          value: fc.constantFrom<JsonValue>(true, false, 'a', { b: [] }),
        }),
        { selector: ({ key }) => key },
      ),
      offVariant: fc.constantFrom('off', 'dark'),
      distribution: weights,
      rules: fc.uniqueArray(rule, { maxLength: 3, selector: ({ id }) => id }),
      prerequisites: fc.uniqueArray(
        fc.record({ flagKey: fc.constantFrom('basics', 'more'), variant: fc.constantFrom('', 'dark') }),
        { maxLength: 2, selector: ({ flagKey }) => flagKey },
      ),
      startsAt: fc.constantFrom(0, 1_798_761_600_000),
      endsAt: fc.constantFrom(1_798_761_600_000, 1_898_761_600_000),
      tags: fc.uniqueArray(fc.constantFrom('beta', 'reports'), { maxLength: 2 }),
      owner: fc.constantFrom('', 'ada'),
      delegated: fc.boolean(),
      clientVisible: fc.boolean(),
      archived: fc.boolean(),
      bucketing: fc.constantFrom(1, 2),
    },
    { requiredKeys: [] },
  )
  .map((given) => flagOf('reports', given));

function sameContent(one: Flag, other: Flag): boolean {
  return sameJson(JSON.parse(JSON.stringify(one)) as JsonValue, JSON.parse(JSON.stringify(other)) as JsonValue);
}

describe('describeDifference', () => {
  it('says something exactly where something differs', () => {
    fc.assert(
      fc.property(flag, flag, (before, after) => {
        const found = describeDifference(before, after);
        expect(found.length === 0).toBe(sameContent(before, after));
        for (const { text } of found) expect(text).not.toMatch(/undefined|\[object|^$/);
        expect(describeDifference(after, after)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('tells of every single field', () => {
    const { name, description, ...rest } = flagOf('reports');
    const others: Partial<Flag> = { name: 'x', description: 'x', active: false, isEnabledGlobally: true, type: 'JSON' };
    const more: Partial<Flag> = { offVariant: 'x', tags: ['x'], owner: 'x', delegated: true, clientVisible: false };
    const last: Partial<Flag> = {
      archived: true,
      bucketing: 1,
      startsAt: 1,
      endsAt: 1,
      distribution: [{ variant: 'on', weight: 1 }],
    };
    for (const [field, value] of Object.entries({ ...others, ...more, ...last })) {
      const before = { name, description, ...rest };
      expect([field, describeDifference(before, { ...before, [field]: value }).length]).toEqual([field, 1]);
    }
  });

  it('says that a flag is new, or gone, or another one of the key', () => {
    const one = flagOf('reports');
    expect(describeDifference(undefined, one).map(({ text }) => text)).toEqual(['the flag is new']);
    expect(describeDifference(one, undefined).map(({ text }) => text)).toEqual(['the flag is gone']);
    expect(describeDifference(one, { ...one, id: 'flg_x' }).map(({ text }) => text)).toEqual([
      'another flag has the key',
    ]);
  });
});

describe('conditionsDifferences', () => {
  it('says something exactly where the JSON differs', () => {
    const options = { of: 'people', pointerBase: '/conditions' } as const;
    fc.assert(
      fc.property(arbitraryConditions, arbitraryConditions, ({ conditions: one }, { conditions: other }) => {
        expect(conditionsDifferences(one, other, options).length === 0).toBe(sameJson(one, other));
      }),
    );
  });
});

describe('differences of others', () => {
  it('tells those of segments', () => {
    const verified = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };
    const before = { name: 'Known', conditions: verified };
    expect(texts(describeSegmentDifference(before, { name: 'All', conditions: {} }))).toEqual([
      'is called "All" instead of "Known"',
      'is for everyone instead of everyone who has verified their e-mail address',
    ]);
    expect(texts(describeSegmentDifference(undefined, before))).toEqual(['the segment is new']);
  });

  it('tells those of stages', () => {
    const [signup, done] = [
      { name: 'signup', selfSettable: true },
      { name: 'done', selfSettable: false },
    ];
    expect(texts(describeStagesDifference([signup!, done!], [done!, signup!]))).toEqual([
      'the stages are in another order',
    ]);
    expect(texts(describeStagesDifference([signup!], [{ ...signup!, selfSettable: false }, done!]))).toEqual([
      'the stage signup is one which people may not reach by themselves',
      'new stage done, which people may not reach by themselves',
    ]);
  });

  it('tells those of roles', () => {
    const lead = { name: 'shift-lead', inherits: ['employee'] };
    expect(texts(describeRolesDifference([lead], [{ ...lead, inherits: ['manager', 'editor'] }]))).toEqual([
      'the role shift-lead inherits manager and editor instead of employee',
    ]);
    expect(texts(describeRolesDifference([lead], []))).toEqual(['the role shift-lead is gone']);
  });

  it('tells those of access rows, which have no order', () => {
    const rows: readonly AccessRow[] = [
      rowOf('a', { role: 'manager', organizationId: 'acme' }),
      rowOf('a', { userId: 'ada' }),
    ];
    expect(describeRowsDifference(rows, rows.toReversed())).toEqual([]);
    expect(
      texts(
        describeRowsDifference(rows, [
          { ...rows[1]!, effect: 'DENY' },
          rowOf('a', { organizationId: 'acme', managedBy: 'acme' }),
        ]),
      ),
    ).toEqual([
      'denied for the user "ada" (before: allowed for)',
      'allowed for the organization acme by the organization acme',
      'no longer allowed for the role manager in the organization acme',
    ]);
  });

  function texts(found: readonly { readonly text: string }[]): readonly string[] {
    return found.map(({ text }) => text);
  }
});
