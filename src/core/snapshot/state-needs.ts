import { actionRead } from '../facts/action-param.js';
import { windowOf } from '../facts/day-window.js';
import type { FactChange } from '../facts/fact-definition.js';
import type { CompiledRule, Snapshot } from './snapshot.js';

/**
 * Which parts of users' states a piece of work reads, so that work on very many users loads only these. Profile and ledger are
 * always loaded.
 */
export interface StateNeeds {
  /** The actions whose totals are read; undefined for all. */
  readonly actions: ReadonlySet<string> | undefined;
  /** The actions whose days are read; undefined for all. */
  readonly days: ReadonlySet<string> | undefined;
  readonly stagesReached: boolean;
  readonly access: boolean;
  /** Whether the states of the users' organizations are read. */
  readonly organizations: boolean;
}

/** What latching reads: what the conditions of all latching rules read. Access rows do not matter for what is earned. */
export function needsOfLatching(snapshot: Snapshot): StateNeeds {
  const rules = snapshot.latching.flatMap(({ latchingRules }) => latchingRules);
  return { ...needsOfRules(snapshot, rules), access: false };
}

/** What deciding a flag reads, and latching the flags whose unlocks it reads. */
export function needsOfFlag(snapshot: Snapshot, flagKey: string): StateNeeds {
  // Organizations have access rows, too.
  const always = { access: true, organizations: true };
  return { ...needsOfRules(snapshot, rulesInScope(snapshot, flagKey)), ...always };
}

/** What two pieces of work read together. */
export function bothNeeds(one: StateNeeds, other: StateNeeds): StateNeeds {
  return {
    actions: union(one.actions, other.actions),
    days: union(one.days, other.days),
    stagesReached: one.stagesReached || other.stagesReached,
    access: one.access || other.access,
    organizations: one.organizations || other.organizations,
  };
}

/** The rules whose conditions a decision on a flag can depend on. */
export function rulesInScope({ dependencies, flags }: Snapshot, flagKey: string): readonly CompiledRule[] {
  const { decided, unlocked } = dependencies.scopeOf(flagKey);
  const toLatch = [...unlocked].filter((key) => !decided.has(key));
  return [
    ...[...decided].flatMap((key) => flags.get(key)!.rules),
    ...toLatch.flatMap((key) => flags.get(key)!.latchingRules),
  ];
}

const BY_ORGANIZATION: readonly FactChange[] = ['organization', 'roles', 'zone', 'organization events'];

type Names = ReadonlySet<string> | undefined;

function union(one: Names, other: Names): Names {
  return one && other && new Set([...one, ...other]);
}

function needsOfRules({ slots, derivations }: Snapshot, rules: readonly CompiledRule[]): Omit<StateNeeds, 'access'> {
  const actions = new Set<string>();
  const days = new Set<string>();
  let stagesReached = false;
  let organizations = false;
  for (const { conditions, byOrganization } of rules) {
    organizations ||= byOrganization;
    if (byOrganization) continue;
    for (const index of conditions.slotsRead) {
      const { definition, bound, params } = slots.at(index);
      if (definition.changedBy.has('progress')) stagesReached = true;
      if (BY_ORGANIZATION.some((change) => bound.changedBy.has(change))) organizations = true;
      // What is read of the organization is none of the user's.
      const action = bound.changedBy.has('organization events') ? undefined : actionRead(definition, params);
      if (action === undefined) continue;
      actions.add(action);
      // A user for whom a derived action is counted anew needs what is known of that since which it counts.
      const first = derivations.all.get(action)?.since?.action;
      if (first !== undefined) actions.add(first);
      if (windowOf(definition, params) !== undefined) days.add(action);
    }
  }
  return { actions, days, stagesReached, organizations };
}
