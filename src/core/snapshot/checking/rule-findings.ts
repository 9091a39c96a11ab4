import { validateConditions } from '../../conditions/checking/validate-conditions.js';
import { faultsForOrganizations } from '../../conditions/organization-reads.js';
import { contextReads } from '../../conditions/references.js';
import type { Names, Vocabulary } from '../../conditions/vocabulary.js';
import type { Flag, Rule } from '../../flags/flag.js';
import type { Fault } from '../../values/fault.js';
import type { Snapshot } from '../snapshot.js';

export interface Findings {
  /** The faults for which the change must be refused. */
  readonly faults: readonly Fault[];
  /** What is allowed but probably not meant. */
  readonly warnings: readonly Fault[];
}

/**
 * What is found of a flag's rules and distributions by what they name: what of it is wrong, and what is probably not meant. Pointers are
 * within the flag. Of what stands in the configuration already it tells what has become of it since it was written.
 *
 * @param present the configuration, with or without the flag
 */
export function findingsOfRules(flag: Flag, present: Snapshot): Findings {
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  const organizationFlags = flagsOfOrganizations(present, flag);
  const vocabulary = {
    ...namesIn(present),
    ...{ segments: present.segments, flags: flagsToRead(flag, present), organizationFlags },
  };
  for (const [i, rule] of flag.rules.entries()) {
    const pointer = `/rules/${i}/conditions`;
    const verdict = validateConditions(rule.conditions, vocabulary, pointer);
    faults.push(...verdict.errors);
    warnings.push(...verdict.warnings);
    if (rule.earnedBy === 'ORGANIZATION') faults.push(...faultsForOrganizations(rule.conditions, pointer, vocabulary));
    if (rule.policy === 'LATCHING') warnings.push(...contextReads(rule.conditions, pointer));
  }
  if (drawsByRanges(flag)) warnings.push(RANGES);
  return { faults, warnings };
}

/** Whether a change of one of the flag's distributions would move users between variants that it does not change. */
function drawsByRanges({ bucketing, distribution, rules }: Flag): boolean {
  const variantsOf = (shares: Flag['distribution']): number => new Set(shares.map(({ variant }) => variant)).size;
  return bucketing === 1 && [distribution, ...rules.map((rule) => rule.distribution)].some((it) => variantsOf(it) > 1);
}

const RANGES: Fault = {
  pointer: '/bucketing',
  message:
    'under bucketing 1 a changed distribution moves users between the variants that stay, too; under bucketing 2 only as many as must (writing it draws all of them anew, once)',
};

/** The flags whose unlocks organizations have. */
export function flagsOfOrganizations({ flags }: Snapshot, written?: Flag): Names {
  return namesOf(flags, (key) => {
    const flag = key === written?.key ? written : flags.get(key)?.stored;
    const latches = ({ earnedBy, policy }: Rule): boolean => earnedBy === 'ORGANIZATION' && policy === 'LATCHING';
    return flag !== undefined && !flag.archived && flag.rules.some(latches);
  });
}

export function namesIn({ stageNames, actions }: Snapshot): Pick<Vocabulary, 'stages' | 'actions'> {
  return { stages: new Set(stageNames), actions };
}

/** The flags whose unlocks a flag's conditions may read. Only an archived flag may read the unlocks of archived ones. */
function flagsToRead(flag: Flag, { flags }: Snapshot): Names {
  return namesOf(flags, (key) => {
    const other = key === flag.key ? flag : flags.get(key)?.stored;
    return other !== undefined && (flag.archived || !other.archived);
  });
}

/** The flags whose unlocks segments may read. */
export function flagsNotArchived({ flags }: Snapshot): Names {
  return namesOf(flags, (key) => flags.get(key)?.stored.archived === false);
}

function namesOf(flags: Snapshot['flags'], has: (key: string) => boolean): Names {
  return { has, keys: () => [...flags.keys()].filter(has) };
}
