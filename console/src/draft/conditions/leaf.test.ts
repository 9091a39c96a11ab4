import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../values/json.js';
import { jsonOfTree, treeOf } from './condition-tree.js';
import { editConditions } from './edit-conditions.js';
import { leafOf, type Members, toFact, toOperator, toParam, toValue } from './leaf.js';

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
});
