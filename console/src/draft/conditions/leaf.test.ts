import { describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '../values/json.js';
import { jsonOfTree, treeOf } from './condition-tree.js';
import { editConditions } from './edit-conditions.js';
import { leafOf, type Members, toFact, toFitting, toOperator, toParam, toValue } from './leaf.js';

const LEAF: JsonObject = {
  fact: 'actionCount',
  params: { action: 'login', windowDays: 7 },
  operator: 'someFact:not:equal',
  value: { note: 1, fact: 'attribute', path: '$.limit' },
  public: true,
  name: 'Logins',
};
const tree = treeOf({ all: [LEAF] });
const node = tree.root.children[0]!;

function changed(members: Members): unknown {
  const edited = editConditions(tree, { kind: 'change', at: node.id, members });
  return (jsonOfTree(edited.tree) as { all: JsonObject[] }).all[0];
}

describe('a comparison', () => {
  it('is shown by its fields', () => {
    expect(leafOf(node)).toEqual({
      read: { fact: 'actionCount', params: { action: 'login', windowDays: 7 }, path: '' },
      decorators: ['someFact', 'not'],
      operator: 'equal',
      value: { kind: 'fact', read: { fact: 'attribute', params: {}, path: '$.limit' } },
      hasValue: true,
      open: true,
    });
  });

  it('keeps of its params what another fact takes, too', () => {
    const { read } = leafOf(node);
    expect(changed(toFact(read, 'activeDays', ['action'], false))).toEqual({
      ...LEAF,
      fact: 'activeDays',
      params: { action: 'login' },
    });
    const { params: _params, ...without } = LEAF;
    expect(changed(toFact(read, 'role', [], false))).toEqual({ ...without, fact: 'role' });
  });

  it('has each field changed alone', () => {
    const { read, decorators } = leafOf(node);
    expect(changed(toParam(read, 'windowDays', undefined))).toEqual({ ...LEAF, params: { action: 'login' } });
    expect(changed(toParam(read, 'action', 'export'))).toEqual({
      ...LEAF,
      params: { action: 'export', windowDays: 7 },
    });
    expect(changed(toOperator(decorators, 'in'))).toEqual({ ...LEAF, operator: 'someFact:not:in' });
    expect(changed(toValue({ kind: 'constant', value: 3 }))).toEqual({ ...LEAF, value: 3 });
    const other = { kind: 'fact', read: { fact: 'stageIndex', params: {}, path: '' } } as const;
    expect(changed(toValue(other, LEAF.value))).toEqual({ ...LEAF, value: { fact: 'stageIndex', note: 1 } });
  });

  it.each<[JsonValue, string | undefined, string, Members]>([
    [7, 'number', 'equal', {}],
    [7, 'string', 'equal', { value: undefined }],
    ['7', 'number', 'equal', { value: undefined }],
    ['', 'string', 'equal', {}],
    ['', 'boolean', 'equal', { value: undefined }],
    [7, 'any', 'equal', {}],
    [7, undefined, 'equal', {}],
    [7, 'number', 'in', { value: [7] }],
    ['a', 'number', 'in', { value: undefined }],
    [[7], 'number', 'equal', { value: 7 }],
    [[7, 8], 'number', 'equal', { value: undefined }],
    [['a', 'b'], 'string', 'notIn', {}],
    ['a', 'list', 'contains', {}],
  ])('keeps of %j for a fact of the type %s and %s what fits', (value, type, operator, members) => {
    expect(toFitting(value, type, operator)).toEqual(members);
  });

  it('may be yet to say what it compares with', () => {
    const unsaid = editConditions(tree, { kind: 'change', at: node.id, members: { value: undefined } }).tree;
    const [leaf] = unsaid.root.children;
    expect(leafOf(leaf!)).toMatchObject({ hasValue: false, value: { kind: 'constant', value: '' } });
    expect(leafOf(node).hasValue).toBe(true);
  });
});
