import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseFlag } from '../../../../src/core/flags/parse-flag.js';
import { validateFlag } from '../../../../src/core/snapshot/checking/validate-configuration.js';
import { snapshotOf } from '../../../../src/core/testing/samples.js';
import { jsonOfTree, treeOf } from '../conditions/condition-tree.js';
import { NEW_LEAF } from '../conditions/edit-conditions.js';
import { arbitraryConditions } from '../testing/arbitrary-draft.js';
import type { JsonObject } from '../values/json.js';
import { type DraftRule, newRule } from './flag-content.js';
import { isUnfinished, missingInRule } from './unfinished.js';

const VERIFIED = { fact: 'emailVerified', operator: 'equal', value: true };
const { value: _value, ...WITHOUT_VALUE } = VERIFIED;
const ruleOf = (conditions: JsonObject, bucket_by = 'user') => ({
  ...newRule('new:1'),
  conditions: treeOf(conditions),
  bucket_by,
});

/** What the server refuses of a flag with that rule. */
function faultsOf({ conditions, bucket_by: bucketBy }: DraftRule): readonly unknown[] {
  const rules = [{ conditions: jsonOfTree(conditions) as JsonObject, bucketBy }];
  const { flag, faults } = parseFlag({
    key: 'reports',
    input: { rules },
    existing: undefined,
    relock: false,
    now: 0,
    newId: (prefix) => `${prefix}_1`,
  });
  return [...faults, ...validateFlag(flag, snapshotOf([])).faults];
}

describe('what is missing in a rule', () => {
  it.each<[string, JsonObject]>([
    ['alone', NEW_LEAF],
    ['among others', { all: [VERIFIED, NEW_LEAF] }],
    ['denied, in a group of a group', { all: [VERIFIED, { any: [{ not: NEW_LEAF }] }] }],
    ['to compare with', { ...VERIFIED, value: { fact: '' } }],
  ])('is a fact that nobody has chosen: %s', (_where, conditions) => {
    expect(missingInRule(ruleOf(conditions))).toBe('fact');
  });

  it('is what a fact is compared with, once that is chosen', () => {
    expect(missingInRule(ruleOf({ all: [VERIFIED, WITHOUT_VALUE] }))).toBe('value');
    expect(missingInRule(ruleOf({ all: [WITHOUT_VALUE, NEW_LEAF] }))).toBe('fact');
  });

  it('is the name of the attribute that it is spread over', () => {
    expect(missingInRule(ruleOf(VERIFIED, 'attribute:'))).toBe('attribute');
    expect(missingInRule(ruleOf(NEW_LEAF, 'attribute:'))).toBe('fact');
  });

  it('is refused by the server, so that saving it takes the flag from nobody', () => {
    // What cannot be said in a condition that is fine otherwise, and whatever else conditions may hold.
    const lists = fc.array(fc.constantFrom('', 'created'), { maxLength: 2 });
    const plain = lists.map((value) => ({ fact: 'stage', operator: 'in', value }));
    const unsaid = fc.constantFrom<JsonObject>(NEW_LEAF, { ...VERIFIED, value: { fact: '' } }, WITHOUT_VALUE);
    const conditions = fc.oneof(
      // By itself it would be refused for that.
      plain.map((leaf) => ({ all: [leaf] })),
      fc.tuple(plain, unsaid).map((any) => ({ any })),
      arbitraryConditions as fc.Arbitrary<JsonObject>,
    );
    const ofEachKind = new Map<unknown, number>();
    fc.assert(
      fc.property(conditions, fc.constantFrom('user', 'attribute:'), (json, bucketBy) => {
        const rule = ruleOf(json, bucketBy);
        const missing = missingInRule(rule);
        ofEachKind.set(missing, (ofEachKind.get(missing) ?? 0) + 1);
        if (missing !== undefined) expect(faultsOf(rule)).not.toEqual([]);
      }),
    );
    expect([...ofEachKind.keys()].sort()).toEqual(['attribute', 'fact', 'value', undefined]);
    // It is refused for that, and for nothing else.
    expect(faultsOf(ruleOf({ all: [VERIFIED] }))).toEqual([]);
  });

  it.each<[string, JsonObject, string]>([
    ['everyone', {}, 'organization'],
    ['a fact that nobody knows', { ...VERIFIED, fact: 'x' }, 'attribute:team'],
    ['an empty value', { ...VERIFIED, value: '' }, ''],
    // The server takes it: then nobody is in it, and whoever was loses the flag.
    ['a list of an empty item', { fact: 'stage', operator: 'in', value: [''] }, 'user'],
    // What cannot be drawn is told of by the server.
    ['no condition', { all: [{ fact: '' }] }, 'user'],
  ])('is nothing: %s', (_what, conditions, bucketBy) => {
    expect(missingInRule(ruleOf(conditions, bucketBy))).toBeUndefined();
  });

  it('is missing in its flag', () => {
    expect(isUnfinished({ rules: [] })).toBe(false);
    expect(isUnfinished({ rules: [ruleOf(VERIFIED)] })).toBe(false);
    expect(isUnfinished({ rules: [ruleOf(VERIFIED), ruleOf(NEW_LEAF)] })).toBe(true);
  });
});
