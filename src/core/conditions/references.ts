import { FACTS } from '../facts/fact-table.js';
import type { Fault } from '../values/fault.js';
import { isJsonObject, type JsonObject, ownMember } from '../values/json.js';

/** What conditions name. Segments are named, not followed. */
export interface References {
  /** By key, with how often each is referred to. */
  readonly segments: ReadonlyMap<string, number>;
  /** Flags that `unlocked` reads. */
  readonly unlockedFlags: ReadonlySet<string>;
  /** How many nodes they have: comparisons, groups and references. */
  readonly nodes: number;
}

/** What tells a node from a fact within a value. */
const NODE_KEYS = ['all', 'any', 'not', 'condition', 'operator'];

/** Collects what several conditions name together; takes any JSON and passes over what makes no sense. */
export function referencesOf(...several: readonly unknown[]): References {
  const segments = new Map<string, number>();
  const unlockedFlags = new Set<string>();
  let nodes = 0;
  for (const conditions of several) {
    for (const { node } of nodesOf(conditions, '')) {
      const segment = ownMember(node, 'condition');
      if (typeof segment === 'string') segments.set(segment, (segments.get(segment) ?? 0) + 1);
      if (NODE_KEYS.some((name) => Object.hasOwn(node, name))) nodes += 1;
      const params = ownMember(node, 'params');
      if (ownMember(node, 'fact') !== 'unlocked' || !isJsonObject(params)) continue;
      const flag = ownMember(params, 'flag');
      if (typeof flag === 'string') unlockedFlags.add(flag);
    }
  }
  return { segments, unlockedFlags, nodes };
}

/**
 * Where conditions read what a request can override and perhaps only a request gives: warnings for a latching rule,
 * which latches on stored state alone.
 */
export function contextReads(conditions: unknown, pointerBase = ''): readonly Fault[] {
  const warnings: Fault[] = [];
  for (const { node, pointer } of nodesOf(conditions, pointerBase)) {
    const fact = ownMember(node, 'fact');
    if (typeof fact !== 'string' || FACTS.get(fact)?.changedBy.has('context') !== true) continue;
    const path = ownMember(node, 'path');
    const read = typeof path === 'string' ? `${fact} ${path}` : fact;
    const message = `a latching rule reads "${read}" as stored: what only a request gives cannot unlock it, so store it with Identify`;
    warnings.push({ pointer, message });
  }
  return warnings;
}

interface Place {
  readonly node: JsonObject;
  readonly pointer: string;
}

/** All objects that are conditions, or facts within a value, in document order, without recursion. */
function* nodesOf(conditions: unknown, pointerBase: string): Generator<Place> {
  const open: { value: unknown; pointer: string }[] = [{ value: conditions, pointer: pointerBase }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value: node, pointer } = place;
    if (!isJsonObject(node)) continue;
    yield { node, pointer };
    const inside: { value: unknown; pointer: string }[] = [];
    for (const group of ['all', 'any']) {
      const members = ownMember(node, group);
      if (!Array.isArray(members)) continue;
      for (const [index, value] of members.entries()) inside.push({ value, pointer: `${pointer}/${group}/${index}` });
    }
    for (const key of ['not', 'value']) inside.push({ value: ownMember(node, key), pointer: `${pointer}/${key}` });
    for (const next of inside.reverse()) open.push(next);
  }
}
