import { type Fault, Faults, pointerStep } from '../../values/fault.js';
import { inBrief, isJsonObject, type JsonObject, ownMember } from '../../values/json.js';
import { didYouMean } from '../../values/nearest-name.js';
import type { Vocabulary } from '../vocabulary.js';
import { validateSegment } from './validate-fact.js';
import { validateLeaf } from './validate-leaf.js';

/** How many groups (`all`, `any`, `not`) may stand within one another. */
export const MAX_DEPTH = 10;

/** How many comparisons one set of conditions may have. */
export const MAX_LEAVES = 200;

/** How many nodes of all kinds one set of conditions may have. */
export const MAX_NODES = 1000;

/** The largest size of a set of conditions: the characters of all keys and texts, and 8 for each value. */
export const MAX_SIZE = 256 * 1024;

export interface ConditionFindings {
  /** What makes the conditions unusable, 50 faults at most. Without any, the conditions compile. */
  readonly errors: readonly Fault[];
  /** What is allowed but probably not meant. */
  readonly warnings: readonly Fault[];
}

/**
 * Checks conditions that are to be written: shape, names, types and bounds. Circles by way of segments and `unlocked` facts
 * are left to the caller, who knows the rest of the configuration. Takes any JSON and never throws.
 */
export function validateConditions(conditions: unknown, vocabulary: Vocabulary, pointerBase = ''): ConditionFindings {
  const faults = new Faults();
  if (isTooLarge(conditions)) {
    faults.error(pointerBase, `the conditions are larger than ${MAX_SIZE} characters: make them smaller`);
  } else if (!isJsonObject(conditions) || Object.keys(conditions).length > 0) {
    new Validator(vocabulary, faults).node(conditions, { pointer: pointerBase, depth: 0, negated: false });
  }
  return { errors: faults.errors, warnings: faults.warnings };
}

const KINDS = ['all', 'any', 'not', 'condition'] as const;
const LEAF_KEYS = ['fact', 'operator', 'value'];
const KNOWN_KEYS: Readonly<Record<(typeof KINDS)[number] | 'leaf', readonly string[]>> = {
  all: ['all', 'name', 'priority'],
  any: ['any', 'name', 'priority'],
  not: ['not', 'name', 'priority'],
  condition: ['condition', 'name', 'priority'],
  leaf: [...LEAF_KEYS, 'params', 'path', 'public', 'name', 'priority'],
};
const ONE_KIND = 'needs exactly one of "all", "any", "not" or "condition", or else "fact" with "operator" and "value"';
const MAX_NAME_LENGTH = 200;

interface Place {
  readonly pointer: string;
  /** How many groups the node stands in. */
  readonly depth: number;
  readonly negated: boolean;
}

class Validator {
  readonly #vocabulary: Vocabulary;
  readonly #faults: Faults;
  #leaves = 0;
  #nodes = 0;

  constructor(vocabulary: Vocabulary, faults: Faults) {
    this.#vocabulary = vocabulary;
    this.#faults = faults;
  }

