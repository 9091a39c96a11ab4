import { isJsonObject, type JsonObject, type JsonValue, withMember, withMemberRenamed } from '../values/json.js';
import {
  type ConditionNode,
  type ConditionTree,
  type GroupKind,
  isGroup,
  jsonOf,
  kindOf,
  NodeIds,
  nodesOf,
  pathTo,
  readNode,
  settle,
} from './condition-tree.js';

/**
 * One edit of conditions; `at` is the id of the node that it is made at. A row is a node with the `not`s around it: it moves and
 * goes as one.
 */
export type ConditionEdit =
  /** Puts a new condition behind the row, or, with `inside`, behind the last member of the group. */
  | { readonly kind: 'insert'; readonly at: string; readonly json: JsonValue; readonly inside?: boolean }
  /** Puts what was copied behind the row; of a list, each of its members. */
  | { readonly kind: 'paste'; readonly at: string; readonly json: JsonValue }
  /** Puts the row into a group of its own. */
  | { readonly kind: 'wrap'; readonly at: string; readonly group: GroupKind }
  /** Puts the row at the end of the group before it; where there is none, into a group of its own of the other kind. */
  | { readonly kind: 'indent'; readonly at: string }
  /** Puts the row behind the group that it stands in. */
  | { readonly kind: 'outdent'; readonly at: string }
  /** Changes places with the row before, or behind, within the group. */
  | { readonly kind: 'up' | 'down'; readonly at: string }
  /** Denies the node, or takes the `not` away that denies it. */
  | { readonly kind: 'negate'; readonly at: string }
  /** Takes the row out, with the groups that become empty by it. */
  | { readonly kind: 'remove'; readonly at: string }
  /** Sets members of the node; undefined takes one out. */
  | { readonly kind: 'change'; readonly at: string; readonly members: Readonly<Record<string, JsonValue | undefined>> }
  /** Makes `all` of a group `any`, or the other way round. */
  | { readonly kind: 'group'; readonly at: string; readonly group: GroupKind }
  /** Puts other JSON in the place of the node. */
  | { readonly kind: 'replace'; readonly at: string; readonly json: JsonValue };

/** A tree after an edit, and the node that the operator is at now. */
export interface EditedConditions {
  readonly tree: ConditionTree;
  readonly selected: string;
}

/**
 * Edits conditions. Total: an edit that means nothing where it is made, or at a node that is not there, changes nothing. What
 * comes of it is drawn as `treeOf` would draw its JSON.
 */
export function editConditions(tree: ConditionTree, edit: ConditionEdit): EditedConditions {
  const path = pathTo(tree.root, edit.at);
  if (path === undefined) return { tree, selected: tree.root.id };
  const ids = new NodeIds(tree.nextId);
  const { root, selected } = make(edit, placeOf(path), ids) ?? { root: tree.root, selected: edit.at };
  if (root === tree.root) return { tree, selected };
  const settled = settle(root, ids);
  const seen = pathTo(root, selected)?.findLast(({ id }) => pathTo(settled, id) !== undefined);
  return { tree: { root: settled, nextId: ids.next }, selected: seen?.id ?? settled.id };
}

/** A new comparison, with nothing chosen yet. */
export const NEW_LEAF: JsonObject = { fact: '', operator: 'equal', value: '' };

interface Made {
  readonly root: ConditionNode;
  readonly selected: string;
}

/** A node with all that stands around it. */
interface Place {
  readonly node: ConditionNode;
  /** From the root to the node, both included. */
  readonly path: readonly ConditionNode[];
  /** The outermost `not` that denies the node, or the node itself. */
  readonly row: ConditionNode;
  /** From the root to the group that the row stands in; empty where the row is the root. */
  readonly above: readonly ConditionNode[];
}

function placeOf(path: readonly ConditionNode[]): Place {
  let at = path.length - 1;
  while (path[at - 1]?.kind === 'not') at -= 1;
  return { node: path.at(-1)!, path, row: path[at]!, above: path.slice(0, at) };
}

