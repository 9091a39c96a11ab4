import type { Call } from '../../calls/caller.js';
import { authorize } from '../../calls/permissions.js';
import type { Decision } from '../../core/deciding/decision.js';
import { ownTarget } from '../access/caller-reach.js';
import { AnswerRoom, LARGE_FLAGS, MAX_BYTES_PER_ANSWER } from './answer-room.js';
import type { ConsistencyInput } from './consistency-gate.js';
import type { Evaluator } from './evaluation.js';

/** A decision as a user's own screen shows it. */
export interface UserFlag extends Decision {
  readonly name: string;
  readonly stale: boolean;
}

export interface UserFlagsInput extends ConsistencyInput {
  /** Whose flags a machine asks for, '' being nobody in particular; people see their own, and may leave it out. */
  readonly userId: string;
  /** Also flags that are off for the user. */
  readonly all: boolean;
}

/** Decides for a user the flags that are for people's screens; ordered by key. */
export async function userFlags(
  evaluation: Evaluator,
  call: Call,
  input: UserFlagsInput,
): Promise<readonly UserFlag[]> {
  authorize(call, 'ListFlagsForUser');
  const target = ownTarget(call, input.userId);
  const visible = await evaluation.list(call, target, (snapshot) => snapshot.visible, input);
  const flags = visible.evaluated.map(({ decision, stale }) => {
    const name = visible.snapshot.flags.get(decision.flagKey)?.flag.name ?? decision.flagKey;
    return { ...decision, name, stale };
  });
  const shown = input.all ? flags : flags.filter(({ enabled }) => enabled);
  const room = new AnswerRoom(MAX_BYTES_PER_ANSWER, LARGE_FLAGS);
  for (const { value } of shown) room.take(value);
  return shown;
}
