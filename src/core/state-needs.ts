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
}

/** What latching reads: the conditions of every latching rule, and no access rows, which gate only what an unlock gives. */
export function needsOfLatching(snapshot: Snapshot): StateNeeds {
  const rules = snapshot.latching.flatMap(({ rules }) => rules.filter(({ rule }) => rule.policy === 'LATCHING'));
  return { ...needsOfRules(snapshot, rules), access: false };
}

/** What deciding any flag reads. */
export function needsOfDecisions(snapshot: Snapshot): StateNeeds {
  return {
    ...needsOfRules(
      snapshot,
      [...snapshot.flags.values()].flatMap(({ rules }) => rules),
    ),
    access: true,
  };
}

function needsOfRules({ slots }: Snapshot, rules: readonly CompiledRule[]): Omit<StateNeeds, 'access'> {
  const actions = new Set<string>();
  const days = new Set<string>();
  let everyAction = false;
  let stagesReached = false;
  for (const { conditions } of rules) {
    for (const index of conditions.slotsRead) {
      const { definition, params } = slots.at(index);
      if (definition.changedBy.has('progress')) stagesReached = true;
      if (!definition.changedBy.has('events')) continue;
      const { action } = params;
      if (typeof action !== 'string') everyAction = true;
      else actions.add(action);
      if (typeof action === 'string' && params.windowDays !== undefined) days.add(action);
    }
  }
  if (everyAction) return { actions: undefined, days: undefined, stagesReached };
  return { actions, days, stagesReached };
}
