import { factReference } from '../conditions/compiling/compile-leaf.js';
import { comparisonOf } from '../conditions/operators.js';
import { countedSegments } from '../conditions/references.js';
import type { Rule } from '../flags/flag.js';
import { clauseOf } from '../sentences/conditions-words.js';
import { listed, part, type Sentence, say, sentence, unplaced } from '../sentences/part.js';
import { flagPart, type Names, segmentPart } from '../sentences/speaking.js';
import type { CompiledFlag, Snapshot } from '../snapshot/snapshot.js';
import { inBrief, isJsonObject, type JsonObject, type JsonValue, ownMember } from '../values/json.js';
import { namesIn } from './line-words.js';

/** Something that whoever reaches a stage comes nearer to by that alone. */
export interface StageOpening {
  readonly kind: 'RULE' | 'SEGMENT';
  /** The key of the flag, or of the segment. */
  readonly key: string;
  readonly name: string;
  /** '' for a segment. */
  readonly ruleId: string;
  /** '' for a segment, and where it may not be told. */
  readonly ruleName: string;
  /** Whether nothing else is asked for: neither another condition, nor to be in a rollout. */
  readonly alone: boolean;
  /** Which condition reaching the stage meets. */
  readonly sentence: Sentence;
}

/** Where somebody stands in onboarding. */
interface Standing {
  readonly stage: string | undefined;
  readonly stageIndex: number;
  readonly stagesReached: readonly string[];
}

interface Arrival {
  readonly before: Standing;
  readonly after: Standing;
}

type Segments = ReadonlyMap<string, JsonObject>;

/** The facts that say where somebody stands. How long they have been there begins anew with each stage, and is met by none. */
export const STAGE_FACTS: ReadonlySet<string> = new Set(['stage', 'stageIndex', 'stagesReached']);

/**
 * The rules of flags that are not archived, and the segments, of which a condition comes to hold when somebody reaches a stage who has
 * reached all before it in the list, and none where the list has it not. Flags come first, each kind by key.
 *
 * @param may which flags may be told of
 * @param whole whether names of rules and segments may be told, too
 */
export function openingsOf(
  stage: string,
  snapshot: Snapshot,
  { may, whole }: { readonly may: (compiled: CompiledFlag) => boolean; readonly whole: boolean },
): readonly StageOpening[] {
  const arrival = arrivalAt(stage, snapshot.stageNames);
  const names = namesIn(snapshot);
  const openings: StageOpening[] = [];
  for (const key of [...snapshot.readers.ofChange('progress')].toSorted()) {
    const compiled = snapshot.flags.get(key);
    if (compiled === undefined || compiled.flag.archived || !may(compiled)) continue;
    for (const rule of compiled.flag.rules) {
      const opening = ruleOpening(compiled, rule, { arrival, names, whole });
      if (opening !== undefined) openings.push(opening);
    }
  }
  if (!whole) return openings;
  const segments = new Map(Array.from(snapshot.segments, ([key, { conditions }]) => [key, conditions]));
  for (const [key, conditions] of [...segments].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const opened = openedIn(conditions, arrival, segments);
    if (opened.length === 0) continue;
    const name = snapshot.segments.get(key)!.name;
    const words = say`the segment ${segmentPart(key, '', { of: 'people', names })} asks for ${clauses(opened, names)}`;
    openings.push({
      ...{ kind: 'SEGMENT', key, name, ruleId: '', ruleName: '' },
      alone: opens(conditions, arrival, segments),
      sentence: sentence(unplaced(words)),
    });
  }
  return openings;
}

/** Those of the flags of which a rule is opened by one of several stages. */
export function flagsOpenedBy(
  stages: readonly string[],
  snapshot: Snapshot,
  may: (compiled: CompiledFlag) => boolean,
): ReadonlySet<string> {
  const arrivals = stages.map((stage) => arrivalAt(stage, snapshot.stageNames));
  const opened = new Set<string>();
  if (arrivals.length === 0) return opened;
  for (const key of snapshot.readers.ofChange('progress')) {
    const compiled = snapshot.flags.get(key);
    if (compiled === undefined || compiled.flag.archived || !may(compiled)) continue;
    const isOpened = compiled.flag.rules.some(({ conditions }) => {
      // Looked for once, and not for each stage: most rules that read how somebody gets on compare with none.
      const compared = stageComparisons(conditions, compiled.segments);
      return compared.some((one) => arrivals.some((arrival) => comesToCount(one, arrival)));
    });
    if (isOpened) opened.add(key);
  }
  return opened;
}

function arrivalAt(stage: string, stages: readonly string[]): Arrival {
  const index = stages.indexOf(stage);
  const reached = stages.slice(0, Math.max(index, 0));
  return {
    before: { stage: reached.at(-1), stageIndex: reached.length - 1, stagesReached: reached },
    after: { stage, stageIndex: index, stagesReached: [...reached, stage] },
  };
}

interface Told {
  readonly arrival: Arrival;
  readonly names: Names;
  readonly whole: boolean;
}

