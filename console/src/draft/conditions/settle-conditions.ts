import { type ConditionNode, jsonOf, kindOf, type NodeIds, readNode } from './condition-tree.js';

/**
 * Draws again what an edit has moved to where it is drawn otherwise: what was too deep, and is no more, or is now; and what means
 * everyone at the root alone. Nodes keep their ids.
 */
export function settle(node: ConditionNode, ids: NodeIds, depth = 0): ConditionNode {
  const json = node.kind === 'opaque' || node.kind === 'everyone' ? node.own : undefined;
  if (json !== undefined)
    return kindOf(json, depth) === node.kind ? node : readNode(json, { depth, ids, before: node });
  if (kindOf(node.own, depth) === node.kind) {
    const children = node.children.map((child) => settle(child, ids, depth + 1));
    const same = children.every((child, i) => child === node.children[i]);
    return same ? node : { ...node, children };
  }
  return { id: node.id, kind: 'opaque', own: jsonOf(node), children: [] };
}
