import { validateConditions } from '../../conditions/checking/validate-conditions.js';
import { conditionPlace } from '../../conditions/condition-place.js';
import { faultsForOrganizations, type OrganizationVocabulary } from '../../conditions/organization-reads.js';
import { referencesOf, stageReads } from '../../conditions/references.js';
import { type Flag, MAX_PREREQUISITE_DEPTH, type Segment, type Stage } from '../../flags/flag.js';
import type { Fault } from '../../values/fault.js';
import { type JsonObject, quote } from '../../values/json.js';
import { didYouMean } from '../../values/nearest-name.js';
import type { Dependencies } from '../dependencies.js';
import { exceeds, faultOfExpansion } from '../expansion.js';
import type { Snapshot } from '../snapshot.js';
import { circleOfActions } from './circles-of-actions.js';
import { type Findings, findingsOfRules, flagsNotArchived, flagsOfOrganizations, namesIn } from './rule-findings.js';

export type { Findings };

/**
 * Checks a flag that is to be written against all that it refers to and all that refers to it: conditions, prerequisites,
 * circles, size. Pointers are within the flag.
 *
 * @param present the configuration before the write, with or without the flag
 */
export function validateFlag(flag: Flag, present: Snapshot): Findings {
  const { faults: ofRules, warnings } = findingsOfRules(flag, present);
  const faults = [...ofRules, ...prerequisiteFaults(flag, present), ...dependentFaults(flag, present)];
  const after = present.dependencies.with({ flags: new Map([[flag.key, { flag }]]) });
  const place = placeFaults(flag, after);
  faults.push(...place, ...sizeFaults(flag, present.dependencies, after));
  const circle = place.length > 0 ? undefined : circleOfActions(present, { flag });
  if (circle !== undefined)
    faults.push({ pointer: '/rules', message: `flags and actions depend on one another: ${circle.join(' → ')}` });
  return { faults, warnings };
}

/** Checks a segment that is to be written: its conditions, circles, and what becomes of the flags that refer to it. */
export function validateSegment(segment: Segment, present: Snapshot): Findings {
  const { key, conditions } = segment;
  const segments = new Map(present.segments).set(key, segment);
  const organizationFlags = flagsOfOrganizations(present);
  const { errors, warnings } = validateConditions(
    conditions,
    { ...namesIn(present), segments, flags: flagsNotArchived(present), organizationFlags },
    '/conditions',
  );
  const after = present.dependencies.with({ segments: new Map([[key, conditions]]) });
  const faults = [...errors, ...faultsOfEarners(segment, present, { segments, organizationFlags })];
  const circle =
    after.segments.circleFrom(key) ??
    after.circleOfUnlocks(after.reaching(key)) ??
    circleOfActions(present, { segment });
  if (circle !== undefined) {
    faults.push({ pointer: '/conditions', message: `the conditions come back to themselves: ${circle.join(' → ')}` });
  } else {
    faults.push(...reachFaults(key, present.dependencies, after));
  }
  return { faults, warnings };
}

/** The faults of a segment that rules refer to which organizations earn, and that reads what organizations do not have. */
function faultsOfEarners(
  { key, conditions }: Segment,
  { dependencies, flags }: Snapshot,
  vocabulary: OrganizationVocabulary,
): readonly Fault[] {
  for (const flagKey of dependencies.reaching(key)) {
    const { archived, rules } = flags.get(flagKey)!.stored;
    const earned = rules.filter(({ earnedBy }) => earnedBy === 'ORGANIZATION');
    const reach = dependencies.segments.reachOf(referencesOf(...earned.map((rule) => rule.conditions)));
    if (archived || !reach.segments.has(key)) continue;
    const faults = faultsForOrganizations(conditions, '/conditions', vocabulary);
    return faults.map(({ pointer, message }) => ({
      pointer,
      message: `the flag ${quote(flagKey)} refers to it: ${message}`,
    }));
  }
  return [];
}

/**
 * Warnings for a list of stages that is to replace the present one: one for each place in rules and segments that names a stage
 * which is not in the list. Archived flags are left out, since they decide nothing.
 */
export function warningsOfStages(stages: readonly Stage[], present: Snapshot): readonly Fault[] {
  const names = new Set(stages.map(({ name }) => name));
  if (names.size === 0) return [];
  const warnings: Fault[] = [];
  const look = (conditions: JsonObject, pointer: string, what: string): void => {
    for (const read of stageReads(conditions, pointer)) {
      const gone = read.stages.find((stage) => !names.has(stage));
      if (gone === undefined || warnings.length >= MAX_STAGE_WARNINGS) continue;
      const message = `${what} reads the stage ${quote(gone)} in ${conditionPlace(read.pointer)}, which is not in the list${didYouMean(gone, names)}`;
      warnings.push({ pointer: '/stages', message });
    }
  };
  for (const { stored } of present.flags.values()) {
    if (stored.archived) continue;
    for (const [i, { conditions }] of stored.rules.entries())
      look(conditions, `/rules/${i}/conditions`, `the flag ${quote(stored.key)}`);
  }
  for (const { key, conditions } of present.segments.values())
    look(conditions, '/conditions', `the segment ${quote(key)}`);
  return warnings;
}

