import { contextReads, referencesOf } from '../conditions/references.js';
import { validateConditions } from '../conditions/validate-conditions.js';
import type { Vocabulary } from '../conditions/vocabulary.js';
import { type Flag, MAX_PREREQUISITE_DEPTH, type Segment } from '../flags/flag.js';
import type { Fault } from '../values/fault.js';
import { findCircle } from '../values/find-circle.js';
import { quote } from '../values/json.js';

/** The parts of a configuration that refer to one another, as they will be after a change. */
export interface Referring {
  readonly flags: ReadonlyMap<string, Flag>;
  readonly segments: ReadonlyMap<string, Segment>;
}

export interface Verdict {
  /** What makes the change impossible. */
  readonly faults: readonly Fault[];
  /** What is allowed and seldom meant. */
  readonly warnings: readonly Fault[];
}

/** Checks what a flag refers to, and what refers to it: conditions, prerequisites, circles. Pointers are into the flag. */
export function validateFlag(flag: Flag, all: Referring): Verdict {
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  const vocabulary = vocabularyOf(all, flag.archived);
  for (const [i, rule] of flag.rules.entries()) {
    const pointer = `/rules/${i}/conditions`;
    const verdict = validateConditions(rule.conditions, vocabulary, pointer);
    faults.push(...verdict.errors);
    warnings.push(...verdict.warnings);
    if (rule.policy === 'LATCHING') warnings.push(...contextReads(rule.conditions, pointer));
  }
  faults.push(...prerequisiteFaults(flag, all), ...dependentFaults(flag, all));
  const prerequisites = prerequisiteGraph(all);
  const circle = findCircle(prerequisites) ?? findCircle(unlockedGraph(all));
  if (circle !== undefined) {
    faults.push({ pointer: '', message: `flags depend on one another: ${circle.join(' → ')}` });
  } else if (hasPathOver(prerequisites, MAX_PREREQUISITE_DEPTH)) {
    const message = `prerequisites stand more than ${MAX_PREREQUISITE_DEPTH} in a row; require the far ones directly`;
    faults.push({ pointer: '/prerequisites', message });
  }
  return { faults, warnings };
}

/** Checks a segment's conditions, and that no circle runs through it. Pointers are into the segment. */
export function validateSegment(segment: Segment, all: Referring): Verdict {
  const { errors, warnings } = validateConditions(segment.conditions, vocabularyOf(all, false), '/conditions');
  const circle = findCircle(segmentGraph(all)) ?? findCircle(unlockedGraph(all));
  const faults = [...errors];
  if (circle !== undefined) {
    faults.push({ pointer: '/conditions', message: `the conditions come back to themselves: ${circle.join(' → ')}` });
  }
  return { faults, warnings };
}

/** What conditions may name: an archived flag only in conditions that are archived too. */
function vocabularyOf({ flags, segments }: Referring, archived: boolean): Vocabulary {
  return { segments, flags: archived ? flags : new Map([...flags].filter(([, flag]) => !flag.archived)) };
}

function prerequisiteFaults(flag: Flag, { flags }: Referring): readonly Fault[] {
  // An archived flag asks for nothing until it comes back, and is checked then.
  if (flag.archived) return [];
  return flag.prerequisites.flatMap(({ flagKey, variant }, i) => {
    const pointer = `/prerequisites/${i}`;
    const other = flags.get(flagKey);
    if (other === undefined || other.archived) {
      return [
        { pointer: `${pointer}/flag_key`, message: `there is no flag ${quote(flagKey)} to require; create it first` },
      ];
    }
    if (variant !== '' && !other.variants.some(({ key }) => key === variant)) {
      const known = other.variants.map(({ key }) => key).join(', ');
      return [
        {
          pointer: `${pointer}/variant`,
          message: `${quote(flagKey)} has no variant ${quote(variant)}; it has ${known}`,
        },
      ];
    }
    return [];
  });
}

/** What others rely on cannot be taken away under them: the flag itself, or a variant that they ask for. */
function dependentFaults(flag: Flag, { flags, segments }: Referring): readonly Fault[] {
  const faults: Fault[] = [];
  const reads = (conditions: unknown): boolean => referencesOf(conditions).unlockedFlags.includes(flag.key);
  const inTheWay = (name: string): void => {
    faults.push({ pointer: '/archived', message: `${name} reads whether this flag is unlocked; change that first` });
  };
  if (flag.archived) {
    for (const { key, conditions } of segments.values()) if (reads(conditions)) inTheWay(`the segment ${quote(key)}`);
  }
  for (const other of flags.values()) {
    if (other.archived) continue;
    if (flag.archived && other.rules.some(({ conditions }) => reads(conditions))) inTheWay(quote(other.key));
    for (const { flagKey, variant } of other.prerequisites) {
      if (flagKey !== flag.key) continue;
      if (flag.archived) {
        faults.push({ pointer: '/archived', message: `${quote(other.key)} requires this flag; change that first` });
      } else if (variant !== '' && !flag.variants.some(({ key }) => key === variant)) {
        const message = `${quote(other.key)} requires the variant ${quote(variant)}; change that first`;
        faults.push({ pointer: '/variants', message });
      }
    }
  }
  return faults;
}

type Graph = Map<string, readonly string[]>;

/** Whether some path has more than `limit` edges: step by step, only what still leads on is kept. */
function hasPathOver(graph: Graph, limit: number): boolean {
  let leading: ReadonlySet<string> = new Set(graph.keys());
  for (let edges = 0; edges <= limit; edges++) {
    const next = new Set<string>();
    for (const key of leading) if (graph.get(key)!.some((to) => leading.has(to))) next.add(key);
    if (next.size === 0) return false;
    leading = next;
  }
  return true;
}

function prerequisiteGraph({ flags }: Referring): Graph {
  return new Map([...flags].map(([key, flag]) => [key, flag.prerequisites.map(({ flagKey }) => flagKey)]));
}

function segmentGraph({ segments }: Referring): Graph {
  return new Map([...segments].map(([key, { conditions }]) => [key, referencesOf(conditions).segments]));
}

/** Flag → flags whose `unlocked` its rules read, through segments too. Segments stand in the graph as `segment KEY`. */
function unlockedGraph({ flags, segments }: Referring): Graph {
  const graph: Graph = new Map();
  const edges = (conditions: unknown): readonly string[] => {
    const { segments: named, unlockedFlags } = referencesOf(conditions);
    return [...unlockedFlags, ...named.map((key) => `segment ${key}`)];
  };
  for (const [key, { conditions }] of segments) graph.set(`segment ${key}`, edges(conditions));
  for (const [key, flag] of flags)
    graph.set(
      key,
      flag.rules.flatMap(({ conditions }) => edges(conditions)),
    );
  return graph;
}
