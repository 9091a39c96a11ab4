import { findCircle } from './conditions/find-circle.js';
import { contextReads, referencesOf } from './conditions/references.js';
import { validateConditions } from './conditions/validate-conditions.js';
import type { Flag, Segment } from './flag.js';
import type { Fault } from './flag-faults.js';
import { quote } from './json.js';

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
  for (const [i, rule] of flag.rules.entries()) {
    const pointer = `/rules/${i}/conditions`;
    const verdict = validateConditions(rule.conditions, vocabularyOf(all), pointer);
    faults.push(...verdict.errors);
    warnings.push(...verdict.warnings);
    if (rule.policy === 'LATCHING') warnings.push(...contextReads(rule.conditions, pointer));
  }
  faults.push(...prerequisiteFaults(flag, all), ...dependentFaults(flag, all));
  const circle = findCircle(prerequisiteGraph(all)) ?? findCircle(unlockedGraph(all));
  if (circle !== undefined) faults.push({ pointer: '', message: `flags depend on one another: ${circle.join(' → ')}` });
  return { faults, warnings };
}

/** Checks a segment's conditions, and that no circle runs through it. Pointers are into the segment. */
export function validateSegment(segment: Segment, all: Referring): Verdict {
  const { errors, warnings } = validateConditions(segment.conditions, vocabularyOf(all), '/conditions');
  const circle = findCircle(segmentGraph(all)) ?? findCircle(unlockedGraph(all));
  const faults = [...errors];
  if (circle !== undefined) {
    faults.push({ pointer: '/conditions', message: `the conditions come back to themselves: ${circle.join(' → ')}` });
  }
  return { faults, warnings };
}

function vocabularyOf({ flags, segments }: Referring) {
  return { segments, flags };
}

function prerequisiteFaults(flag: Flag, { flags }: Referring): readonly Fault[] {
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
function dependentFaults(flag: Flag, { flags }: Referring): readonly Fault[] {
  const faults: Fault[] = [];
  for (const other of flags.values()) {
    if (other.archived) continue;
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
