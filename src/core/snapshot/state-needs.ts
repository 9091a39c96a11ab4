import type { CompiledRule, Snapshot } from './snapshot.js';

/**
 * Which parts of users' states a piece of work reads: who looks at very many users loads only these. A profile and the
 * ledger always come along.
 */
export interface StateNeeds {
  /** Totals of these actions; undefined: of all. */
  readonly actions: ReadonlySet<string> | undefined;
  /** Days of these actions; undefined: of all. */
  readonly days: ReadonlySet<string> | undefined;
  readonly stagesReached: boolean;
  readonly access: boolean;
  /** Whether the states of their organizations are read as well. */
  readonly organizations: boolean;
}

/** What latching reads: the conditions of every latching rule, and no access rows, which gate only what an unlock gives. */
export function needsOfLatching(snapshot: Snapshot): StateNeeds {
  const rules = snapshot.latching.flatMap(({ latchingRules }) => latchingRules);
  return { ...needsOfRules(snapshot, rules), access: false };
}

/** What deciding one flag reads, and latching what it reads the unlocks of. */
export function needsOfFlag(snapshot: Snapshot, flagKey: string): StateNeeds {
  // Rows are an organization's as well.
  const always = { access: true, organizations: true };
  return { ...needsOfRules(snapshot, rulesInScope(snapshot, flagKey)), ...always };
}

/** What either of two pieces of work reads. */
export function bothNeeds(one: StateNeeds, other: StateNeeds): StateNeeds {
  return {
    actions: union(one.actions, other.actions),
    days: union(one.days, other.days),
    stagesReached: one.stagesReached || other.stagesReached,
    access: one.access || other.access,
    organizations: one.organizations || other.organizations,
  };
}

/** The rules whose conditions a decision on a flag may look at. */
export function rulesInScope({ dependencies, flags }: Snapshot, flagKey: string): readonly CompiledRule[] {
  const { decided, unlocked } = dependencies.scopeOf(flagKey);
  const toLatch = [...unlocked].filter((key) => !decided.has(key));
  return [
    ...[...decided].flatMap((key) => flags.get(key)!.rules),
    ...toLatch.flatMap((key) => flags.get(key)!.latchingRules),
  ];
}

type Names = ReadonlySet<string> | undefined;

function union(one: Names, other: Names): Names {
  return one && other && new Set([...one, ...other]);
}

function needsOfRules({ slots }: Snapshot, rules: readonly CompiledRule[]): Omit<StateNeeds, 'access'> {
  const actions = new Set<string>();
  const days = new Set<string>();
  let everyAction = false;
  let stagesReached = false;
  let organizations = false;
  for (const { conditions } of rules) {
    for (const index of conditions.slotsRead) {
      const { definition, params } = slots.at(index);
      if (definition.changedBy.has('progress')) stagesReached = true;
      if (definition.changedBy.has('organization') || definition.changedBy.has('roles')) organizations = true;
      if (!definition.changedBy.has('events')) continue;
      const { action } = params;
      if (typeof action !== 'string') everyAction = true;
      else actions.add(action);
      if (typeof action === 'string' && params.windowDays !== undefined) days.add(action);
    }
  }
  if (everyAction) return { actions: undefined, days: undefined, stagesReached, organizations };
  return { actions, days, stagesReached, organizations };
}
