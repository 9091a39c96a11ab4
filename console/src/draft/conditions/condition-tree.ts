import { isJsonObject, type JsonObject, type JsonValue, ownMember, withMember } from '../values/json.js';

/**
 * What a node is drawn as. `everyone` is the empty object, and stands alone; `opaque` is whatever cannot be drawn, and is shown
 * as the JSON that it is.
 */
export type ConditionKind = 'everyone' | 'all' | 'any' | 'not' | 'segment' | 'leaf' | 'opaque';

/** A group has any number of members. */
export type GroupKind = 'all' | 'any';

/** A node of conditions as they are edited. */
export interface ConditionNode {
  /** Names the node for as long as it is edited; unique within the tree. */
  readonly id: string;
  readonly kind: ConditionKind;
  /**
   * The node's own JSON, with all members in their order, known or not. Where `children` hold a member of it (`all`, `any`,
   * `not`), that stands in its place, empty.
   */
  readonly own: JsonValue;
  /** A group's members; the one condition of `not`; none otherwise. */
  readonly children: readonly ConditionNode[];
}

/** Conditions as they are edited: a tree over the stored JSON, from which {@link jsonOfTree} makes the same JSON again. */
export interface ConditionTree {
  readonly root: ConditionNode;
  /** The number that the next new node is named by. */
  readonly nextId: number;
}

/** How many nodes may stand within one another; what is deeper is opaque. The server takes ten groups. */
export const MAX_DRAWN_DEPTH = 24;

/** The members that every kind of node may have. */
const LABELS = ['name', 'priority'];
const LEAF_KEYS = ['fact', 'operator', 'value'];
const KNOWN_MEMBERS: Readonly<Record<ConditionKind, readonly string[]>> = {
  everyone: [],
  all: ['all', ...LABELS],
  any: ['any', ...LABELS],
  not: ['not', ...LABELS],
  segment: ['condition', ...LABELS],
  leaf: [...LEAF_KEYS, 'params', 'path', 'public', ...LABELS],
  opaque: [],
};

/** Conditions as a tree. Takes any JSON, and loses nothing of it; `before` gives its ids to the nodes that are still there. */
export function treeOf(conditions: JsonValue, before?: ConditionTree): ConditionTree {
  const ids = new NodeIds(before?.nextId ?? 1);
  const root = readNode(conditions, { depth: 0, ids, before: before?.root });
  return { root, nextId: ids.next };
}

/** The JSON of a tree, exactly as it was read but for what was edited. */
export function jsonOfTree(tree: ConditionTree): JsonValue {
  return jsonOf(tree.root);
}

/** The JSON of a node and all below it. */
export function jsonOf({ kind, own, children }: ConditionNode): JsonValue {
  if (kind === 'all' || kind === 'any') return withMember(own as JsonObject, kind, children.map(jsonOf));
  if (kind === 'not') return withMember(own as JsonObject, kind, jsonOf(children[0]!));
  return own;
}

/** Whether a node is a group. */
export function isGroup(node: ConditionNode): node is ConditionNode & { readonly kind: GroupKind } {
  return node.kind === 'all' || node.kind === 'any';
}

/** What people read instead of a node's own words; '' without. */
export function labelOf({ own }: ConditionNode): string {
  const name = isJsonObject(own) ? ownMember(own, 'name') : undefined;
  return typeof name === 'string' ? name : '';
}

/** The members of a node that its kind does not know. They are kept and sent; the server refuses them. */
export function unknownMembers({ kind, own }: ConditionNode): readonly string[] {
  if (kind === 'opaque' || !isJsonObject(own)) return [];
  return Object.keys(own).filter((key) => !KNOWN_MEMBERS[kind].includes(key));
}

/** The nodes from the root to the one of that id, both included; undefined where there is none. */
export function pathTo(root: ConditionNode, id: string): readonly ConditionNode[] | undefined {
  if (root.id === id) return [root];
  for (const child of root.children) {
    const path = pathTo(child, id);
    if (path !== undefined) return [root, ...path];
  }
  return undefined;
}

/** All nodes in the order in which they are drawn: each before what it holds. */
export function nodesOf(root: ConditionNode): readonly ConditionNode[] {
  return [root, ...root.children.flatMap(nodesOf)];
}

/** Gives new nodes their ids. */
export class NodeIds {
  next: number;

  constructor(next: number) {
    this.next = next;
  }

  make(): string {
    this.next += 1;
    return `c${this.next - 1}`;
  }
}

/** How a node is read. */
export interface NodeReading {
  /** How many nodes it stands in. */
  readonly depth: number;
  readonly ids: NodeIds;
  /** What stood there before, whose id it takes over. */
  readonly before?: ConditionNode | undefined;
}

/** Reads a node and all below it. */
export function readNode(json: JsonValue, { depth, ids, before }: NodeReading): ConditionNode {
  const id = before?.id ?? ids.make();
  const kind = kindOf(json, depth);
  const read = (child: JsonValue, i: number): ConditionNode =>
    readNode(child, { depth: depth + 1, ids, before: before?.children[i] });
  if (kind === 'all' || kind === 'any') {
    const object = json as JsonObject;
    const members = object[kind] as readonly JsonValue[];
    return { id, kind, own: withMember(object, kind, []), children: members.map(read) };
  }
  if (kind === 'not') {
    const object = json as JsonObject;
    return { id, kind, own: withMember(object, kind, {}), children: [read(object[kind]!, 0)] };
  }
  return { id, kind, own: json, children: [] };
}

/** What a piece of conditions is drawn as, `depth` nodes below the root. */
export function kindOf(json: JsonValue, depth: number): ConditionKind {
  if (!isJsonObject(json) || !labelsFit(json)) return 'opaque';
  if (Object.keys(json).length === 0) return depth === 0 ? 'everyone' : 'opaque';
  const kinds = (['all', 'any', 'not', 'condition'] as const).filter((key) => Object.hasOwn(json, key));
  const isLeaf = LEAF_KEYS.some((key) => Object.hasOwn(json, key));
  const [kind] = kinds;
  if (isLeaf) return kinds.length === 0 && leafFits(json) ? 'leaf' : 'opaque';
  if (kinds.length !== 1) return 'opaque';
  if (kind === 'condition') return typeof json.condition === 'string' ? 'segment' : 'opaque';
  if (depth >= MAX_DRAWN_DEPTH || (kind !== 'not' && !Array.isArray(json[kind!]))) return 'opaque';
  return kind!;
}

function labelsFit(json: JsonObject): boolean {
  const [name, priority] = [ownMember(json, 'name'), ownMember(json, 'priority')];
  return fits(name, 'string') && fits(priority, 'number');
}

function leafFits(json: JsonObject): boolean {
  const value = ownMember(json, 'value');
  return (
    typeof ownMember(json, 'operator') === 'string' &&
    fits(ownMember(json, 'public'), 'boolean') &&
    readsFact(json) &&
    // What it compares with may be yet to be said.
    (value === undefined || !isJsonObject(value) || readsFact(value))
  );
}

/** Whether something names a fact as a comparison does, on either side. */
function readsFact(json: JsonObject): boolean {
  const params = ownMember(json, 'params');
  const fact = ownMember(json, 'fact');
  return (
    typeof fact === 'string' &&
    (params === undefined || isJsonObject(params)) &&
    fits(ownMember(json, 'path'), 'string')
  );
}

function fits(value: JsonValue | undefined, type: 'string' | 'number' | 'boolean'): boolean {
  return value === undefined || typeof value === type;
}

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
