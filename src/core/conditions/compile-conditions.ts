import { Rule } from 'json-rules-engine';
import type { FactRecord, FactSlots } from '../facts/fact-record.js';
import type { JsonObject } from '../values/json.js';
import { compileLeaf, type Leaf, type Test } from './compile-leaf.js';
import type { NextChange } from './next-change.js';

/** Conditions as closures over fact slots. */
export interface CompiledConditions {
  /** Whether the record's facts satisfy them at the record's instant. */
  test(record: FactRecord): boolean;
  /**
   * The earliest instant after the record's (epoch milliseconds) at which time alone could change any part of them,
   * negated parts and parts that other facts decide included; Infinity if never.
   */
  nextChange(record: FactRecord): number;
  /** Whether any fact in them moves with time. */
  readonly readsTime: boolean;
  /** Indexes of all slots they read, through segments too. */
  readonly slotsRead: ReadonlySet<number>;
}

/** A node as the library parsed it: one of these members leads. */
interface Node extends Partial<Leaf> {
  readonly all?: readonly Node[];
  readonly any?: readonly Node[];
  readonly not?: Node;
  readonly condition?: string;
}

/**
 * Compiles validated conditions, and the segments they refer to by key. `{}` is everyone. The answer is the stock
 * engine's for the same facts, but it stops at the first member that settles a group.
 *
 * Throws where validation would have refused: an unknown fact, operator or segment, or a circle of segments.
 */
export function compileConditions(
  conditions: JsonObject,
  slots: FactSlots,
  segments: ReadonlyMap<string, JsonObject>,
): CompiledConditions {
  const compiler = new Compiler(slots, segments);
  const test = compiler.root(conditions);
  const changes = [...compiler.changes];
  return {
    test,
    nextChange: earliest(changes),
    readsTime: changes.length > 0,
    slotsRead: compiler.slotsRead,
  };
}

const ALWAYS: Test = () => true;

class Compiler {
  readonly changes: NextChange[] = [];
  readonly slotsRead = new Set<number>();
  readonly #slots: FactSlots;
  readonly #segments: ReadonlyMap<string, JsonObject>;
  /** Segments compiled already; undefined while one is being compiled. */
  readonly #tests = new Map<string, Test | undefined>();

  constructor(slots: FactSlots, segments: ReadonlyMap<string, JsonObject>) {
    this.#slots = slots;
    this.#segments = segments;
  }

  root(conditions: JsonObject): Test {
    if (Object.keys(conditions).length === 0) return ALWAYS;
    // The library writes to what it parses. Copied by way of JSON, short texts are the very ones that parsed states
    // hold too, which makes comparing them much cheaper than with structuredClone.
    const copy = JSON.parse(JSON.stringify(conditions)) as never;
    const parsed = new Rule({ conditions: copy, event: { type: 'holds' } });
    return this.#node(parsed.conditions as unknown as Node);
  }

  #node(node: Node): Test {
    if (node.condition !== undefined) return this.#segment(node.condition);
    if (node.any !== undefined) return anyOf(node.any.map((member) => this.#node(member)));
    if (node.all !== undefined) return allOf(node.all.map((member) => this.#node(member)));
    if (node.not !== undefined) {
      const inner = this.#node(node.not);
      return (record) => !inner(record);
    }
    const leaf = compileLeaf(node as Leaf, this.#slots);
    for (const slot of leaf.slots) this.slotsRead.add(slot);
    if (leaf.nextChange !== undefined) this.changes.push(leaf.nextChange);
    return leaf.test;
  }

  #segment(key: string): Test {
    const known = this.#tests.get(key);
    if (known !== undefined) return known;
    const conditions = this.#segments.get(key);
    if (conditions === undefined) throw new Error(`unknown segment "${key}"`);
    if (this.#tests.has(key)) throw new Error(`segment "${key}" refers to itself`);
    this.#tests.set(key, undefined);
    const test = this.root(conditions);
    this.#tests.set(key, test);
    return test;
  }
}

/** Every member holds; true without members, as in the library. */
function allOf(members: readonly Test[]): Test {
  const [first, second, third] = members;
  if (first === undefined) return ALWAYS;
  if (second === undefined) return first;
  if (third === undefined) return (record) => first(record) && second(record);
  if (members.length === 3) return (record) => first(record) && second(record) && third(record);
  return (record) => {
    for (const member of members) if (!member(record)) return false;
    return true;
  };
}

/** Some member holds; true without members, as in the library. */
function anyOf(members: readonly Test[]): Test {
  const [first, second, third] = members;
  if (first === undefined) return ALWAYS;
  if (second === undefined) return first;
  if (third === undefined) return (record) => first(record) || second(record);
  if (members.length === 3) return (record) => first(record) || second(record) || third(record);
  return (record) => {
    for (const member of members) if (member(record)) return true;
    return false;
  };
}

function earliest(changes: readonly NextChange[]): NextChange {
  const [first] = changes;
  if (first === undefined) return () => Number.POSITIVE_INFINITY;
  if (changes.length === 1) return first;
  return (record) => {
    let next = Number.POSITIVE_INFINITY;
    for (const change of changes) next = Math.min(next, change(record));
    return next;
  };
}
