import { pointerStep, pointerSteps } from '../values/json.js';
import { type ConditionNode, type ConditionTree, isGroup } from './condition-tree.js';

/** A place in conditions: a node, and what of it. */
export interface ConditionPlace {
  /** The id of the node. */
  readonly node: string;
  /** A JSON pointer into the node: `/operator`, `/value/params/action`; '' for all of it. */
  readonly rest: string;
}

/** The JSON pointer of each node, by its id, relative to the conditions: '' for the root, `/all/0/not`. */
export function pointersOf(tree: ConditionTree): ReadonlyMap<string, string> {
  const pointers = new Map<string, string>();
  const add = (node: ConditionNode, pointer: string): void => {
    pointers.set(node.id, pointer);
    if (node.kind === 'not') add(node.children[0]!, `${pointer}/not`);
    else node.children.forEach((child, i) => void add(child, `${pointer}/${node.kind}/${i}`));
  };
  add(tree.root, '');
  return pointers;
}

/** The innermost node that a JSON pointer leads to, or into. One that leads nowhere ends where it leaves the tree. */
export function placeAt(tree: ConditionTree, pointer: string): ConditionPlace {
  const steps = pointerSteps(pointer);
  let node = tree.root;
  let taken = 0;
  for (;;) {
    const [kind, index] = steps.slice(taken);
    const child = kind === node.kind ? childAt(node, index) : undefined;
    if (child === undefined) return { node: node.id, rest: steps.slice(taken).map(pointerStep).join('') };
    taken += node.kind === 'not' ? 1 : 2;
    node = child;
  }
}

function childAt(node: ConditionNode, index: string | undefined): ConditionNode | undefined {
  if (node.kind === 'not') return node.children[0];
  return isGroup(node) && index !== undefined && /^\d+$/.test(index) ? node.children[Number(index)] : undefined;
}
