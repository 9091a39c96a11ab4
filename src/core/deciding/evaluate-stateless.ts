import type { Snapshot } from '../snapshot/snapshot.js';
import { unknownUser } from '../states/user-state.js';
import type { Decision } from './decision.js';
import { evaluate } from './evaluate.js';

export interface StatelessInput {
  readonly snapshot: Snapshot;
  /** By which the user's bucket is found, and so the variant; '' for nobody in particular. Nothing else is read of the user. */
  readonly userId: string;
  /** By which it is found in place of the user's id. */
  readonly anonymousId?: string | undefined;
  /** Whether the snapshot is the newest configuration known of. In a newer one a flag may have got its first access row. */
  readonly newest: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The flags that were looked at so far; undefined for one that cannot be decided, or is being looked at. */
type Answers = Map<string, Decision | undefined>;

/**
 * The decision if it is the same whatever is stored of the user and of organizations, for when the store is away; undefined
 * if it is not. Law: {@link evaluate} gives the same decision for every state.
 */
export function evaluateStateless(input: StatelessInput, flagKey: string): Decision | undefined {
  return decide(input, flagKey, new Map());
}

function decide(input: StatelessInput, flagKey: string, answers: Answers): Decision | undefined {
  if (answers.has(flagKey)) return answers.get(flagKey);
  answers.set(flagKey, undefined);
  const { snapshot, userId, anonymousId, now } = input;
  const context = anonymousId === undefined ? undefined : { anonymousId };
  const decision = evaluate(snapshot, flagKey, unknownUser(userId), undefined, context, now);
  const holds = holdsForEveryState(input, decision, answers);
  answers.set(flagKey, holds);
  return holds;
}

/** The given decision, which was made for a user of whom nothing is stored, if it is the same for everybody. */
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

/** One prerequisite that fails for everyone is enough, for as long as it does: what the others are does not matter then. */
function failsForEveryState(input: StatelessInput, decision: Decision, answers: Answers): Decision | undefined {
  for (const { flagKey, variant } of input.snapshot.flags.get(decision.flagKey)!.flag.prerequisites) {
    const other = decide(input, flagKey, answers);
    if (other === undefined || (other.enabled && (variant === '' || variant === other.variant))) continue;
    const until = Math.min(decision.validUntil ?? Infinity, other.validUntil ?? Infinity);
    return until === Infinity ? decision : { ...decision, validUntil: until };
  }
  return undefined;
}

/** Whether the flag is on for everybody: it has no access rows, and each of its prerequisites is decided for everybody. */
function isGlobalForEveryState(input: StatelessInput, flagKey: string, answers: Answers): boolean {
  const { flag, roleRows } = input.snapshot.flags.get(flagKey)!;
  if (!input.newest || flag.hasRows || roleRows.size > 0) return false;
  return flag.prerequisites.every((prerequisite) => decide(input, prerequisite.flagKey, answers) !== undefined);
}
