import { actionWords } from '../facts/action-param.js';
import { windowOf } from '../facts/day-window.js';
import { FACTS, MET_CONDITIONS } from '../facts/fact-table.js';
import { type CountingKnowledge, countedSince } from '../facts/known-days.js';
import type { Fault } from '../values/fault.js';
import { inBrief, isJsonObject, type JsonObject, ownMember } from '../values/json.js';
import { splitOperator } from './operators.js';

/** What conditions name themselves, without what the segments name to which they refer. */
export interface References {
  /** The segments by key, with how often each is referred to. */
  readonly segments: ReadonlyMap<string, number>;
  /** The keys of the flags that `unlocked` facts read. */
  readonly unlockedFlags: ReadonlySet<string>;
  /** How many nodes the conditions have: comparisons, groups and references. */
  readonly nodes: number;
}

/** The members by which a node is told from a fact in a value. */
const NODE_KEYS = ['all', 'any', 'not', 'condition', 'operator'];

/** Collects what several conditions name. It takes any JSON, and ignores what is no condition. */
export function referencesOf(...several: readonly unknown[]): References {
  const segments = new Map<string, number>();
  const unlockedFlags = new Set<string>();
  let nodes = 0;
  for (const conditions of several) {
    for (const node of objectsIn(conditions)) {
      for (const { key } of segmentsNamed(node)) segments.set(key, (segments.get(key) ?? 0) + 1);
      if (NODE_KEYS.some((name) => Object.hasOwn(node, name))) nodes += 1;
      const params = ownMember(node, 'params');
      if (ownMember(node, 'fact') !== 'unlocked' || !isJsonObject(params)) continue;
      const flag = ownMember(params, 'flag');
      if (typeof flag === 'string') unlockedFlags.add(flag);
    }
  }
  // Very many conditions name no segment and no flag: these hold nothing of their own.
  return {
    segments: segments.size === 0 ? NO_SEGMENTS : segments,
    unlockedFlags: unlockedFlags.size === 0 ? NO_FLAGS : unlockedFlags,
    nodes,
  };
}

const NO_SEGMENTS: References['segments'] = new Map<string, number>();
const NO_FLAGS: References['unlockedFlags'] = new Set<string>();

/**
 * Warnings for the conditions of a latching rule, which latches on stored state alone: one for each place that reads a fact
 * that requests can override, since perhaps only requests give it.
 */
export function contextReads(conditions: unknown, pointerBase = ''): readonly Fault[] {
  const warnings: Fault[] = [];
  for (const { node, pointer } of nodesOf(conditions, pointerBase)) {
    const fact = ownMember(node, 'fact');
    if (typeof fact !== 'string' || FACTS.get(fact)?.changedBy.has('context') !== true) continue;
    const params = ownMember(node, 'params');
    const named = isJsonObject(params) ? ownMember(params, 'name') : undefined;
    const read = [fact, named, ownMember(node, 'path')].filter((part) => typeof part === 'string').join(' ');
    const message = `a latching rule reads "${read}" as stored: what only a request gives cannot unlock it, so it must be stored of the user`;
    warnings.push({ pointer, message });
  }
  return warnings;
}

/** All objects that are conditions, or facts within a value, in no order, without recursion. */
function objectsIn(conditions: unknown): readonly JsonObject[] {
  const open: unknown[] = [conditions];
  const found: JsonObject[] = [];
  while (open.length > 0) {
    const node = open.pop();
    if (!isJsonObject(node)) continue;
    found.push(node);
    for (const group of GROUPS) {
      const members = ownMember(node, group);
      if (Array.isArray(members)) for (const member of members) open.push(member);
    }
    for (const key of SINGLE) open.push(ownMember(node, key));
  }
  return found;
}

const GROUPS = ['all', 'any'];
const SINGLE = ['not', 'value'];

/** The keys of the segments that a comparison counts; none of any other node. */
export function countedSegments({
  fact,
  params,
}: {
  readonly fact?: unknown;
  readonly params?: unknown;
}): readonly string[] {
  const segments = fact === MET_CONDITIONS && isJsonObject(params) ? ownMember(params, 'segments') : undefined;
  return Array.isArray(segments) ? segments.filter((key) => typeof key === 'string') : [];
}

interface NamedSegment {
  readonly key: string;
  /** Where the node names it, from the node on. */
  readonly pointer: string;
}

/** The segments that a node itself names: the one that it stands for, or those that it counts. */
export function segmentsNamed(node: JsonObject): readonly NamedSegment[] {
  const segment = ownMember(node, 'condition');
  const counted = countedSegments(node).map((key, i) => ({ key, pointer: `/params/segments/${i}` }));
  return typeof segment === 'string' ? [{ key: segment, pointer: '/condition' }, ...counted] : counted;
}

