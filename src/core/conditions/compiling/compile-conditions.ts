import { Rule } from 'json-rules-engine';
import type { FactRecord, FactSlots } from '../../facts/fact-record.js';
import { MET_CONDITIONS } from '../../facts/fact-table.js';
import type { JsonObject } from '../../values/json.js';
import { countedSegments } from '../references.js';
import { compileCount } from './compile-count.js';
import { type CompiledLeaf, compileLeaf, type Leaf, type Test } from './compile-leaf.js';
import type { NextChange } from './next-change.js';
import { type Member, type UsageReading, usageOfAll, usageOfAny, usageOfLeaf } from './usage.js';

/** Conditions as closures over fact slots. */
export interface CompiledConditions {
  /** Whether the record's facts satisfy the conditions at the record's instant. */
  test(record: FactRecord): boolean;
  /**
   * The earliest instant after the record's, in epoch milliseconds, at which time alone could change the result of any
   * comparison in the conditions, even one that does not matter at present; Infinity if never.
   */
  nextChange(record: FactRecord): number;
  /** Whether the conditions read a fact that moves with time. */
  readonly readsTime: boolean;
  /** The indexes of all slots that the conditions and their segments read. */
  readonly slotsRead: ReadonlySet<number>;
  /** What is left, while the conditions hold, of a count that they bound from above; undefined where they bound none. */
  readonly usage: UsageReading | undefined;
}

/** A node as the library parsed it. It has `all`, `any`, `not`, `condition`, or the members of a comparison. */
interface Node extends Partial<Leaf> {
  readonly all?: readonly Node[];
  readonly any?: readonly Node[];
  readonly not?: Node;
  readonly condition?: string;
}

/** Whether a node holds, and what it bounds from above. */
type Meaning = Member;

/** A segment's conditions, or a rule's, as what is put together from them needs to know them. */
interface Part extends Meaning {
  /** Of each comparison that time may change, those of segments included. */
  readonly changes: ReadonlySet<NextChange>;
  readonly slotsRead: ReadonlySet<number>;
}

/** Segments that are compiled, by key. */
export type CompiledSegments = ReadonlyMap<string, Part>;

const ALWAYS: Test = () => true;
const EVERYONE: Part = { test: ALWAYS, usage: undefined, changes: new Set(), slotsRead: new Set() };

/**
 * Compiles validated conditions; a segment is compiled once, however often it is referred to. `{}` holds for everyone. Law:
 * the result is the stock engine's for the same facts. It is found sooner, since a group stops at the member that decides it.
 */
export class ConditionCompiler {
  readonly #slots: FactSlots;
  readonly #segments: Pick<ReadonlyMap<string, JsonObject>, 'get'>;
  /** Segments by key; undefined for one that is being compiled. */
  readonly #compiled: Map<string, Part | undefined>;
  /** By their text: very many flags say the same as others. */
  readonly #parts = new Map<string, Part>();
  readonly #leaves = new Map<string, CompiledLeaf>();
  /** By their numbers, since there are few different ones. */
  readonly #slotSets = new Map<string, ReadonlySet<number>>();

  /** @param compiled segments that have been compiled, over the same slots, and say the same now */
  constructor(
    slots: FactSlots,
    segments: Pick<ReadonlyMap<string, JsonObject>, 'get'>,
    compiled: CompiledSegments = new Map(),
  ) {
    this.#slots = slots;
    this.#segments = segments;
    this.#compiled = new Map(compiled);
  }

  /** The segments that have been compiled so far, but for those that read a place which is no longer theirs. */
  compiledSegments(dropped: ReadonlySet<number>): CompiledSegments {
    const usable = new Map<string, Part>();
    for (const [key, part] of this.#compiled) {
      if (part?.slotsRead.isDisjointFrom(dropped) === true) usable.set(key, part);
    }
    return usable;
  }

