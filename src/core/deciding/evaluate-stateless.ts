import type { Snapshot } from '../snapshot/snapshot.js';
import { unknownUser } from '../states/user-state.js';
import type { Decision } from './decision.js';
import { evaluate } from './evaluate.js';

export interface StatelessInput {
  readonly snapshot: Snapshot;
  /** '' for nobody in particular. A variant is picked by it, and nothing else is read of the user. */
  readonly userId: string;
  /** Whether no configuration newer than the snapshot is known of: a flag may have its first row by that one. */
  readonly newest: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What has been asked already; undefined where it had no answer, or is still being looked for. */
type Answers = Map<string, Decision | undefined>;

/**
 * The decision where no stored state can change it, for when there is none to be had; undefined where some could. It is
 * {@link evaluate}'s for every state that the user, or any organization, may have.
 */
export function evaluateStateless(input: StatelessInput, flagKey: string): Decision | undefined {
  return decide(input, flagKey, new Map());
}

function decide(input: StatelessInput, flagKey: string, answers: Answers): Decision | undefined {
  if (answers.has(flagKey)) return answers.get(flagKey);
  answers.set(flagKey, undefined);
  const { snapshot, userId, now } = input;
  const decision = evaluate(snapshot, flagKey, unknownUser(userId), undefined, undefined, now);
  const holds = holdsForEveryState(input, decision, answers);
  answers.set(flagKey, holds);
  return holds;
}

/** The decision, made of a user of whom nothing is stored, where it is everybody's. */
function holdsForEveryState(input: StatelessInput, decision: Decision, answers: Answers): Decision | undefined {
  switch (decision.reason) {
    case 'FLAG_NOT_FOUND':
    case 'DISABLED':
      return decision;
    case 'PREREQUISITE_FAILED':
      return failsForEveryState(input, decision, answers);
    case 'GLOBAL':
      return isGlobalForEveryState(input, decision.flagKey, answers) ? decision : undefined;
    default:
      return undefined;
  }
}

/** Any prerequisite that fails for everyone answers, whatever the others would say of a user, and for as long as it does. */
function failsForEveryState(input: StatelessInput, decision: Decision, answers: Answers): Decision | undefined {
  for (const { flagKey, variant } of input.snapshot.flags.get(decision.flagKey)!.flag.prerequisites) {
    const other = decide(input, flagKey, answers);
    if (other === undefined || (other.enabled && (variant === '' || variant === other.variant))) continue;
    const until = Math.min(decision.validUntil ?? Infinity, other.validUntil ?? Infinity);
    return until === Infinity ? decision : { ...decision, validUntil: until };
  }
  return undefined;
}

/** Its prerequisites are met for everyone, and no row of it can name the user, a role of theirs or their organization. */
function isGlobalForEveryState(input: StatelessInput, flagKey: string, answers: Answers): boolean {
  const { flag, roleRows } = input.snapshot.flags.get(flagKey)!;
  if (!input.newest || flag.hasRows || roleRows.size > 0) return false;
  return flag.prerequisites.every((prerequisite) => decide(input, prerequisite.flagKey, answers) !== undefined);
}