function make(edit: ConditionEdit, place: Place, ids: NodeIds): Made | undefined {
  switch (edit.kind) {
    case 'insert':
      return insert(place, [readNode(edit.json, { depth: 1, ids })], edit.inside === true, ids);
    case 'paste':
      return paste(edit.json, place, ids);
    case 'wrap':
      return wrap(edit.group, place, ids);
    case 'indent':
      return indent(place, ids);
    case 'outdent':
      return outdent(place);
    case 'up':
      return move(-1, place);
    case 'down':
      return move(1, place);
    case 'negate':
      return negate(place, ids);
    case 'remove':
      return remove(place, ids);
    case 'change':
      return change(edit.members, place, ids);
    case 'group':
      return regroup(edit.group, place);
    case 'replace':
      return rewrite(edit.json, place, ids);
  }
}

function insert(place: Place, nodes: readonly ConditionNode[], inside: boolean, ids: NodeIds): Made | undefined {
  const { node, row, above, path } = place;
  const selected = nodes.at(-1)?.id;
  if (selected === undefined) return undefined;
  const parent = above.at(-1);
  if (isGroup(node) && (inside || parent === undefined)) {
    return { root: put(path, { ...node, children: [...node.children, ...nodes] }), selected };
  }
  if (parent === undefined) {
    const members = row.kind === 'everyone' ? nodes : [row, ...nodes];
    return { root: groupOf('all', members, ids), selected };
  }
  const behind = parent.children.flatMap((child) => (child === row ? [row, ...nodes] : [child]));
  return { root: put(above, { ...parent, children: behind }), selected };
}

function paste(json: JsonValue, place: Place, ids: NodeIds): Made | undefined {
  const items = Array.isArray(json) ? (json as readonly JsonValue[]) : [json];
  const nodes = items.filter((item) => !isEmpty(item)).map((item) => readNode(item, { depth: 1, ids }));
  const [only] = nodes;
  const becomesAll = place.row.kind === 'everyone' && nodes.length === 1 && only?.kind !== 'leaf';
  return becomesAll ? { root: only!, selected: only!.id } : insert(place, nodes, false, ids);
}

function isEmpty(json: JsonValue): boolean {
  return isJsonObject(json) && Object.keys(json).length === 0;
}

function wrap(group: GroupKind, { node, row, above }: Place, ids: NodeIds): Made | undefined {
  if (row.kind === 'everyone') return undefined;
  const around = groupOf(group, [row], ids);
  return { root: put([...above, row], around), selected: node === row ? around.id : node.id };
}

function indent(place: Place, ids: NodeIds): Made | undefined {
  const { node, row, above } = place;
  const parent = above.at(-1);
  if (parent === undefined) return undefined;
  const before = parent.children[parent.children.indexOf(row) - 1];
  const target = before === undefined ? undefined : deniedBy(before);
  if (target === undefined || !isGroup(target)) {
    const made = wrap(parent.kind === 'all' ? 'any' : 'all', place, ids);
    return made && { ...made, selected: node.id };
  }
  const inside = withinNots(before!, { ...target, children: [...target.children, row] });
  const children = parent.children.flatMap((child) => (child === row ? [] : [child === before ? inside : child]));
  return { root: put(above, { ...parent, children }), selected: node.id };
}

function outdent({ node, row, above }: Place): Made | undefined {
  const parent = above.at(-1);
  if (parent === undefined) return undefined;
  const outer = placeOf(above);
  const target = outer.above.at(-1);
  if (target === undefined) return undefined;
  const left = parent.children.filter((child) => child !== row);
  const rest = left.length === 0 ? [] : [withinNots(outer.row, { ...parent, children: left })];
  const children = target.children.flatMap((child) => (child === outer.row ? [...rest, row] : [child]));
  return { root: put(outer.above, { ...target, children }), selected: node.id };
}

function move(by: -1 | 1, { node, row, above }: Place): Made | undefined {
  const parent = above.at(-1);
  if (parent === undefined) return undefined;
  const from = parent.children.indexOf(row);
  const other = parent.children[from + by];
  if (other === undefined) return undefined;
  const children = parent.children.with(from, other).with(from + by, row);
  return { root: put(above, { ...parent, children }), selected: node.id };
}