/** The stages that one comparison names by its constants. */
export function stagesNamed(leaf: JsonObject): readonly string[] {
  const fact = ownMember(leaf, 'fact');
  if (fact !== 'stage' && fact !== 'stagesReached') return [];
  const operator = ownMember(leaf, 'operator');
  if (typeof operator !== 'string' || !NAMING.has(splitOperator(operator).operator)) return [];
  return [ownMember(leaf, 'value')].flat().filter((value) => typeof value === 'string');
}

/** The roles that one comparison names by its constants. */
export function rolesNamed(leaf: JsonObject): readonly string[] {
  const fact = ownMember(leaf, 'fact');
  if (fact !== 'role' && fact !== 'roles') return [];
  const operator = ownMember(leaf, 'operator');
  if (typeof operator !== 'string' || !NAMING.has(splitOperator(operator).operator)) return [];
  return [ownMember(leaf, 'value')].flat().filter((value) => typeof value === 'string');
}

const NAMING: ReadonlySet<string> = new Set(['equal', 'notEqual', 'in', 'notIn', 'contains', 'doesNotContain']);

/** All comparisons that name stages, each with the stages that it names. */
export function stageReads(
  conditions: unknown,
  pointerBase = '',
): readonly { readonly pointer: string; readonly stages: readonly string[] }[] {
  return Array.from(nodesOf(conditions, pointerBase), ({ node, pointer }) => ({
    pointer: `${pointer}/value`,
    stages: stagesNamed(node),
  })).filter(({ stages }) => stages.length > 0);
}

/** By what it is known whether a window reaches further back than days are. */
export interface WindowKnowledge extends CountingKnowledge {
  /** The segments by key, of which windows are looked at as well. */
  readonly segments: ReadonlyMap<string, { readonly conditions: JsonObject }>;
}

/**
 * Warnings for windows that reach further back than days are known: one for each place that has such a window, or that refers to a
 * segment which has one.
 */
export function shortWindows(conditions: unknown, pointerBase: string, knowledge: WindowKnowledge): readonly Fault[] {
  const warnings: Fault[] = [];
  for (const { node, pointer } of nodesOf(conditions, pointerBase)) {
    const own = shortWindow(node, knowledge);
    if (own !== undefined) warnings.push({ pointer: `${pointer}/params/${own.param}`, message: own.message });
    for (const { key, pointer: named } of segmentsNamed(node)) {
      const inside = shortWindowOfSegment(key, knowledge, new Set());
      if (inside === undefined) continue;
      warnings.push({ pointer: pointer + named, message: `the segment ${inBrief(key)} has ${inside}` });
    }
  }
  return warnings;
}

function shortWindow(
  node: JsonObject,
  knowledge: WindowKnowledge,
): { readonly param: string; readonly message: string } | undefined {
  const [fact, params] = [ownMember(node, 'fact'), ownMember(node, 'params')];
  const definition = typeof fact === 'string' ? FACTS.get(fact) : undefined;
  // Without a window, all that is kept counts: since when, whoever declared the action was told.
  if (definition === undefined || !isJsonObject(params) || windowOf(definition, params) === undefined) return undefined;
  const since = countedSince(definition, params, knowledge);
  if (since === undefined) return undefined;
  const { windowDays, period } = params;
  const window = windowDays === undefined ? `this ${String(period)}` : `${inBrief(windowDays)} days`;
  const counted = `${described(params)} is counted by day since ${new Date(since).toISOString()} only`;
  return {
    param: windowDays === undefined ? 'period' : 'windowDays',
    message: `a window of ${window} that reaches further back than is known: ${counted}, and what users did before does not count`,
  };
}

function described(params: JsonObject): string {
  const action = ownMember(params, 'action');
  return action === undefined ? actionWords(params) : inBrief(action);
}

/** What is said of the first such window in a segment, or in those that it refers to; `seen` has the segments looked at so far. */
function shortWindowOfSegment(key: string, knowledge: WindowKnowledge, seen: Set<string>): string | undefined {
  if (seen.has(key)) return undefined;
  seen.add(key);
  for (const node of objectsIn(knowledge.segments.get(key)?.conditions)) {
    let found = shortWindow(node, knowledge)?.message;
    for (const { key: other } of segmentsNamed(node)) found ??= shortWindowOfSegment(other, knowledge, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Place {
  readonly node: JsonObject;
  readonly pointer: string;
}

/** All nodes of conditions, and all facts in values, in the order of the document. It does not recurse. */
export function* nodesOf(conditions: unknown, pointerBase: string): Generator<Place> {
  const open: { value: unknown; pointer: string }[] = [{ value: conditions, pointer: pointerBase }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value: node, pointer } = place;
    if (!isJsonObject(node)) continue;
    yield { node, pointer };
    const inside: { value: unknown; pointer: string }[] = [];
    for (const group of GROUPS) {
      const members = ownMember(node, group);
      if (!Array.isArray(members)) continue;
      for (const [index, value] of members.entries()) inside.push({ value, pointer: `${pointer}/${group}/${index}` });
    }
    for (const key of SINGLE) inside.push({ value: ownMember(node, key), pointer: `${pointer}/${key}` });
    for (const next of inside.reverse()) open.push(next);
  }
}
