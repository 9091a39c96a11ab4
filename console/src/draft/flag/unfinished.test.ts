import { describe, expect, it } from '@jest/globals';
import { treeOf } from '../conditions/condition-tree.js';
import { NEW_LEAF } from '../conditions/edit-conditions.js';
import type { JsonObject } from '../values/json.js';
import { newRule } from './flag-content.js';
import { isUnfinished, missingInRule } from './unfinished.js';

const VERIFIED = { fact: 'emailVerified', operator: 'equal', value: true };
const ruleOf = (conditions: JsonObject, bucket_by = 'user') => ({
  ...newRule('new:1'),
  conditions: treeOf(conditions),
  bucket_by,
});

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
    const { value: _value, ...unsaid } = VERIFIED;
    expect(missingInRule(ruleOf({ all: [VERIFIED, unsaid] }))).toBe('value');
    expect(missingInRule(ruleOf({ all: [unsaid, NEW_LEAF] }))).toBe('fact');
    const roles = (value: string[]) => ruleOf({ fact: 'role', operator: 'in', value });
    expect(missingInRule(roles(['']))).toBe('value');
    expect(missingInRule(roles(['', 'admin']))).toBeUndefined();
    expect(missingInRule(roles([]))).toBeUndefined();
  });

  it('is the name of the attribute that it is spread over', () => {
    expect(missingInRule(ruleOf(VERIFIED, 'attribute:'))).toBe('attribute');
    expect(missingInRule(ruleOf(NEW_LEAF, 'attribute:'))).toBe('fact');
  });

  it.each<[string, JsonObject, string]>([
    ['everyone', {}, 'organization'],
    ['a fact that nobody knows', { ...VERIFIED, fact: 'x' }, 'attribute:team'],
    ['an empty value', { ...VERIFIED, value: '' }, ''],
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
