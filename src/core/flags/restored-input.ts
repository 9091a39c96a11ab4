import type { Flag } from './flag.js';
import type { FlagInput } from './parse-flag.js';
import type { RuleInput } from './parse-rules.js';

/**
 * The input that gives a flag the content which it had: every field of it. What only grows (versions, ledger floors) goes on from where it
 * is, and salt and key never change. Of a rule that the flag has meanwhile forgotten the id is left out: it is made anew.
 */
export function restoredInput(earlier: Flag, present: Flag): Required<FlagInput> {
  const { name, description, active, isEnabledGlobally, type, variants, offVariant, distribution, rules } = earlier;
  const { prerequisites, startsAt = null, endsAt = null, tags, owner, delegated, clientVisible, archived } = earlier;
  const known = new Set([...present.rules, ...(present.removedRules ?? [])].map(({ id }) => id));
  return {
    ...{ name, description, active, isEnabledGlobally, type, variants, offVariant, distribution },
    rules: rules.map(({ id, onReversal = 'KEEP', version, ledgerFloor, changedAt, ...rule }): RuleInput => {
      const forgotten = id.startsWith('rul_') && !known.has(id);
      return { ...rule, onReversal, ...(forgotten ? {} : { id }) };
    }),
    ...{ prerequisites, startsAt, endsAt, tags, owner, delegated, clientVisible, archived },
    bucketing: earlier.bucketing,
  };
}