function ruleOpening({ flag, segments }: CompiledFlag, rule: Rule, told: Told): StageOpening | undefined {
  const { arrival, names, whole } = told;
  const opened = openedIn(rule.conditions, arrival, segments);
  if (opened.length === 0) return undefined;
  const ruleName = whole ? rule.name : '';
  const title = part('rule', ruleName === '' ? 'a rule' : `the rule ${inBrief(ruleName)}`, undefined, rule.id);
  const { key, name } = flag;
  const words = say`${title} of the flag ${flagPart(key, '', { of: 'people', names })} asks for ${clauses(opened, names)}`;
  return {
    ...{ kind: 'RULE', key, name, ruleId: rule.id, ruleName },
    alone: rule.rolloutPer100k === EVERYBODY && opens(rule.conditions, arrival, segments),
    sentence: sentence(unplaced(words)),
  };
}

const EVERYBODY = 100_000;

function clauses(opened: readonly JsonObject[], names: Names) {
  return listed(
    opened.map((condition) => clauseOf(condition, '', { names })),
    'and',
  );
}

/** Whether conditions hold by the arrival alone, whatever else is so of somebody, and did not before. */
function opens(conditions: JsonObject, { before, after }: Arrival, segments: Segments): boolean {
  return holds(conditions, after, segments) === true && holds(conditions, before, segments) !== true;
}

/** The comparisons with stages that come to count by the arrival, each once; one that must not hold within a `not`. */
function openedIn(conditions: JsonObject, arrival: Arrival, segments: Segments): readonly JsonObject[] {
  const opened = new Map<string, JsonObject>();
  for (const one of stageComparisons(conditions, segments)) {
    if (!comesToCount(one, arrival)) continue;
    const found = one.negated ? { not: one.node } : one.node;
    opened.set(JSON.stringify(found), found);
  }
  return [...opened.values()];
}

interface StageComparison {
  readonly node: JsonObject;
  /** Whether it must not hold. */
  readonly negated: boolean;
}

/** All comparisons of a stage with a constant, the inner ones first. */
function stageComparisons(conditions: JsonObject, segments: Segments): readonly StageComparison[] {
  const found: StageComparison[] = [];
  const walk = (node: JsonValue | undefined, negated: boolean, depth: number): void => {
    if (!isJsonObject(node) || depth > DEEPEST) return;
    for (const member of membersOf(node)) walk(member, negated, depth + 1);
    walk(ownMember(node, 'not'), !negated, depth + 1);
    for (const key of segmentsOf(node)) walk(segments.get(key), negated, depth + 1);
    const fact = ownMember(node, 'fact');
    if (typeof fact === 'string' && STAGE_FACTS.has(fact)) found.push({ node, negated });
  };
  walk(conditions, false, 0);
  return found;
}

function comesToCount({ node, negated }: StageComparison, { before, after }: Arrival): boolean {
  const [was, is] = [compare(node, before), compare(node, after)];
  return was !== undefined && is !== undefined && was !== is && is !== negated;
}

/** Stored conditions are not deeper than this with their segments; what is deeper is not looked into. */
const DEEPEST = 64;

function membersOf(node: JsonObject): readonly JsonValue[] {
  return ['all', 'any'].flatMap((group) => {
    const members = ownMember(node, group);
    return Array.isArray(members) ? members : [];
  });
}

function segmentsOf(node: JsonObject): readonly string[] {
  const segment = ownMember(node, 'condition');
  return typeof segment === 'string' ? [segment] : countedSegments(node);
}

/** Whether conditions hold by where somebody stands alone; undefined where that is a matter of something else, too. */
function holds(node: JsonValue | undefined, standing: Standing, segments: Segments, depth = 0): boolean | undefined {
  if (!isJsonObject(node) || depth > DEEPEST) return undefined;
  if (Object.keys(node).length === 0) return true;
  for (const group of ['any', 'all'] as const) {
    const members = ownMember(node, group);
    if (!Array.isArray(members)) continue;
    if (members.length === 0) return true;
    const results = members.map((member) => holds(member, standing, segments, depth + 1));
    const decides = group === 'any';
    if (results.includes(decides)) return decides;
    return results.includes(undefined) ? undefined : !decides;
  }
  const inner = ownMember(node, 'not');
  if (inner !== undefined) {
    const result = holds(inner, standing, segments, depth + 1);
    return result === undefined ? undefined : !result;
  }
  const segment = ownMember(node, 'condition');
  if (typeof segment === 'string') return holds(segments.get(segment) ?? {}, standing, segments, depth + 1);
  return compare(node, standing);
}

/** What a comparison of a stage with a constant comes to; undefined for any other node. */
function compare(node: JsonObject, standing: Standing): boolean | undefined {
  const [fact, operator, value] = [ownMember(node, 'fact'), ownMember(node, 'operator'), ownMember(node, 'value')];
  if (typeof fact !== 'string' || !STAGE_FACTS.has(fact) || factReference(value) !== undefined) return undefined;
  return typeof operator === 'string' ? comparisonOf(operator)?.(standing[fact as keyof Standing], value) : undefined;
}