  /** Throws for what validation refuses: an unknown fact, operator or segment, or a circle of segments. */
  compile(conditions: JsonObject): CompiledConditions {
    const { test, usage, changes, slotsRead } = this.#part(conditions);
    return { test, nextChange: earliest([...changes]), readsTime: changes.size > 0, slotsRead, usage };
  }

  #part(conditions: JsonObject): Part {
    if (Object.keys(conditions).length === 0) return EVERYONE;
    const text = JSON.stringify(conditions);
    let part = this.#parts.get(text);
    if (part === undefined) {
      part = this.#parsed(text);
      this.#parts.set(text, part);
    }
    return part;
  }

  #parsed(text: string): Part {
    // The library writes to what it parses, so it is given a copy. A copy by way of JSON has the same short strings in memory
    // as states that were parsed, and comparing a string with itself costs much less than after structuredClone.
    const copy = JSON.parse(text) as never;
    const parsed = new Rule({ conditions: copy, event: { type: 'holds' } });
    const read = { changes: new Set<NextChange>(), slotsRead: new Set<number>() };
    const meaning = this.#node(parsed.conditions as unknown as Node, read);
    return { ...meaning, changes: read.changes, slotsRead: this.#sharedSlots(read.slotsRead) };
  }

  #sharedSlots(slots: ReadonlySet<number>): ReadonlySet<number> {
    const key = [...slots].join();
    const known = this.#slotSets.get(key) ?? slots;
    this.#slotSets.set(key, known);
    return known;
  }

  #node(node: Node, read: Reading): Meaning {
    if (node.condition !== undefined) {
      const { test, usage, changes, slotsRead } = this.#segment(node.condition);
      for (const change of changes) read.changes.add(change);
      for (const slot of slotsRead) read.slotsRead.add(slot);
      return { test, usage };
    }
    if (node.any !== undefined) {
      const members = node.any.map((member) => this.#node(member, read));
      return { test: anyOf(members.map(({ test }) => test)), usage: usageOfAny(members) };
    }
    if (node.all !== undefined) {
      const members = node.all.map((member) => this.#node(member, read));
      return { test: allOf(members.map(({ test }) => test)), usage: usageOfAll(members) };
    }
    if (node.not !== undefined) {
      const { test } = this.#node(node.not, read);
      return { test: (record) => !test(record), usage: undefined };
    }
    const leaf = this.#leaf(node as Leaf);
    for (const slot of leaf.slots) read.slotsRead.add(slot);
    if (leaf.nextChange !== undefined) read.changes.add(leaf.nextChange);
    return { test: leaf.test, usage: usageOfLeaf(node as Leaf, this.#slots) };
  }

  /** Comparisons that say the same are one, so that the processor's caches hold it once. */
  #leaf(leaf: Leaf): CompiledLeaf {
    const { fact, operator, value, params, path } = leaf;
    const key = JSON.stringify([fact, operator, value, params, path]);
    let compiled = this.#leaves.get(key);
    if (compiled === undefined) {
      compiled =
        fact === MET_CONDITIONS
          ? compileCount(
              leaf,
              countedSegments(leaf).map((segment) => this.#segment(segment)),
              this.#slots,
            )
          : compileLeaf(leaf, this.#slots);
      this.#leaves.set(key, compiled);
    }
    return compiled;
  }

  #segment(key: string): Part {
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const conditions = this.#segments.get(key);
    if (conditions === undefined) throw new Error(`unknown segment "${key}"`);
    if (this.#compiled.has(key)) throw new Error(`segment "${key}" refers to itself`);
    this.#compiled.set(key, undefined);
    try {
      const part = this.#part(conditions);
      this.#compiled.set(key, part);
      return part;
    } finally {
      if (this.#compiled.get(key) === undefined) this.#compiled.delete(key);
    }
  }
}

/** What the conditions that are being compiled read. */
interface Reading {
  readonly changes: Set<NextChange>;
  readonly slotsRead: Set<number>;
}

/** True when every member holds, and without members, as in the library. */
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

/** True when some member holds, and without members, as in the library. */
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
