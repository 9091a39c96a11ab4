import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arbitraryConditions, arbitraryEdit } from '../testing/arbitrary-draft.js';
import { editPlain } from '../testing/plain-conditions.js';
import { type JsonObject, type JsonValue, pointerSteps } from '../values/json.js';
import { pointersOf } from './condition-pointers.js';
import { type ConditionNode, type ConditionTree, jsonOfTree, nodesOf, treeOf } from './condition-tree.js';
import { type ConditionEdit, editConditions, NEW_LEAF, rowsOf } from './edit-conditions.js';

const text = (json: unknown): string => JSON.stringify(json);

/** A tree without the names of its nodes. */
const shape = ({ kind, own, children }: ConditionNode): unknown => [kind, text(own), children.map(shape)];

/** The steps to a node; those into lists are numbers. */
function stepsTo(tree: ConditionTree, id: string): readonly (string | number)[] {
  const steps = pointerSteps(pointersOf(tree).get(id)!);
  return steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

describe('edits of conditions', () => {
  it('do to the tree what is done to the JSON by hand, whatever comes after what', () => {
    fc.assert(
      fc.property(arbitraryConditions, fc.array(arbitraryEdit, { minLength: 1, maxLength: 12 }), (json, picks) => {
        let tree = treeOf(json);
        let model: unknown = json;
        for (const pick of picks) {
          const edit = pick(tree);
          if (edit.at !== 'nowhere') model = editPlain(model, stepsTo(tree, edit.at), edit);
          const edited = editConditions(tree, edit);
          tree = edited.tree;
          const nodes = nodesOf(tree.root);
          expect(text(jsonOfTree(tree))).toBe(text(model));
          expect(shape(tree.root)).toEqual(shape(treeOf(model as JsonValue).root));
          expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
          expect(nodes.map(({ id }) => id)).toContain(edited.selected);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keep the names of nodes that they do not concern', () => {
    fc.assert(
      fc.property(arbitraryConditions, arbitraryEdit, (json, pick) => {
        const tree = treeOf(json);
        const edit = pick(tree);
        fc.pre(['up', 'down', 'group', 'insert'].includes(edit.kind) && edit.at !== 'nowhere');
        const after = new Set(nodesOf(editConditions(tree, edit).tree.root).map(({ id }) => id));
        const gone = nodesOf(tree.root).filter(({ id, kind }) => kind !== 'everyone' && !after.has(id));
        // What stands one deeper than before may be too deep to be drawn.
        expect(gone.length === 0 || edit.kind === 'insert').toBe(true);
      }),
    );
  });

  const a: JsonObject = { condition: 'a' };
  const b: JsonObject = { condition: 'b' };
  const c: JsonObject = { condition: 'c' };
  type Case = [string, JsonValue, string, Edit, JsonValue, string];
  type Edit = ConditionEdit extends infer E ? (E extends { at: string } ? Omit<E, 'at'> : never) : never;
  it.each<Case>([
    [
      'Enter: a comparison behind',
      { all: [a, b] },
      '/all/0',
      { kind: 'insert', json: NEW_LEAF },
      { all: [a, NEW_LEAF, b] },
      '/all/1',
    ],
    ['Enter on the first: a group begins', {}, '', { kind: 'insert', json: a }, { all: [a] }, '/all/0'],
    [
      'Enter within a not: behind it',
      { any: [{ not: a }, b] },
      '/any/0/not',
      { kind: 'insert', json: c },
      { any: [{ not: a }, c, b] },
      '/any/1',
    ],
    [
      'Tab: into the group before',
      { all: [{ any: [a] }, b] },
      '/all/1',
      { kind: 'indent' },
      { all: [{ any: [a, b] }] },
      '/all/0/any/1',
    ],
    [
      'Tab: into a denied group, too',
      { all: [{ not: { any: [a] } }, b] },
      '/all/1',
      { kind: 'indent' },
      { all: [{ not: { any: [a, b] } }] },
      '/all/0/not/any/1',
    ],
    [
      'Tab: into a group that changes nothing',
      { all: [a, b] },
      '/all/1',
      { kind: 'indent' },
      { all: [a, { any: [b] }] },
      '/all/1/any/0',
    ],
    [
      'Shift+Tab: behind the group',
      { all: [{ any: [a, b] }, c] },
      '/all/0/any/0',
      { kind: 'outdent' },
      { all: [{ any: [b] }, a, c] },
      '/all/1',
    ],
    [
      'Shift+Tab: leaves no empty group',
      { all: [{ not: { any: [a] } }, c] },
      '/all/0/not/any/0',
      { kind: 'outdent' },
      { all: [a, c] },
      '/all/0',
    ],
    ['Del: the next is selected', { all: [a, b, c] }, '/all/1', { kind: 'remove' }, { all: [a, c] }, '/all/1'],
    [
      'Del: the one before where it was the last',
      { all: [a, { not: b }, c] },
      '/all/2',
      { kind: 'remove' },
      { all: [a, { not: b }] },
      '/all/1/not',
    ],
    [
      'Del: no group is left that holds for everyone',
      { any: [{ all: [a] }, b] },
      '/any/0/all/0',
      { kind: 'remove' },
      { any: [b] },
      '/any/0',
    ],
    ['Del: nothing is left', { not: { all: [a] } }, '/not/all/0', { kind: 'remove' }, {}, ''],
    [
      'not: and not again',
      { all: [{ not: a, name: 'Not A' }] },
      '/all/0/not',
      { kind: 'negate' },
      { all: [{ ...a, name: 'Not A' }] },
      '/all/0',
    ],
    ['paste: all of many', { all: [a] }, '/all/0', { kind: 'paste', json: [b, c] }, { all: [a, b, c] }, '/all/2'],
    ['paste: into nothing', {}, '', { kind: 'paste', json: { any: [a] } }, { any: [a] }, ''],
    [
      'all becomes any where it stands',
      { name: 'x', all: [a], priority: 1 },
      '',
      { kind: 'group', group: 'any' },
      { name: 'x', any: [a], priority: 1 },
      '',
    ],
    [
      'a change keeps the order',
      { all: [{ value: 1, fact: 'f', operator: 'o' }] },
      '/all/0',
      { kind: 'change', members: { fact: 'g' } },
      { all: [{ value: 1, fact: 'g', operator: 'o' }] },
      '/all/0',
    ],
  ])('%s', (_name, json, at, edit, after, selected) => {
    const tree = treeOf(json);
    const id = [...pointersOf(tree)].find(([, pointer]) => pointer === at)![0];
    const edited = editConditions(tree, { ...edit, at: id } as ConditionEdit);
    expect(text(jsonOfTree(edited.tree))).toBe(text(after));
    expect(pointersOf(edited.tree).get(edited.selected)).toBe(selected);
  });

  it('are of rows: a not is a mark on what it denies', () => {
    expect(rowsOf(treeOf({ not: { all: [a, { not: b }] } })).map(({ kind }) => kind)).toEqual([
      'all',
      'segment',
      'segment',
    ]);
  });
});
