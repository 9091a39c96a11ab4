import type { Comparison } from '../conditions/added-operators.js';
import { type CompiledLeaf, compileLeaf, factReference, type Leaf } from '../conditions/compiling/compile-leaf.js';
import { comparisonOf } from '../conditions/operators.js';
import { countedSegments } from '../conditions/references.js';
import type { FactDefinition } from '../facts/fact-definition.js';
import { type FactRecord, type FactSlot, factValue } from '../facts/fact-record.js';
import { FACTS, MET_CONDITIONS } from '../facts/fact-table.js';
import type { CompiledFlag, Snapshot } from '../snapshot/snapshot.js';
import { isJsonObject, type JsonObject, type JsonValue, ownMember } from '../values/json.js';
import type { Group } from './requirement.js';

/** A rule's conditions as a tree of which each node can be tested by itself. A segment's tree stands wherever it is used. */
export type RequirementNode = ComparisonNode | CountNode | GroupNode;

/** What is compared with. */
export type Target = { readonly constant: JsonValue } | { readonly fact: FactSlot };

export interface ComparisonNode extends Omit<CompiledLeaf, 'slots'> {
  readonly kind: 'comparison';
  /** '' where the condition has none. */
  readonly name: string;
  readonly operator: string;
  readonly fact: FactSlot;
  readonly target: Target;
  /** Whether the condition itself says that people may see all of it. */
  readonly open: boolean;
}

/** A comparison of how many of some segments hold. */
export interface CountNode extends Pick<ComparisonNode, 'name' | 'operator' | 'target' | 'open'> {
  readonly kind: 'count';
  readonly definition: FactDefinition;
  readonly params: JsonObject;
  readonly compare: Comparison;
  /** The segments. */
  readonly children: readonly RequirementNode[];
  /** Whether the target or any fact beneath moves with time. */
  readonly readsTime: boolean;
}

export interface GroupNode {
  readonly kind: 'group';
  /** The condition's name or the segment's; '' without one. */
  readonly name: string;
  readonly group: Group;
  readonly children: readonly RequirementNode[];
  readonly isSegment: boolean;
  /** Whether any fact beneath moves with time. */
  readonly readsTime: boolean;
}

const trees = new WeakMap<CompiledFlag, readonly RequirementNode[]>();

/** The trees of a flag's rules, in their order; of those that organizations earn only where organizations are judged. They are made at the first call, and kept for as long as the compiled flag. */
export function requirementTrees(snapshot: Snapshot, compiled: CompiledFlag): readonly RequirementNode[] {
  const known = trees.get(compiled);
  if (known !== undefined) return known;
  const compiler = new TreeCompiler(snapshot, compiled.segments);
  const made = compiled.rules.map(({ rule, byOrganization }) => compiler.root(byOrganization ? {} : rule.conditions));
  trees.set(compiled, made);
  return made;
}

/** Whether a node is met by a record's facts at its instant, as the compiled conditions would say. */
export function isMet(node: RequirementNode, record: FactRecord): boolean {
  if (node.kind === 'comparison') return node.test(record);
  if (node.kind === 'count') return node.compare(countOf(node, record), targetOf(node, record));
  if (node.children.length === 0) return true;
  if (node.group === 'any') return node.children.some((child) => isMet(child, record));
  const every = node.children.every((child) => isMet(child, record));
  return node.group === 'not' ? !every : every;
}

/** How many of the counted segments hold. */
export function countOf({ children }: CountNode, record: FactRecord): number {
  return children.filter((child) => isMet(child, record)).length;
}

/** What a comparison compares with, at the record's instant. */
export function targetOf({ target }: Pick<CountNode, 'target'>, record: FactRecord): unknown {
  return 'constant' in target ? target.constant : factValue(target.fact, record);
}

class TreeCompiler {
  readonly #snapshot: Snapshot;
  readonly #segments: ReadonlyMap<string, JsonObject>;
  /** A segment is compiled once, however often it is referred to. */
  readonly #known = new Map<string, RequirementNode>();

  constructor(snapshot: Snapshot, segments: ReadonlyMap<string, JsonObject>) {
    this.#snapshot = snapshot;
    this.#segments = segments;
  }

  root(conditions: JsonObject): RequirementNode {
    return Object.keys(conditions).length === 0 ? groupNode('all', '', []) : this.#node(conditions);
  }

  #node(node: JsonObject): RequirementNode {
    const name = textOf(node, 'name');
    const segment = ownMember(node, 'condition');
    if (typeof segment === 'string') return this.#segment(segment, name);
    for (const group of ['any', 'all'] as const) {
      const members = ownMember(node, group);
      if (Array.isArray(members)) {
        return groupNode(
          group,
          name,
          members.map((member: JsonObject) => this.#node(member)),
        );
      }
    }
    const inner = ownMember(node, 'not');
    if (isJsonObject(inner)) return groupNode('not', name, [this.#node(inner)]);
    return ownMember(node, 'fact') === MET_CONDITIONS ? this.#count(node, name) : this.#comparison(node, name);
  }

  #segment(key: string, name: string): RequirementNode {
    const known = this.#known.get(key) ?? this.root(this.#segments.get(key) ?? {});
    this.#known.set(key, known);
    const shown = name || this.#snapshot.segments.get(key)?.name || known.name;
    return known.kind === 'group' ? { ...known, name: shown, isSegment: true } : { ...known, name: shown };
  }

  #comparison(node: JsonObject, name: string): ComparisonNode {
    const { slots } = this.#snapshot;
    const leaf = node as unknown as Leaf;
    const { test, nextChange, slots: read } = compileLeaf(leaf, slots);
    return {
      kind: 'comparison',
      name,
      operator: leaf.operator,
      fact: slots.at(read[0]!),
      target: this.#target(leaf),
      open: ownMember(node, 'public') === true,
      test,
      nextChange,
    };
  }

  #count(node: JsonObject, name: string): CountNode {
    const leaf = node as unknown as Leaf;
    const children = countedSegments(leaf).map((segment) => this.#segment(segment, ''));
    const target = this.#target(leaf);
    return {
      kind: 'count',
      name,
      operator: leaf.operator,
      definition: FACTS.get(MET_CONDITIONS)!,
      params: leaf.params ?? {},
      target,
      open: ownMember(node, 'public') === true,
      compare: comparisonOf(leaf.operator)!,
      children,
      readsTime: children.some(readsTime) || ('fact' in target && target.fact.time !== undefined),
    };
  }

  #target({ value }: Leaf): Target {
    const { slots } = this.#snapshot;
    const named = factReference(value);
    if (named === undefined) return { constant: value };
    return { fact: slots.at(slots.slot(named.fact, named.params, named.path)) };
  }
}

function groupNode(group: Group, name: string, children: readonly RequirementNode[]): GroupNode {
  return { kind: 'group', name, group, children, isSegment: false, readsTime: children.some(readsTime) };
}

/** Whether time alone may change whether a node is met. */
export function readsTime(node: RequirementNode): boolean {
  return node.kind === 'comparison' ? node.nextChange !== undefined : node.readsTime;
}

function textOf(node: JsonObject, key: string): string {
  const text = ownMember(node, key);
  return typeof text === 'string' ? text : '';
}