function negate({ node, path }: Place, ids: NodeIds): Made | undefined {
  if (node.kind === 'everyone') return undefined;
  const parent = path.at(-2);
  const not = node.kind === 'not' ? node : parent?.kind === 'not' ? parent : undefined;
  if (not === undefined) {
    const around: ConditionNode = { id: ids.make(), kind: 'not', own: { not: {} }, children: [node] };
    return { root: put(path, around), selected: node.id };
  }
  const denied = withLabelsOf(not, not.children[0]!);
  return { root: put(not === node ? path : path.slice(0, -1), denied), selected: denied.id };
}

/** Hands the label and the priority of a `not` that goes over to what it denied, where that has none of its own. */
function withLabelsOf(not: ConditionNode, denied: ConditionNode): ConditionNode {
  if (!isJsonObject(not.own) || !isJsonObject(denied.own) || denied.kind === 'opaque') return denied;
  let own: JsonObject = denied.own;
  for (const label of ['name', 'priority']) {
    if (Object.hasOwn(not.own, label) && !Object.hasOwn(own, label)) own = withMember(own, label, not.own[label]);
  }
  return { ...denied, own };
}

function remove({ row, above }: Place, ids: NodeIds): Made | undefined {
  const parent = above.at(-1);
  if (parent === undefined) {
    if (row.kind === 'everyone') return undefined;
    const everyone: ConditionNode = { id: ids.make(), kind: 'everyone', own: {}, children: [] };
    return { root: everyone, selected: everyone.id };
  }
  const outer = placeOf(above);
  const goes = parent.children.length === 1 && (outer.above.length > 0 || outer.row !== parent);
  if (goes) return remove(outer, ids);
  const at = parent.children.indexOf(row);
  const children = parent.children.toSpliced(at, 1);
  const next = children[at] ?? children[at - 1];
  const selected = next === undefined ? parent : deniedBy(next);
  return { root: put(above, { ...parent, children }), selected: selected.id };
}

function change(
  members: Readonly<Record<string, JsonValue | undefined>>,
  place: Place,
  ids: NodeIds,
): Made | undefined {
  const { node, path } = place;
  if (!isJsonObject(node.own)) return undefined;
  let own: JsonObject = node.own;
  for (const [key, value] of Object.entries(members)) own = withMember(own, key, value);
  const structure = isGroup(node) || node.kind === 'not' ? node.kind : undefined;
  const keeps = structure === undefined || !Object.hasOwn(members, structure);
  if (keeps && kindOf(own, path.length - 1) === node.kind)
    return { root: put(path, { ...node, own }), selected: node.id };
  const json = keeps && structure !== undefined ? jsonOf({ ...node, own }) : own;
  return rewrite(json, place, ids);
}

function regroup(group: GroupKind, { node, path }: Place): Made | undefined {
  if (!isGroup(node) || node.kind === group) return undefined;
  const own = withMemberRenamed(node.own as JsonObject, node.kind, group);
  return { root: put(path, { ...node, kind: group, own }), selected: node.id };
}

function rewrite(json: JsonValue, { node, path }: Place, ids: NodeIds): Made {
  const read = readNode(json, { depth: path.length - 1, ids, before: node });
  return { root: put(path, read), selected: node.id };
}

/** What stands within any number of `not`s. */
function deniedBy(row: ConditionNode): ConditionNode {
  return row.kind === 'not' ? deniedBy(row.children[0]!) : row;
}

/** The `not`s of a row around another node. */
function withinNots(row: ConditionNode, node: ConditionNode): ConditionNode {
  return row.kind === 'not' ? { ...row, children: [withinNots(row.children[0]!, node)] } : node;
}

function groupOf(kind: GroupKind, children: readonly ConditionNode[], ids: NodeIds): ConditionNode {
  return { id: ids.make(), kind, own: { [kind]: [] }, children };
}

/** The root with another node in the place of the last one of the path. */
function put(path: readonly ConditionNode[], node: ConditionNode): ConditionNode {
  return path.slice(0, -1).reduceRight((below, parent, i) => {
    const old = path[i + 1]!;
    return { ...parent, children: parent.children.map((child) => (child === old ? below : child)) };
  }, node);
}

/** The nodes that can be selected, in the order in which they are drawn: a `not` is a mark on what it denies. */
export function rowsOf(tree: ConditionTree): readonly ConditionNode[] {
  return nodesOf(tree.root).filter(({ kind }) => kind !== 'not');
}