  node(node: unknown, place: Place): void {
    const { pointer } = place;
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) {
      this.#faults.error(pointer, `more than ${MAX_NODES} nodes: move some into a segment`);
    } else if (!isJsonObject(node)) {
      this.#faults.error(pointer, `a condition must be an object, not ${inBrief(node)}`);
    } else {
      this.#object(node, place);
    }
  }

  #object(node: JsonObject, place: Place): void {
    const { pointer } = place;
    const kind = this.#kindOf(node, pointer);
    if (kind === undefined) return;
    this.#labels(node, kind, pointer);
    if (kind === 'leaf') this.#leaf(node, place);
    else if (kind === 'condition')
      validateSegment(ownMember(node, kind), `${pointer}/condition`, this.#vocabulary, this.#faults);
    else if (place.depth < MAX_DEPTH) this.#group(kind, ownMember(node, kind), place);
    else this.#faults.error(pointer, `stands in more than ${MAX_DEPTH} groups: move some into a segment`);
  }

  /** The kind of a node; undefined, and an error is added, when it is of none or of several. */
  #kindOf(node: JsonObject, pointer: string): (typeof KINDS)[number] | 'leaf' | undefined {
    if (Object.keys(node).length === 0) {
      this.#faults.error(pointer, 'an empty object means everyone only as the whole of the conditions; remove it here');
      return undefined;
    }
    const kinds = KINDS.filter((kind) => Object.hasOwn(node, kind));
    const leafKey = LEAF_KEYS.find((key) => Object.hasOwn(node, key));
    const [only] = kinds;
    if (kinds.length === 0 && leafKey !== undefined) return 'leaf';
    if (kinds.length === 1 && leafKey === undefined) return only;
    const found = [...kinds, ...(leafKey === undefined ? [] : [leafKey])];
    const has =
      found.length === 0
        ? `has ${Object.keys(node).slice(0, 5).map(inBrief).join(', ')}`
        : `has ${found.map(inBrief).join(' and ')}`;
    this.#faults.error(pointer, `${has}: a condition ${ONE_KIND}`);
    return undefined;
  }

  #labels(node: JsonObject, kind: keyof typeof KNOWN_KEYS, pointer: string): void {
    const known = KNOWN_KEYS[kind];
    for (const key of Object.keys(node)) {
      if (known.includes(key)) continue;
      if (this.#faults.full) return;
      this.#faults.error(`${pointer}${pointerStep(key)}`, `${inBrief(key)} is not known here${didYouMean(key, known)}`);
    }
    const name = ownMember(node, 'name');
    if (name !== undefined && (typeof name !== 'string' || name.length > MAX_NAME_LENGTH)) {
      this.#faults.error(
        `${pointer}/name`,
        `a name must be a text of at most ${MAX_NAME_LENGTH} characters, not ${inBrief(name)}`,
      );
    }
    const priority = ownMember(node, 'priority');
    if (priority !== undefined && (typeof priority !== 'number' || !Number.isFinite(priority))) {
      this.#faults.error(`${pointer}/priority`, `a priority must be a number, not ${inBrief(priority)}`);
    }
  }

  #group(kind: 'all' | 'any' | 'not', members: unknown, place: Place): void {
    const pointer = `${place.pointer}/${kind}`;
    const depth = place.depth + 1;
    if (kind === 'not' && !Array.isArray(members)) {
      this.node(members, { pointer, depth, negated: !place.negated });
    } else if (kind === 'not') {
      this.#faults.error(pointer, '"not" takes one condition, not a list');
    } else if (Array.isArray(members)) {
      this.#members(members, { pointer, depth, negated: place.negated });
    } else {
      this.#faults.error(pointer, `"${kind}" takes a list of conditions, not ${inBrief(members)}`);
    }
  }

  #members(members: readonly unknown[], place: Place): void {
    for (const [index, member] of members.entries()) {
      const tooMany = this.#nodes > MAX_NODES || this.#leaves > MAX_LEAVES;
      if (tooMany || this.#faults.full) return;
      this.node(member, { ...place, pointer: `${place.pointer}/${index}` });
    }
  }

  #leaf(leaf: JsonObject, place: Place): void {
    this.#leaves += 1;
    if (this.#leaves > MAX_LEAVES) {
      this.#faults.error(place.pointer, `more than ${MAX_LEAVES} comparisons: move some into a segment`);
    } else if (place.depth === 0) {
      this.#faults.error(place.pointer, 'conditions begin with a group: wrap this one as {"all": [ … ]}');
    } else {
      validateLeaf(leaf, place, this.#vocabulary, this.#faults);
    }
  }
}

/** Whether a value is larger than MAX_SIZE. It does not recurse, and stops soon after that size. */
function isTooLarge(conditions: unknown): boolean {
  const open: unknown[] = [conditions];
  let size = 0;
  while (open.length > 0) {
    const value = open.pop();
    size += 8;
    if (typeof value === 'string') size += value.length;
    if (Array.isArray(value)) {
      if (value.length * 8 > MAX_SIZE) return true;
      for (const member of value) open.push(member);
    } else if (isJsonObject(value)) {
      for (const key of Object.keys(value)) {
        size += key.length;
        open.push(value[key]);
      }
    }
    if (size + open.length * 8 > MAX_SIZE) return true;
  }
  return false;
}
