import { FACTS } from '../facts/fact-table.js';
import { isJsonObject, type JsonObject, ownMember } from '../json.js';
import type { Problem } from './problem.js';

/** What conditions name, each once, in the order met. Segments are named, not followed. */
export interface References {
  readonly segments: readonly string[];
  /** Flags that `unlocked` reads. */
  readonly unlockedFlags: readonly string[];
  readonly facts: readonly string[];
  /** Actions that any fact reads. */
  readonly actions: readonly string[];
  /** Actions that some fact reads by days → the longest such window, in days. */
  readonly windows: ReadonlyMap<string, number>;
}

/** Collects what conditions name; takes any JSON and passes over what makes no sense. */
export function referencesOf(conditions: unknown): References {
  const segments = new Set<string>();
  const unlockedFlags = new Set<string>();
  const facts = new Set<string>();
  const actions = new Set<string>();
  const windows = new Map<string, number>();
  for (const { node } of nodesOf(conditions, '')) {
    const segment = ownMember(node, 'condition');
    if (typeof segment === 'string') segments.add(segment);
    const fact = ownMember(node, 'fact');
    if (typeof fact !== 'string') continue;
    facts.add(fact);
    const params = ownMember(node, 'params');
    if (!isJsonObject(params)) continue;
    const action = ownMember(params, 'action');
    const windowDays = ownMember(params, 'windowDays');
    const flag = ownMember(params, 'flag');
    if (typeof action === 'string') actions.add(action);
    if (typeof action === 'string' && typeof windowDays === 'number') {
      windows.set(action, Math.max(windowDays, windows.get(action) ?? 0));
    }
    if (fact === 'unlocked' && typeof flag === 'string') unlockedFlags.add(flag);
  }
  return {
    segments: [...segments],
    unlockedFlags: [...unlockedFlags],
    facts: [...facts],
    actions: [...actions],
    windows,
  };
}

/**
 * Where conditions read what a request can override and perhaps only a request gives: warnings for a latching rule,
 * which latches on stored state alone.
 */
export function contextReads(conditions: unknown, pointerBase = ''): readonly Problem[] {
  const warnings: Problem[] = [];
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