/** How many warnings there are at most for a list of stages. */
const MAX_STAGE_WARNINGS = 50;

function prerequisiteFaults(flag: Flag, { flags }: Snapshot): readonly Fault[] {
  // An archived flag requires nothing. It is checked when it is taken out of the archive.
  if (flag.archived) return [];
  return flag.prerequisites.flatMap(({ flagKey, variant }, i) => {
    const pointer = `/prerequisites/${i}`;
    const other = flagKey === flag.key ? flag : flags.get(flagKey)?.stored;
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

/** The faults of taking away what other flags rely on: the flag itself, or a variant that they require. */
function dependentFaults(flag: Flag, { flags, dependencies, derivations }: Snapshot): readonly Fault[] {
  const faults: Fault[] = [];
  const inTheWay = (name: string): void => {
    faults.push({ pointer: '/archived', message: `${name} reads whether this flag is unlocked; change that first` });
  };
  const others = (keys: ReadonlySet<string>): readonly Flag[] =>
    [...keys]
      .filter((key) => key !== flag.key && !flags.get(key)!.stored.archived)
      .map((key) => flags.get(key)!.stored);
  if (flag.archived) {
    for (const name of derivations.sinceUnlockOf(flag.id)) {
      const message = `the derived action ${quote(name)} counts since this flag is unlocked; change that first`;
      faults.push({ pointer: '/archived', message });
    }
    for (const key of dependencies.segments.readingUnlockOf(flag.key)) inTheWay(`the segment ${quote(key)}`);
    for (const { key, rules } of others(dependencies.readingUnlockOf(flag.key))) {
      const { unlockedFlags } = referencesOf(...rules.map(({ conditions }) => conditions));
      if (unlockedFlags.has(flag.key)) inTheWay(quote(key));
    }
  }
  for (const other of others(dependencies.requiring(flag.key))) {
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

/** The faults of a flag's place among others: in a circle, or in too long a chain of prerequisites. */
function placeFaults({ key, rules }: Flag, after: Dependencies): readonly Fault[] {
  const required = after.circleOfPrerequisites(key);
  if (required !== undefined) {
    return [{ pointer: '/prerequisites', message: `flags depend on one another: ${required.join(' → ')}` }];
  }
  const unlocked = after.circleOfUnlocks([key]);
  if (unlocked !== undefined) {
    const names = new Set(unlocked);
    const leads = rules.findIndex(({ conditions }) => {
      const { unlockedFlags, segments } = referencesOf(conditions);
      return [...unlockedFlags, ...Array.from(segments.keys(), (segment) => `segment ${segment}`)].some((name) =>
        names.has(name),
      );
    });
    const pointer = leads < 0 ? '/rules' : `/rules/${leads}/conditions`;
    return [{ pointer, message: `flags depend on one another: ${unlocked.join(' → ')}` }];
  }
  if (after.prerequisitesInRow(key, MAX_PREREQUISITE_DEPTH) <= MAX_PREREQUISITE_DEPTH) return [];
  const message = `prerequisites stand more than ${MAX_PREREQUISITE_DEPTH} in a row; require the far ones directly`;
  return [{ pointer: '/prerequisites', message }];
}

/** The faults of a flag that is too large to evaluate. One that is so already may be changed if it does not grow. */
function sizeFaults({ key, rules }: Flag, before: Dependencies, after: Dependencies): readonly Fault[] {
  const expansion = after.expansionOf(key);
  const fault = faultOfExpansion(expansion);
  if (fault === undefined || !exceeds(expansion, before.expansionOf(key))) return [];
  const sizes = rules.map(({ conditions }) => after.segments.expansionOf(referencesOf(conditions)).conditions);
  return [{ pointer: `/rules/${sizes.indexOf(Math.max(...sizes))}/conditions`, message: `the rules ${fault}` }];
}

/** The faults of a segment by which flags that refer to it, or a flag that would, become too large. */
function reachFaults(segmentKey: string, before: Dependencies, after: Dependencies): readonly Fault[] {
  const own = after.segments.expansionOfSegment(segmentKey);
  const fault = faultOfExpansion(own);
  if (fault !== undefined && exceeds(own, before.segments.expansionOfSegment(segmentKey))) {
    return [{ pointer: '/conditions', message: `rules that referred to it would ${fault}` }];
  }
  for (const key of after.reaching(segmentKey)) {
    const expansion = after.expansionOf(key);
    const faultOfFlag = faultOfExpansion(expansion);
    if (faultOfFlag === undefined || !exceeds(expansion, before.expansionOf(key))) continue;
    return [{ pointer: '/conditions', message: `the rules of ${quote(key)} would ${faultOfFlag}` }];
  }
  return [];
}
