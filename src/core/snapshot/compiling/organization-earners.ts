import { actionRead } from '../../facts/action-param.js';
import type { ConfigurationChanges, EarnedBy, Flag } from '../../flags/flag.js';
import type { OrganizationEarners, Snapshot } from '../snapshot.js';
import type { SegmentsAfter } from './compile-flags.js';
import { streaksRead, windowedActionsAfter } from './snapshot-parts.js';

/**
 * A flag as organizations are judged by it: with the rules that they earn, and those that they earned and that are kept. Undefined where
 * there are none. What comes before its rules is the members' matter, and left out.
 */
function earnedForm({ startsAt: _, endsAt: __, ...flag }: Flag): Flag | undefined {
  const ofOrganizations = ({ earnedBy }: { readonly earnedBy?: EarnedBy }): boolean => earnedBy === 'ORGANIZATION';
  const rules = flag.rules.filter(ofOrganizations);
  const removedRules = (flag.removedRules ?? []).filter(ofOrganizations);
  if (rules.length + removedRules.length === 0) return undefined;
  const open = { active: true, isEnabledGlobally: false, delegated: false, prerequisites: [] };
  return { ...flag, ...open, rules, removedRules };
}

/**
 * The changes of a configuration as they concern what organizations earn: all that there is where nothing was compiled of it yet.
 * Undefined where nothing of it is, or was, earned by organizations.
 */
export function changesForOrganizations(
  base: Snapshot,
  changes: ConfigurationChanges,
  segments: SegmentsAfter,
): ConfigurationChanges | undefined {
  const flags = changes.flags.flatMap((flag) => earnedForm(flag) ?? []);
  const judging = base.organizationEarners?.judging;
  if (judging === undefined) return flags.length === 0 ? undefined : { ...allOf(base, changes, segments), flags };
  const there = changes.flagKeys && new Set(changes.flagKeys);
  const changed = new Set(changes.flags.map(({ key }) => key));
  const staying = [...judging.flags.keys()].filter((key) => !changed.has(key) && (there?.has(key) ?? true));
  const flagKeys = [...staying, ...flags.map(({ key }) => key)];
  return { ...changes, flags, flagKeys, roleAccess: [] };
}

/** All but flags that a configuration has after these changes. */
export function allOf(
  { stages, actions, timeZone }: Pick<Snapshot, 'stages' | 'actions' | 'timeZone'>,
  changes: ConfigurationChanges,
  segments: SegmentsAfter,
): ConfigurationChanges {
  return {
    revision: changes.revision,
    flags: [],
    roleAccess: [],
    segments: [...segments.all.values()],
    stages: changes.stages ?? stages,
    actions: changes.actions ?? [...actions.values()],
    timeZone: changes.timeZone ?? timeZone,
  };
}

/** By what organizations are counted and judged, given what their own rules and those of users read of them. */
export function earnersAfter(
  before: OrganizationEarners | undefined,
  own: Snapshot,
  { slots, derivations, announced }: Pick<Snapshot, 'slots' | 'derivations' | 'announced'>,
): OrganizationEarners {
  const byUsers = slots.changedBy('organization events');
  const read = new Set(own.readers.actionsRead());
  for (const { definition, params } of byUsers) {
    const action = actionRead(definition, params);
    if (action !== undefined) read.add(action);
  }
  // Walking a set includes what is added to it meanwhile.
  for (const action of read) {
    const since = derivations.all.get(action)?.since;
    if (since?.action !== undefined) read.add(since.action);
  }
  const slotsRead = [...own.slots.all(), ...byUsers];
  const judging: Snapshot = {
    ...own,
    announced,
    // All of them, as when they are counted anew: what some rule comes to read has been counted for as long as what it is derived from.
    derivations,
    windowedActions: windowedActionsAfter(before?.judging.windowedActions ?? NONE_WINDOWED, slotsRead),
    streaks: streaksRead(slotsRead),
  };
  const named = [...read].filter((action) => !derivations.all.has(action));
  return { judging, actions: new Set([...named, ...derivations.among(read).sources()]) };
}

const NONE_WINDOWED: ReadonlyMap<string, number> = new Map<string, number>();
